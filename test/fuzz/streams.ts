// What one visitor sends on one connection: a pipeline of requests, some of them odd, some bytes of it changed, cut into
// pieces at random places. Everything follows from the seed and the number of the stream.

import { below, seeded } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'
import { makeOdd } from './oddities.ts'
import { oneIn, pick, validRequest, written } from './requests.ts'

export interface Stream {
  bytes: Buffer
  /** Where the pieces end, but for the last. */
  cuts: number[]
  /** The server gets to work between two pieces. */
  paced: boolean
}

/** Bytes that mean something to parsers come more often. */
const LOADED = '\r\n\r\n\0 \t:;,/?*0123456789aZ\x7f\x80\xff"\\_-'

/** Stream number `n` of a seed. */
export function makeStream(seed: number, n: number): Stream {
  const random = seeded((seed ^ Math.imul(n, 0x9e3779b1)) >>> 0)
  let text = ''
  for (let left = 1 + (oneIn(random, 2) ? 0 : below(random, 5)); left > 0; left--) text += requestText(random)
  if (oneIn(random, 4)) text = mutate(random, text)
  if (oneIn(random, 15)) text = text.slice(0, below(random, text.length + 1))
  const bytes = Buffer.from(text, 'latin1')
  return { bytes, cuts: cut(random, bytes.length), paced: oneIn(random, 2) }
}

function requestText(random: Random): string {
  const request = validRequest(random)
  if (oneIn(random, 3)) makeOdd(random, request)
  return written(request)
}

/** The text with some of it changed, moved, doubled or gone. */
export function mutate(random: Random, text: string): string {
  let changed = text
  do {
    const at = below(random, changed.length + 1)
    const to = Math.min(changed.length, at + 1 + below(random, 12))
    changed = pick(random, MUTATIONS)(changed, at, to, random)
  } while (oneIn(random, 2))
  return changed
}

type Mutation = (text: string, at: number, to: number, random: Random) => string

const anyByte = (random: Random): string =>
  oneIn(random, 4) ? String.fromCharCode(below(random, 256)) : LOADED[below(random, LOADED.length)]!

const MUTATIONS: readonly Mutation[] = [
  (text, at, _, random) => text.slice(0, at) + anyByte(random) + text.slice(at + 1),
  (text, at, _, random) => text.slice(0, at) + anyByte(random) + text.slice(at),
  (text, at, _, random) =>
    text.slice(0, at) + String.fromCharCode((text.charCodeAt(at) || 0) ^ (1 << below(random, 8))) + text.slice(at + 1),
  (text, at, to) => text.slice(0, at) + text.slice(to),
  (text, at, to) => text.slice(0, to) + text.slice(at),
  (text, at, to, random) => {
    const from = below(random, text.length)
    return text.slice(0, at) + text.slice(from, from + 1 + below(random, 40)) + text.slice(to)
  },
  (text, at, _, random) => text.slice(0, at) + pick(random, ['\r\n', '\n', '\r', '\r\n\r\n', '\r\n ']) + text.slice(at),
]

/** Where so many bytes are cut into pieces. */
export function cut(random: Random, length: number): number[] {
  if (length === 0) return []
  const count = oneIn(random, 3) ? 0 : below(random, oneIn(random, 10) ? 40 : 5)
  const cuts = new Set(Array.from({ length: count }, () => 1 + below(random, length)))
  cuts.delete(length)
  return [...cuts].sort((a, b) => a - b)
}

/** The pieces that a stream is sent in. */
export const pieces = ({ bytes, cuts }: Stream): Buffer[] =>
  [...cuts, bytes.length].map((end, i) => bytes.subarray(cuts[i - 1] ?? 0, end))
