// What is known of the copies for everyone that spike rules want: of one that is stored, by a field that is stored with it and
// that visitors see, when it was proven and what its holes are; of one that was refused, why, so that each answer can tell.

import type { Exchange } from '../exchange.ts'
import { first } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import type { ReasonCode } from '../reasons.ts'
import { findResponse, storedLines } from './lookup.ts'
import type { Cache } from './types.ts'

/** The field that a copy is stored with. What an origin says under this name is not heeded. */
const COPY_FIELD = 'Breakwater-Copy'

export interface CopyNote {
  readonly verdict: 'armed' | 'armed-with-holes' | 'unproven'
  /** Wall clock, milliseconds, of the last two fetches that were the same; 0 for never. */
  readonly provenAt: number
  /** Names of the hidden fields that hold tokens, known by having differed. */
  readonly learned: readonly string[]
}

/** As in `armed-with-holes; at=1795262400; learned="a%20b c"`: seconds, and names percent-encoded. */
export function noteFields({ verdict, provenAt, learned }: CopyNote): Fields {
  const at = provenAt === 0 ? '' : `; at=${Math.floor(provenAt / 1000)}`
  const names = learned.length === 0 ? '' : `; learned="${learned.map(encodeURIComponent).join(' ')}"`
  return [COPY_FIELD, verdict + at + names]
}

/** What is said of the copy that is stored under the key of this exchange, be it stale. */
export function noteOf(
  cache: Cache,
  { key, fields }: Pick<Exchange, 'fields'> & { key: string },
): CopyNote | undefined {
  const found = findResponse(cache.index, key, fields, null)
  const line = found === undefined ? undefined : first(storedLines(cache.index, found), COPY_FIELD.toLowerCase())
  const read = /^(armed|armed-with-holes|unproven)(?:; at=(\d+))?(?:; learned="([^"]*)")?$/.exec(line ?? '')
  if (read === null) return undefined
  const names = read[3] ?? ''
  return {
    verdict: read[1] as CopyNote['verdict'],
    provenAt: Number(read[2] ?? 0) * 1000,
    learned: names === '' ? [] : names.split(' ').map(decodeURIComponent),
  }
}

/** Keys remembered on one edge, with at most 8 KiB each: 8 MiB at worst. */
const REMEMBERED = 1024

/** Why the last copies were refused. Another edge may not know: it tells what RFC 9111 says of the page. */
export class RefusedCopies {
  readonly #reasons = new Map<string, ReasonCode>()

  note(key: string, why: ReasonCode): void {
    if (this.#reasons.size >= REMEMBERED) this.#reasons.clear()
    this.#reasons.set(key, why)
  }

  forget(key: string): void {
    this.#reasons.delete(key)
  }

  of(key: string): ReasonCode | undefined {
    return this.#reasons.get(key)
  }
}
