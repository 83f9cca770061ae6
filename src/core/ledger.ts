// What is in flight to each origin, on the board. Edges count their own requests there and enforce the limit; core adds
// what it grants to an edge's row, so a permit is counted before the edge hears of it.

import {
  ClassWord,
  FIRST_BYTE_BUCKETS,
  FlightWord,
  GlobalWord,
  MAX_CLASSES,
  MAX_EDGES,
  MAX_ORIGINS,
  OriginWord,
} from '../board/board.ts'
import type { Board } from '../board/board.ts'
import { isLeaseOver } from '../board/lease.ts'
import { counterIndex, counterNames, counters } from '../board/counters.ts'

/** How requests to an origin ended, as sums that wrap at 2^32. */
export interface Ended {
  /** Whole answers below 500. */
  good: number
  /** Answers of 500 and above. */
  bad: number
  timeouts: number
  resets: number
}

/** What edges have counted of an origin, or of a class of requests to it, for the limit that decides (Look). */
export interface Seen extends Omit<Ended, 'good'> {
  /** Good answers by time to first byte (`firstByteBucket`), as sums that wrap at 2^32. */
  readonly firstBytes: Uint32Array
  /** Now. */
  readonly inFlight: number
}

export class Ledger {
  readonly #board: Board
  /** Row of an edge and origin at slot * MAX_ORIGINS + origin, made when first used. */
  readonly #rows: (Int32Array<SharedArrayBuffer> | undefined)[] = []
  readonly #origins: Int32Array<SharedArrayBuffer>[]

  constructor(board: Board) {
    this.#board = board
    this.#origins = Array.from({ length: MAX_ORIGINS }, (_, index) => board.origin(index))
  }

  /** Requests in flight to the origin, from all edges. */
  inFlight(origin: number): number {
    let sum = 0
    for (let slot = 0; slot < this.#slots; slot++) sum += Atomics.load(this.#row(slot, origin), FlightWord.inFlight)
    return sum
  }

  /** Those of a class. */
  inFlightOf(origin: number, routeClass: number): number {
    let sum = 0
    for (let slot = 0; slot < this.#slots; slot++)
      sum += Atomics.load(this.#row(slot, origin), FlightWord.inFlightByClass + routeClass)
    return sum
  }

  /** Counts one more in the edge's row if that stays within the limit. Edges do the same at the same time: add first, look then. */
  take(slot: number, origin: number, limit: number, routeClass = 0): boolean {
    const row = this.#row(slot, origin)
    Atomics.add(row, FlightWord.inFlight, 1)
    if (this.inFlight(origin) <= limit && !isLeaseOver(this.#board.global)) {
      Atomics.add(row, FlightWord.inFlightByClass + routeClass, 1)
      return true
    }
    Atomics.sub(row, FlightWord.inFlight, 1)
    return false
  }

  /** Takes back what `take` has counted. */
  giveBack(slot: number, origin: number, routeClass: number): void {
    const row = this.#row(slot, origin)
    Atomics.sub(row, FlightWord.inFlightByClass + routeClass, 1)
    Atomics.sub(row, FlightWord.inFlight, 1)
  }

  /** The edge in this slot has died, and nobody else uses its row. */
  clear(slot: number): void {
    const own = this.#board.edge(slot)
    for (const name of counterNames) if (counters[name].kind === 'gauge') Atomics.store(own, counterIndex[name], 0)
    for (let origin = 0; origin < MAX_ORIGINS; origin++) {
      const row = this.#board.flight(slot, origin)
      Atomics.store(row, FlightWord.inFlight, 0)
      Atomics.store(row, FlightWord.streams, 0)
      for (let each = 0; each < MAX_CLASSES; each++) Atomics.store(row, FlightWord.inFlightByClass + each, 0)
    }
  }

  ended(origin: number): Ended {
    const sums: Ended = { good: 0, bad: 0, timeouts: 0, resets: 0 }
    for (let slot = 0; slot < this.#slots; slot++) {
      const row = this.#row(slot, origin)
      for (const word of ['good', 'bad', 'timeouts', 'resets'] as const) sums[word] += row[FlightWord[word]]!
    }
    return sums
  }

  /** All that edges have counted of the origin. */
  seen(origin: number): Seen {
    const firstBytes = new Uint32Array(FIRST_BYTE_BUCKETS)
    for (let slot = 0; slot < this.#slots; slot++) addTo(firstBytes, this.#board.firstBytes(slot, origin))
    return { ...this.ended(origin), firstBytes, inFlight: this.inFlight(origin) }
  }

  /** The same of one class of requests to it. */
  seenOf(origin: number, routeClass: number): Seen {
    const firstBytes = new Uint32Array(FIRST_BYTE_BUCKETS)
    let [bad, timeouts, resets] = [0, 0, 0]
    for (let slot = 0; slot < this.#slots; slot++) {
      const row = this.#board.ofClass(slot, origin, routeClass)
      addTo(firstBytes, row)
      bad += row[ClassWord.bad]!
      timeouts += row[ClassWord.timeouts]!
      resets += row[ClassWord.resets]!
    }
    return { firstBytes, bad, timeouts, resets, inFlight: this.inFlightOf(origin, routeClass) }
  }

  /** How many of each class wait. */
  setWaiting(origin: number, routeClass: number, waiting: number): void {
    Atomics.store(this.#origins[origin]!, OriginWord.waitingByClass + routeClass, waiting)
  }

  /** How many of a class may be in flight; Infinity where the limit of the origin alone holds. */
  setLimitOf(origin: number, routeClass: number, limit: number): void {
    const word = limit === Infinity ? 0 : limit
    Atomics.store(this.#origins[origin]!, OriginWord.limitByClass + routeClass, word)
  }

  /** One of the class was refused. */
  countShed(origin: number, routeClass: number): void {
    Atomics.add(this.#origins[origin]!, OriginWord.shedByClass + routeClass, 1)
  }

  set(origin: number, word: keyof typeof OriginWord, value: number): void {
    Atomics.store(this.#origins[origin]!, OriginWord[word], value)
  }

  get(origin: number, word: keyof typeof OriginWord): number {
    return Atomics.load(this.#origins[origin]!, OriginWord[word])
  }

  get #slots(): number {
    return Math.min(MAX_EDGES, Atomics.load(this.#board.global, GlobalWord.slots))
  }

  #row(slot: number, origin: number): Int32Array<SharedArrayBuffer> {
    return (this.#rows[slot * MAX_ORIGINS + origin] ??= this.#board.flight(slot, origin))
  }
}

function addTo(sums: Uint32Array, counts: Int32Array): void {
  for (let bucket = 0; bucket < FIRST_BYTE_BUCKETS; bucket++) sums[bucket]! += counts[bucket]!
}
