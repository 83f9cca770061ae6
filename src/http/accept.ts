// Content negotiation by media type: which of the types on offer the client likes best (RFC 9110 section 12.5.1).

import { combined, type Fields } from './fields.ts'

interface Range {
  type: string
  subtype: string
  /** Millis of quality, 0 to 1000. */
  quality: number
}

/** Ranges looked at; browsers send about 8, and what comes after the 64th is not worth the time. */
const MAX_RANGES = 64

/**
 * The offer with the highest quality, the earlier one where two are equal; undefined when none is acceptable. Offers are
 * lower-case media types without parameters. A client that sends no Accept takes anything.
 */
export function preferredType<T extends string>(fields: Fields, offers: readonly T[]): T | undefined {
  const accept = combined(fields, 'accept')
  if (accept === undefined || accept.trim() === '') return offers[0]
  const ranges = accept.split(',', MAX_RANGES).map(parseRange)
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

function parseRange(text: string): Range {
  const [range = '', ...parameters] = text.split(';')
  const [type = '', subtype = ''] = range.trim().toLowerCase().split('/')
  const weight = parameters.map(each => /^\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$/i.exec(each)).find(Boolean)
  return { type, subtype, quality: weight === undefined ? 1000 : Math.min(1000, Math.round(Number(weight![1]) * 1000)) }
}

/** The most specific range that matches decides: type/subtype before a whole type, then a family of types, then anything. */
function qualityOf(offer: string, ranges: Range[]): number {
  const [type, subtype] = offer.split('/')
  const exact = ranges.find(range => range.type === type && range.subtype === subtype)
  const ofType = ranges.find(range => range.type === type && range.subtype === '*')
  const any = ranges.find(range => range.type === '*' && range.subtype === '*')
  return (exact ?? ofType ?? any)?.quality ?? 0
}
