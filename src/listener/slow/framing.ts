// How an answer is framed for this visitor (RFC 9112 section 6): which fields go out, and how its end is told.

import type { Answer } from '../../exchange.ts'
import { all, type Fields } from '../../http/fields.ts'
import { isHopByHop } from '../../http/hopbyhop.ts'
import { hasNoBody } from '../../http/status.ts'

export interface Recipient {
  method: string
  httpVersion: '1.0' | '1.1'
  /** The connection may go on after this answer. */
  keepAlive: boolean
  /** The request said `TE: trailers`. */
  takesTrailers: boolean
  /** For an answer that has no Date (RFC 9110 section 6.6.1). */
  date: string
}

export interface Framed {
  /** Everything that is sent in the head. */
  fields: Fields
  /** No body at all; bytes as many as `length` says; chunks; or bytes until the connection closes. */
  mode: 'none' | 'length' | 'chunked' | 'close'
  length: number
  keepAlive: boolean
}

/** The head's fields and the body's framing. Pure. */
export function frame(answer: Answer, to: Recipient): Framed {
  const isHead = to.method === 'HEAD'
  const length = knownLength(answer)
  const empty = hasNoBody(answer.status) || isHead
  let mode: Framed['mode'] = 'length'
  if (empty) mode = 'none'
  else if (length === undefined) mode = to.httpVersion === '1.1' ? 'chunked' : 'close'
  const keepAlive = to.keepAlive && mode !== 'close'
  const fields = endToEnd(answer.fields, mode === 'chunked' && to.takesTrailers, to.date)
  if (!keepAlive) fields.push('Connection', 'close')
  else if (to.httpVersion === '1.0') fields.push('Connection', 'keep-alive')
  // The length comes last: node:http re-encodes a Content-Disposition that stands after it, and so would damage it.
  const told = isHead ? lengthForHead(answer, length) : length
  if (mode === 'chunked') fields.push('Transfer-Encoding', 'chunked')
  else if (told !== undefined && !hasNoBody(answer.status)) fields.push('Content-Length', String(told))
  return { fields, mode, length: length ?? 0, keepAlive }
}

function knownLength({ body }: Answer): number | undefined {
  if (body === null) return 0
  return body instanceof Uint8Array ? body.byteLength : body.length
}

/** The answer to HEAD names the length that GET would have had, where the room that answers knows it. */
function lengthForHead(answer: Answer, length: number | undefined): number | undefined {
  const given = all(answer.fields, 'content-length')
  if (given.length === 1 && /^\d{1,15}$/.test(given[0]!)) return Number(given[0])
  return answer.body === null ? undefined : length
}

/** A copy without the connection's fields and without the length, which is ours to tell; with one Date. */
function endToEnd(fields: Fields, keepsTrailer: boolean, date: string): Fields {
  const kept: Fields = []
  let isDated = false
  for (let i = 0; i < fields.length; i += 2) {
    const fate = fateOf(fields[i]!)
    if (fate === 'dropped' || (fate === 'trailer' && !keepsTrailer) || (fate === 'date' && isDated)) continue
    if (fate === 'date') isDated = true
    kept.push(fields[i]!, fields[i + 1]!)
  }
  if (!isDated) kept.push('Date', date)
  return kept
}

type Fate = 'kept' | 'dropped' | 'trailer' | 'date'

/** By the name as it was spelled. */
const fates = new Map<string, Fate>()
/** Spellings remembered: sites use a few dozen; more are looked at each time. */
const REMEMBERED = 1024

function fateOf(field: string): Fate {
  const known = fates.get(field)
  if (known !== undefined) return known
  const name = field.toLowerCase()
  const isOurs = name === 'content-length' || isHopByHop(name)
  const fate = name === 'date' || name === 'trailer' ? name : isOurs ? 'dropped' : 'kept'
  if (fates.size < REMEMBERED) fates.set(field, fate)
  return fate
}
