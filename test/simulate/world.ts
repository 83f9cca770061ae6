// A crowd in front of a limit in front of an origin, in simulated time. The queue is the simplest there is: bounded, first
// come, first served; who finds it full is refused. What is measured is what the origin did.

import { exponential } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'
import { FIRST_BYTE_BUCKETS, firstByteBucket } from '../../src/board/board.ts'
import type { Limit } from '../../src/core/limits/limit.ts'
import type { Events } from './events.ts'
import type { Origin } from './origins.ts'

const LOOK = 250

export interface Measured {
  good: number
  failed: number
  /** Expected, where the queue was full. */
  refused: number
  /** Milliseconds at the origin, of good answers, less by the factor by which it was slow of itself. */
  readonly times: number[]
  /** The time at which each of them came, milliseconds. */
  readonly at: number[]
  /** The limit at each look. */
  readonly limits: number[]
}

export interface Crowd {
  /** Arrivals a second, at the simulated time. */
  readonly rate: (now: number) => number
  readonly queue: number
  /** A request that takes longer is given up, milliseconds; the origin goes on with it. */
  readonly timeout: number
}

export class World {
  readonly measured: Measured = { good: 0, failed: 0, refused: 0, times: [], at: [], limits: [] }
  readonly #events: Events
  readonly #random: Random
  readonly #limit: Limit
  readonly #origin: Origin
  readonly #crowd: Crowd
  #inFlight = 0
  #queued = 0
  #queuedSince = 0
  #waited = 0
  #fullSince: number | null = null
  #counts = new Float64Array(FIRST_BYTE_BUCKETS)
  #held = 0
  #heldAt = 0
  #ends = { bad: 0, timeouts: 0, resets: 0 }

  constructor(events: Events, random: Random, limit: Limit, origin: Origin, crowd: Crowd) {
    this.#events = events
    this.#random = random
    this.#limit = limit
    this.#origin = origin
    this.#crowd = crowd
    this.#arrive()
    events.after(LOOK, () => this.#look())
  }

  #arrive(): void {
    this.#events.after(1000 * exponential(this.#random, this.#crowd.rate(this.#events.now)), () => {
      if (this.#inFlight < this.#limit.value) this.#send()
      else if (this.#queued++ === 0) this.#queuedSince = this.#events.now
      // Whoever comes while it is full is refused. A Poisson process has no memory, so these need no events of their own.
      if (this.#queued >= this.#crowd.queue) this.#fullSince = this.#events.now
      else this.#arrive()
    })
  }

  #send(): void {
    const began = this.#events.now
    this.#count(1)
    let isOver = false
    const end = (): boolean => {
      if (isOver) return false
      isOver = true
      this.#count(-1)
      return true
    }
    const giveUp = (): void => {
      if (!end()) return
      this.#ends.timeouts++
      this.measured.failed++
      this.#serve()
    }
    if (this.#crowd.timeout < Infinity) this.#events.after(this.#crowd.timeout, giveUp)
    this.#origin.send(how => {
      if (!end()) return
      const ms = this.#events.now - began
      if (how === 'good') {
        this.measured.good++
        this.measured.at.push(this.#events.now)
        this.measured.times.push(ms / this.#origin.slowness(began))
        this.#counts[firstByteBucket(ms)]!++
      } else {
        this.measured.failed++
        this.#ends[how === 'bad' ? 'bad' : 'resets']++
      }
      this.#serve()
    })
  }

  #serve(): void {
    while (this.#queued > 0 && this.#inFlight < this.#limit.value) {
      if (--this.#queued === 0) this.#waited += this.#events.now - this.#queuedSince
      this.#send()
    }
    if (this.#fullSince === null || this.#queued >= this.#crowd.queue) return
    const { now } = this.#events
    this.measured.refused += ((now - this.#fullSince) / 1000) * this.#crowd.rate(now)
    this.#fullSince = null
    this.#arrive()
  }

  #count(by: number): void {
    const { now } = this.#events
    this.#held += (now - this.#heldAt) * this.#inFlight
    this.#heldAt = now
    this.#inFlight += by
  }

  #look(): void {
    const { now } = this.#events
    this.#count(0)
    if (this.#queued > 0) {
      this.#waited += now - this.#queuedSince
      this.#queuedSince = now
    }
    const { bad, timeouts, resets } = this.#ends
    this.#limit.observe({
      now,
      firstBytes: this.#counts,
      bad,
      timeouts,
      resets,
      inFlight: this.#held / LOOK,
      waited: this.#waited / LOOK,
    })
    this.measured.limits.push(this.#limit.value)
    this.#counts = new Float64Array(FIRST_BYTE_BUCKETS)
    this.#ends = { bad: 0, timeouts: 0, resets: 0 }
    this.#held = this.#waited = 0
    this.#serve()
    this.#events.after(LOOK, () => this.#look())
  }
}

export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}
