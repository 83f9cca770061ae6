// Content negotiation by media type: which of the types on offer the client likes best (RFC 9110 section 12.5.1).

import { combined, type Fields } from './fields.ts'
import { parseWeighted, type Weighted } from './weights.ts'

/**
 * The offer with the highest quality, the earlier one where two are equal; undefined when none is acceptable. Offers are
 * lower-case media types without parameters. A client that sends no Accept, or a broken one, takes anything.
 */
export function preferredType<T extends string>(fields: Fields, offers: readonly T[]): T | undefined {
  const ranges = parseWeighted(combined(fields, 'accept') ?? '')
  if (ranges === undefined || ranges.length === 0) return offers[0]
  let best: T | undefined
  let bestQuality = 0
  for (const offer of offers) {
    const quality = qualityOf(offer, ranges)
    if (quality > bestQuality) {
      best = offer
      bestQuality = quality
    }
  }
  return best
}

/** The most specific range that matches decides: a whole type, then a family of types, then anything. */
function qualityOf(offer: string, ranges: readonly Weighted[]): number {
  const family = `${offer.slice(0, offer.indexOf('/'))}/*`
  const qualityFor = (value: string) => ranges.find(range => range.value === value)?.q
  return qualityFor(offer) ?? qualityFor(family) ?? qualityFor('*/*') ?? 0
}
