// Which content coding to answer with (RFC 9110 section 12.5.3). The offers come in the order in which we would rather send
// them; it decides between equal weights.

import { parseWeighted } from './weights.ts'
import type { Weighted } from './weights.ts'

/**
 * One of the offers, or `identity` (always on offer, last, and acceptable unless refused), or undefined when even that is
 * refused. Without the field any coding would do, but a client that says nothing may understand none: `identity`.
 */
export function negotiateEncoding(acceptEncoding: string | undefined, offers: readonly string[]): string | undefined {
  const members = acceptEncoding === undefined ? undefined : parseWeighted(acceptEncoding)
  if (members === undefined) return 'identity'
  let [chosen, highest]: [string | undefined, number] = [undefined, 0]
  for (const offer of offers) {
    const weight = weightOf(members, offer) ?? 0
    if (weight > highest) [chosen, highest] = [offer, weight]
  }
  const named = members.find(({ value }) => value === 'identity')
  if (chosen !== undefined) return named !== undefined && named.q > highest ? 'identity' : chosen
  return weightOf(members, 'identity') === 0 ? undefined : 'identity'
}

/** The offer that the client likes best, or undefined where it would rather have none. */
export function preferredCoding<T extends string>(
  acceptEncoding: string | undefined,
  offers: readonly T[],
): T | undefined {
  const chosen = negotiateEncoding(acceptEncoding, offers)
  return offers.find(offer => offer === chosen)
}

/** The coding's registered name: `x-gzip` is `gzip`, `x-compress` is `compress` (RFC 9110 section 8.4.1). */
export const codingName = (value: string): string => value.replace(/^x-(?=(?:gzip|compress)$)/, '')

function weightOf(members: readonly Weighted[], coding: string): number | undefined {
  const found = members.find(({ value }) => codingName(value) === coding)
  return (found ?? members.find(({ value }) => value === '*'))?.q
}
