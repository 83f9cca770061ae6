// Content codings: which stored responses are worth compressing, which of the compressed copies a request is answered with, and
// how the fields of a copy differ. The coded and the plain form are two representations (RFC 9110 section 8.8.3.3): the copy's
// entity tag is weak, so that If-None-Match holds for either and no range of one is ever joined to a piece of the other.

import { isPresent, parseCacheControl } from '../../http/cachecontrol.ts'
import type { Coding } from '../../http/codings.ts'
import { parseEntityTag } from '../../http/etag.ts'
import { combined, first, has, without } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { parseVary } from '../../http/vary.ts'

/** Bytes. Below that a response fits the same packets compressed or not. */
const LEAST = 1024
/** Above that it is no page, and would hold a thread of zlib's for long. */
const MOST = 8 * 1024 * 1024

/** Text, and what is written like it. Media types whose bytes are compressed already are not among them. */
const TEXT = new RegExp(
  '^(text/(?!event-stream$).+|application/(json|javascript|ecmascript|x-javascript|xml|xhtml[+]xml|wasm|manifest[+]json' +
    '|x-ndjson|rtf|vnd[.]ms-fontobject|(.+)[+](json|xml))|image/(svg[+]xml|bmp|x-icon|vnd[.]microsoft[.]icon)|font/(ttf|otf|sfnt))$',
)

/** Fields that tell of the very bytes that are sent: with them in it a response stays as it is. */
const ABOUT_THE_BYTES = ['content-md5', 'content-digest', 'repr-digest', 'digest']

/**
 * Why a stored response has no compressed copies: it came compressed (`coded`), says no-transform or tells of its very bytes (`forbidden`),
 * is no text (`kind`), is too small or too large (`size`), too many wait to be compressed (`busy`), or it hardly shrinks (`no-gain`).
 */
export type Plain = 'coded' | 'forbidden' | 'kind' | 'size' | 'busy' | 'no-gain'

/** Why a response with these fields and a body of so many bytes is not compressed, or undefined. Without a length: as if that were no reason. */
export function plainBecause(fields: Fields, length = LEAST): Plain | undefined {
  if (has(fields, 'content-encoding')) return 'coded'
  if (forbidsTransforming(fields) || ABOUT_THE_BYTES.some(name => has(fields, name))) return 'forbidden'
  const type = (first(fields, 'content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase()
  if (!TEXT.test(type)) return 'kind'
  return length < LEAST || length > MOST ? 'size' : undefined
}

/** no-transform (RFC 9111 sections 5.2.1.6 and 5.2.2.6), of a request or of a response. */
export const forbidsTransforming = (fields: Fields): boolean =>
  isPresent(parseCacheControl(combined(fields, 'cache-control')), 'no-transform')

/** The fields of a response that is sent in several forms. */
export function variedFields(fields: Fields): Fields {
  const vary = parseVary(fields)
  return vary === '*' || vary.includes('accept-encoding') ? fields : [...fields, 'Vary', 'Accept-Encoding']
}

/** The fields of a response's compressed copy. Ranges are served from the plain form alone. */
export function codedFields(fields: Fields, coding: Coding, length: number): Fields {
  const tag = parseEntityTag(first(fields, 'etag'))
  const kept = without(variedFields(fields), name => PLAIN_ONLY.has(name))
  const weak = tag === undefined ? [] : ['ETag', `W/"${tag.opaque}"`]
  return [...kept, ...weak, 'Content-Encoding', coding, 'Content-Length', String(length)]
}

const PLAIN_ONLY = new Set(['accept-ranges', 'content-length', 'etag'])

/**
 * If-Range with a date asks for the rest of what a client has a piece of, and a piece of the coded form has the same date: it is
 * answered with the whole (RFC 9110 section 13.1.5). An entity tag tells the two apart.
 */
export function withoutDoubtfulRange(fields: Fields): Fields {
  const condition = first(fields, 'if-range')
  if (condition === undefined || parseEntityTag(condition.trim())?.quoted === true) return fields
  return without(fields, name => name === 'range' || name === 'if-range')
}
