// Byte ranges (RFC 9110 section 14): what a Range field asks of a representation of known length, and the fields and part
// heads of the answer. A field we cannot or will not follow is ignored, and the whole representation is sent instead.

/** First and last byte, both included. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/** `whole`: ignore the Range field. */
export type RangeAnswer = 'whole' | 'not satisfiable' | readonly ByteRange[]

/**
 * A field with more ranges is ignored (RFC 9110 section 14.2). Real readers (PDF viewers) ask for a handful; each costs
 * about 100 bytes of part head, so 16 can add 1.6 KB to an answer and no more.
 */
export const MAX_RANGES = 16

const SPEC = /^(?:(\d+)-(\d*)|-(\d+))$/

/** What `Range: value` asks of `length` bytes. Unknown units, broken syntax and overlapping ranges give `whole`. */
export function parseRange(value: string, length: number): RangeAnswer {
  const [, specs] = /^bytes=(.*)$/i.exec(value) ?? []
  const asked = specs?.split(',', MAX_RANGES + 1).map(spec => spec.replace(/^[\t ]+|(?<![\t ])[\t ]+$/g, ''))
  if (asked === undefined || asked.length > MAX_RANGES) return 'whole'
  const ranges: ByteRange[] = []
  for (const spec of asked) {
    const range = parseSpec(spec, length)
    if (range === undefined) return 'whole'
    if (range !== 'beyond') ranges.push(range)
  }
  if (ranges.length === 0) return 'not satisfiable'
  return overlap(ranges) ? 'whole' : ranges
}

function parseSpec(spec: string, length: number): ByteRange | 'beyond' | undefined {
  const found = SPEC.exec(spec)
  if (found === null) return undefined
  const [, from, to, suffix] = found
  if (suffix !== undefined) {
    if (Number(suffix) === 0 || length === 0) return 'beyond'
    return { first: Math.max(0, length - Number(suffix)), last: length - 1 }
  }
  const first = Number(from)
  const last = to === '' ? Infinity : Number(to)
  if (last < first) return undefined
  return first >= length ? 'beyond' : { first, last: Math.min(last, length - 1) }
}

/** Overlapping ranges would let a short request cost many times the representation's length. */
function overlap(ranges: readonly ByteRange[]): boolean {
  const sorted = ranges.toSorted((a, b) => a.first - b.first)
  return sorted.some((range, i) => i > 0 && range.first <= sorted[i - 1]!.last)
}

/** Content-Range for a 206 (RFC 9110 section 14.4). */
export const contentRange = (range: ByteRange, length: number): string => `bytes ${range.first}-${range.last}/${length}`

/** Content-Range for a 416. */
export const unsatisfiedRange = (length: number): string => `bytes */${length}`

/**
 * The text before each part of a multipart/byteranges body and the one after the last (RFC 9110 section 14.6). The caller
 * picks a `boundary` that does not occur in the bytes; the body's length is the sum of all of these and of the ranges.
 */
export function partHeads(
  ranges: readonly ByteRange[],
  length: number,
  contentType: string | undefined,
  boundary: string,
): { readonly heads: readonly string[]; readonly tail: string } {
  const type = contentType === undefined ? '' : `Content-Type: ${contentType}\r\n`
  const heads = ranges.map(
    (range, i) =>
      `${i === 0 ? '' : '\r\n'}--${boundary}\r\n${type}Content-Range: ${contentRange(range, length)}\r\n\r\n`,
  )
  return { heads, tail: `\r\n--${boundary}--\r\n` }
}
