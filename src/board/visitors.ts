// How many visitors there are: who, nobody knows. A visitor is a keyed hash of address and User-Agent, and all that is kept
// of it is the longest run of zeros per register (HyperLogLog; Flajolet et al. 2007). One sketch for each five seconds, so that a
// window slides: what is older than five minutes is wiped out, and the key dies with the process.

import { REGISTERS, SKETCHES, SKETCH_SECONDS } from './board.ts'
import type { Board } from './board.ts'
import { halfSipHash, hashed } from '../base/half-siphash.ts'

/** Words of Board.visitors. */
const KEY0 = 0
const KEY1 = 1
/** Counts the sketches begun since the start; its rest by SKETCHES is the one being filled. */
const PERIOD = 2

/** Bits of a hash that choose the register: the logarithm of REGISTERS. */
const REGISTER_BITS = Math.log2(REGISTERS)
/** Longest run that 32 bits can show, and one more for all zeros. */
const LONGEST_RUN = 33

/** Bytes of a User-Agent that are hashed: what tells visitors apart stands in front. */
const MOST_AGENT = 256

/** Draws the key, once, before any thread starts. */
export function drawVisitorKey(board: Board, key: readonly [number, number]): void {
  board.visitors[KEY0] = key[0]
  board.visitors[KEY1] = key[1]
}

/** A visitor's hash, kept with the connection so that it is made once. */
export interface Mark {
  readonly register: number
  readonly run: number
}

/** An edge's side: notes who is there. */
export class VisitorNotes {
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #sketches: Uint8Array<SharedArrayBuffer>

  constructor(board: Board) {
    this.#words = board.visitors
    this.#sketches = board.sketches
  }

  /** Which sketch is being filled: a visitor that was noted in it need not be noted again. */
  get period(): number {
    return this.#words[PERIOD]!
  }

  /** Of a client (an address; of IPv6 the network, /64, since a visitor has all of it) and a User-Agent. */
  markOf(client: string, agent: string): Mark {
    halfSipHash(
      this.#words[KEY0]!,
      this.#words[KEY1]!,
      Buffer.from(`${client} ${agent.slice(0, MOST_AGENT)}`, 'latin1'),
    )
    return { register: hashed.first >>> (32 - REGISTER_BITS), run: Math.clz32(hashed.second) + 1 }
  }

  note({ register, run }: Mark): void {
    const at = (this.#words[PERIOD]! % SKETCHES) * REGISTERS + register
    let there = Atomics.load(this.#sketches, at)
    while (there < run) {
      const before = Atomics.compareExchange(this.#sketches, at, there, run)
      if (before === there) return
      there = before
    }
  }
}

/** The reader's side: turns the sketches, and counts. One thread only. */
export class VisitorCount {
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #sketches: Uint8Array<SharedArrayBuffer>
  /** By window: what the sketches that are full come to. Merged once for each turn, not each second. */
  readonly #full = new Map<number, { period: number; merged: Uint8Array }>()
  #turnsAt: number

  /** Times are monotonic seconds. */
  constructor(board: Board, now: number) {
    this.#words = board.visitors
    this.#sketches = board.sketches
    this.#turnsAt = now + SKETCH_SECONDS
  }

  /** To be called each second. A thread that has slept turns as often as it should have, but no sketch twice. */
  turn(now: number): void {
    for (let turns = 0; now >= this.#turnsAt && turns < SKETCHES; turns++) {
      const next = (this.#words[PERIOD]! + 1) % (SKETCHES * 2 ** 20)
      this.#sketchOf(next).fill(0)
      Atomics.store(this.#words, PERIOD, next)
      this.#turnsAt += SKETCH_SECONDS
    }
    this.#turnsAt = Math.max(this.#turnsAt, now)
  }

  /** Distinct visitors of the last `seconds`, and of up to five more: those of the sketch being filled. */
  count(seconds: number): number {
    const period = this.#words[PERIOD]!
    let full = this.#full.get(seconds)
    if (full?.period !== period) {
      full = { period, merged: new Uint8Array(REGISTERS) }
      for (let back = 1; back <= Math.min(seconds / SKETCH_SECONDS, SKETCHES - 1); back++)
        raise(full.merged, this.#sketchOf((period - back + SKETCHES) % SKETCHES))
      this.#full.set(seconds, full)
    }
    return Math.round(estimate(raise(full.merged.slice(), this.#sketchOf(period))))
  }

  #sketchOf(period: number): Uint8Array {
    const at = (period % SKETCHES) * REGISTERS
    return this.#sketches.subarray(at, at + REGISTERS)
  }
}

/** Lifts each register to the other's, and returns the first. */
function raise(runs: Uint8Array, others: Uint8Array): Uint8Array {
  for (let i = 0; i < REGISTERS; i++) if (others[i]! > runs[i]!) runs[i] = others[i]!
  return runs
}

/** Distinct values by the longest runs seen: Ertl's improved raw estimator (2017, algorithm 6), which needs no tables. */
function estimate(runs: Uint8Array): number {
  const counts = new Float64Array(LONGEST_RUN + 1)
  for (const run of runs) counts[run]! += 1
  let z = REGISTERS * tau(1 - counts[LONGEST_RUN]! / REGISTERS)
  for (let run = LONGEST_RUN - 1; run >= 1; run--) z = (z + counts[run]!) / 2
  z += REGISTERS * sigma(counts[0]! / REGISTERS)
  return (REGISTERS * REGISTERS) / (2 * Math.LN2 * z)
}

function sigma(share: number): number {
  if (share === 1) return Infinity
  let [x, y, z, before] = [share, 1, share, -1]
  while (z !== before) {
    x *= x
    before = z
    z += x * y
    y += y
  }
  return z
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0
  let [x, y, z, before] = [share, 1, 1 - share, -1]
  while (z !== before) {
    x = Math.sqrt(x)
    before = z
    y /= 2
    z -= (1 - x) ** 2 * y
  }
  return z / 3
}
