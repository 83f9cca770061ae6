// Validation (RFC 9111 section 4.3): the question to the origin whether a stored response still holds, and what its 304, or
// the response to a HEAD, changes in what is stored.

import { formatDate, parseDateAnyCase } from '../../http/dates.ts'
import { matchesStrongly, matchesWeakly, parseEntityTag } from '../../http/etag.ts'
import { first, has, without } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { storedFields } from './stored-fields.ts'

/** The client's own preconditions and Range: they are about its copy, and are left out when we ask about ours. */
const ABOUT_ITS_COPY = new Set([
  'if-none-match',
  'if-modified-since',
  'if-match',
  'if-unmodified-since',
  'if-range',
  'range',
])

/** The request's fields with our preconditions in the place of the client's, for one or several stored responses. */
export const validationRequest = (request: Fields, stored: readonly Fields[]): Fields => [
  ...without(request, name => ABOUT_ITS_COPY.has(name)),
  ...conditionalFields(stored),
]

/**
 * If-None-Match with every entity tag of the stored responses for this key, If-Modified-Since with the Last-Modified of
 * the only one (section 4.3.1). Empty when none has a validator: then only a whole response can be asked for.
 */
export function conditionalFields(stored: readonly Fields[]): Fields {
  const tags = stored.map(fields => first(fields, 'etag')).filter(tag => parseEntityTag(tag) !== undefined)
  const fields: Fields = tags.length === 0 ? [] : ['If-None-Match', [...new Set(tags)].join(', ')]
  const modified = stored.length === 1 ? first(stored[0]!, 'last-modified') : undefined
  if (modified !== undefined && parseDateAnyCase(modified, 0) !== undefined) fields.push('If-Modified-Since', modified)
  return fields
}

/**
 * Which of the stored responses a 304 confirms: its index, or undefined (section 4.3.4), when the request has to be made
 * again without preconditions. `stored` are those whose validators we sent, the newest first.
 *
 * A 304 without any validator confirms the only one asked about. The RFC's letter wants that one to lack validators too,
 * but RFC 9110 section 15.4.5 lets an origin leave Last-Modified out of its 304, and many leave out the ETag as well.
 */
export function confirmed(stored: readonly Fields[], update: Fields): number | undefined {
  const tag = parseEntityTag(first(update, 'etag'))
  const modified = first(update, 'last-modified')
  if (tag === undefined && modified === undefined) return stored.length === 1 ? 0 : undefined
  const index = stored.findIndex(fields => {
    if (tag === undefined) return first(fields, 'last-modified') === modified
    const own = parseEntityTag(first(fields, 'etag'))
    const matches = tag.weak || !tag.quoted ? matchesWeakly : matchesStrongly
    // A stored response that never had a tag is confirmed by its date.
    return own === undefined ? modified !== undefined && first(fields, 'last-modified') === modified : matches(tag, own)
  })
  return index === -1 ? undefined : index
}

/**
 * Not taken over from a 304 (section 3.2): Content-Length by the RFC's word; the other two because the stored bytes are
 * what they describe, and a 304 changes no bytes.
 */
const ABOUT_THE_BYTES = new Set(['content-length', 'content-encoding', 'content-range'])

/**
 * The stored fields after a 304 or a HEAD's 200 confirmed them: each field of the update replaces all lines of its name.
 * Freshness and storability are then to be decided anew from the result. `received` in milliseconds: when the update came.
 */
export function freshen(stored: Fields, update: Fields, received: number): Fields {
  const news = without(storedFields(update), name => ABOUT_THE_BYTES.has(name))
  // Without a Date of its own the update would inherit the old one, and with it the old age (RFC 9110 section 6.6.1).
  if (!has(news, 'date')) news.push('Date', formatDate(received))
  const renewed = new Set(news.filter((_, i) => i % 2 === 0).map(name => name.toLowerCase()))
  const kept = without(stored, name => renewed.has(name))
  // Named by no-cache="…" or private="…" of the update: those may not stay either.
  return storedFields([...kept, ...news])
}

/** What the response to a HEAD says about the stored response to GET (section 4.3.5). */
export type HeadVerdict = 'freshen' | 'stale' | 'leave'

/**
 * `bodyLength`: bytes of the stored body. 200 makes stale where something differs, and updates where a validator says that it
 * is the same response; without one nobody would fetch again what a monitor asks about with HEAD each minute. 404 and 410 make
 * stale.
 */
export function headVerdict(stored: Fields, status: number, update: Fields, bodyLength: number): HeadVerdict {
  if (status === 404 || status === 410) return 'stale'
  if (status !== 200) return 'leave'
  const length = first(update, 'content-length')
  if (length !== undefined && length.trim() !== String(bodyLength)) return 'stale'
  const told = ['etag', 'last-modified'].filter(name => has(update, name))
  if (told.some(name => first(update, name) !== first(stored, name))) return 'stale'
  return told.length > 0 ? 'freshen' : 'leave'
}
