// Reads the board once a second. Its counters are 32 bits wide and wrap, which wrapping-sum.ts allows for. Rows of edges that
// died keep their sums, so totals never fall.

import type { Clock } from '../base/clock.ts'
import { FlightWord, GlobalWord, LATENCY_BUCKETS, Latency, MAX_EDGES, MAX_ORIGINS, OriginWord } from '../board/board.ts'
import type { Board } from '../board/board.ts'
import { counterIndex, counterNames, counters } from '../board/counters.ts'
import type { CounterName } from '../board/counters.ts'
import type { BucketCounts } from './latencies.ts'
import { WrappingSum } from './wrapping-sum.ts'

/** Percentiles are told over so many looks: long enough for a p99 on a small site, short enough to see a change. */
const WINDOW = 10

export type LatencyName = keyof typeof Latency
const latencyNames = Object.keys(Latency) as LatencyName[]
const flightSums = ['good', 'bad', 'timeouts', 'resets', 'firstByteMs'] as const

/** One origin as the board shows it. Sums are since start. */
export interface OriginFigures {
  limit: number
  waiting: number
  ailing: boolean
  inFlight: number
  streams: number
  good: number
  bad: number
  timeouts: number
  resets: number
  firstByteMs: number
}

/** A latency histogram over all edges: since start, and of the last looks. */
class WrappingHistogram {
  readonly total: BucketCounts = new Float64Array(LATENCY_BUCKETS)
  readonly #before = Array.from({ length: MAX_EDGES }, () => new Int32Array(0))
  readonly #looks: BucketCounts[] = []

  look(rows: Int32Array[]): void {
    const added: BucketCounts =
      this.#looks.length < WINDOW ? new Float64Array(LATENCY_BUCKETS) : this.#looks.shift()!.fill(0)
    for (const [slot, row] of rows.entries()) {
      const before = this.#before[slot]!
      for (let i = 0; i < LATENCY_BUCKETS; i++) added[i]! += (row[i]! - (before[i] ?? 0)) >>> 0
      this.#before[slot] = row.slice()
    }
    for (let i = 0; i < LATENCY_BUCKETS; i++) this.total[i]! += added[i]!
    this.#looks.push(added)
  }

  get recent(): BucketCounts {
    const sum: BucketCounts = new Float64Array(LATENCY_BUCKETS)
    for (const look of this.#looks) for (let i = 0; i < LATENCY_BUCKETS; i++) sum[i]! += look[i]!
    return sum
  }
}

export class Sampler {
  readonly #board: Board
  readonly #clock: Clock
  readonly #sums = counterNames.map(() => new WrappingSum())
  readonly #levels = new Float64Array(counterNames.length)
  readonly #latencies = latencyNames.map(() => new WrappingHistogram())
  readonly #origins = Array.from({ length: MAX_ORIGINS }, () => flightSums.map(() => new WrappingSum()))
  #lookedAt: number
  #seconds = 1

  constructor(board: Board, clock: Clock) {
    this.#board = board
    this.#clock = clock
    this.#lookedAt = clock.monotonic()
  }

  /** Looks at the board; to be called about once a second, and at the latest before a counter can wrap. */
  sample(): void {
    const now = this.#clock.monotonic()
    this.#seconds = Math.max(now - this.#lookedAt, 1) / 1000
    this.#lookedAt = now
    const slots = this.slots
    const rows = Array.from({ length: slots }, (_, slot) => this.#board.edge(slot))
    for (const [i, name] of counterNames.entries()) this.#lookAtCounter(i, name, rows)
    for (const [i, name] of latencyNames.entries())
      this.#latencies[i]!.look(rows.map((_, slot) => this.#board.latency(slot, Latency[name])))
    for (let origin = 0; origin < MAX_ORIGINS; origin++) this.#lookAtOrigin(origin, slots)
  }

  /** Rows of edges that were ever in use. */
  get slots(): number {
    return Atomics.load(this.#board.global, GlobalWord.slots)
  }

  /** A counter's sum since start, or a gauge's level now. */
  total(name: CounterName): number {
    const i = counterIndex[name]
    return counters[name].kind === 'gauge' ? this.#levels[i]! : this.#sums[i]!.total
  }

  /** Per second, over the time between the last two looks. */
  rate(name: CounterName): number {
    return this.#sums[counterIndex[name]]!.added / this.#seconds
  }

  /** Durations since start, by bucket. */
  durations(name: LatencyName): BucketCounts {
    return this.#latencies[latencyNames.indexOf(name)]!.total
  }

  /** Durations of the last ten looks, by bucket. */
  recentDurations(name: LatencyName): BucketCounts {
    return this.#latencies[latencyNames.indexOf(name)]!.recent
  }

  origin(index: number): OriginFigures {
    const words = this.#board.origin(index)
    const [good, bad, timeouts, resets, firstByteMs] = this.#origins[index]!.map(sum => sum.total)
    return {
      limit: words[OriginWord.limit]!,
      waiting: words[OriginWord.waiting]!,
      ailing: words[OriginWord.ailing] === 1,
      inFlight: this.#level(index, FlightWord.inFlight),
      streams: this.#level(index, FlightWord.streams),
      good: good!,
      bad: bad!,
      timeouts: timeouts!,
      resets: resets!,
      firstByteMs: firstByteMs!,
    }
  }

  /** Another origin stands at this place now: its sums begin anew. */
  forgetOrigin(index: number): void {
    for (const sum of this.#origins[index]!) sum.total = 0
  }

  #lookAtCounter(i: number, name: CounterName, rows: Int32Array[]): void {
    if (counters[name].kind === 'gauge') {
      this.#levels[i] = rows.reduce((sum, row) => sum + row[i]!, 0)
      return
    }
    const sum = this.#sums[i]!
    sum.look()
    for (const [slot, row] of rows.entries()) sum.add(slot, row[i]!)
  }

  #lookAtOrigin(origin: number, slots: number): void {
    const sums = this.#origins[origin]!
    for (const sum of sums) sum.look()
    for (let slot = 0; slot < slots; slot++) {
      const flight = this.#board.flight(slot, origin)
      for (const [i, name] of flightSums.entries()) sums[i]!.add(slot, flight[FlightWord[name]]!)
    }
  }

  #level(origin: number, word: number): number {
    let sum = 0
    for (let slot = 0; slot < this.slots; slot++) sum += this.#board.flight(slot, origin)[word]!
    return sum
  }
}
