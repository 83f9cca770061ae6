// Which language to answer in (RFC 9110 section 12.5.4), by lookup (RFC 4647 section 3.4): for our own pages.

import { parseWeighted } from './weights.ts'

/** The offer that suits best; the first where the client says nothing, undefined when none matches. */
export function negotiateLanguage(acceptLanguage: string | undefined, offers: readonly string[]): string | undefined {
  const members = acceptLanguage === undefined ? undefined : parseWeighted(acceptLanguage)
  if (members === undefined) return offers[0]
  const refused = new Set(members.filter(({ q }) => q === 0).map(({ value }) => value))
  const allowed = offers.filter(offer => !refused.has(offer.toLowerCase()))
  for (const { value, q } of members.toSorted((a, b) => b.q - a.q)) {
    const found = q === 0 ? undefined : lookUp(value, allowed)
    if (found !== undefined) return found
  }
  return undefined
}

/** The range is shortened from its end until an offer equals it. */
function lookUp(range: string, offers: readonly string[]): string | undefined {
  if (range === '*') return offers[0]
  for (let tag = range; tag !== ''; tag = shorter(tag)) {
    const found = offers.find(offer => offer.toLowerCase() === tag)
    if (found !== undefined) return found
  }
  return undefined
}

/** Without the last subtag, and without a single letter that then stands last. */
const shorter = (tag: string): string => tag.slice(0, Math.max(0, tag.lastIndexOf('-'))).replace(/-[a-z0-9]$/, '')
