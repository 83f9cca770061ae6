// What was seen of an origin while one limit held: the evidence on which the next decision rests. What began under the
// limit before is left out at first, so that each trial speaks of its own number alone.

import { FIRST_BYTE_BUCKETS } from '../../board/board.ts'
import type { Look } from './limit.ts'
import { momentsOf } from './moments.ts'
import type { Moments } from './moments.ts'

export class Trial {
  readonly #counts = new Float64Array(FIRST_BYTE_BUCKETS)
  /** When what is seen begins to count. */
  readonly #from: number
  readonly #value: number
  #since: number | null = null
  #busy = 0
  #answered = 0
  /** Requests in flight times milliseconds. */
  held = 0
  bad = 0
  timeouts = 0
  resets = 0
  /** Milliseconds that it has lasted, and those of them in which somebody waited. */
  passed = 0
  elapsed = 0

  /**
   * Nothing counts before `from`, monotonic ms, when answers to requests sent under the former limit are in, nor while more
   * than `value` of them are still in flight.
   */
  constructor(from: number, value: number) {
    this.#from = from
    this.#value = value
  }

  /** Of a look in which somebody waited for less than the share `pressed`, the failures alone count. */
  add(look: Look, pressed: number): void {
    const { now } = look
    if (now < this.#from || (this.#since === null && look.inFlight > this.#value + 0.5)) return
    const ms = this.#since === null ? 0 : now - this.#since
    this.#since = now
    if (ms === 0) return
    this.passed += ms
    this.#busy += ms * look.waited
    this.bad += look.bad
    this.timeouts += look.timeouts
    this.resets += look.resets
    for (let bucket = 0; bucket < FIRST_BYTE_BUCKETS; bucket++) this.#answered += look.firstBytes[bucket]!
    if (look.waited < pressed) return
    this.elapsed += ms
    this.held += ms * look.inFlight
    for (let bucket = 0; bucket < FIRST_BYTE_BUCKETS; bucket++) this.#counts[bucket]! += look.firstBytes[bucket]!
  }

  /** Times to first byte, milliseconds, held below `cap`. */
  moments(cap: number): Moments {
    return momentsOf(this.#counts, cap)
  }

  get good(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0)
  }

  get failed(): number {
    return this.bad + this.timeouts + this.resets
  }

  get ended(): number {
    return this.#answered + this.failed
  }

  /** Good answers in a millisecond. */
  get rate(): number {
    return this.elapsed === 0 ? 0 : this.good / this.elapsed
  }

  /** Share of the time in which somebody waited. */
  get waited(): number {
    return this.passed === 0 ? 0 : this.#busy / this.passed
  }

  get inFlight(): number {
    return this.elapsed === 0 ? 0 : this.held / this.elapsed
  }
}
