// Origin servers of several kinds, as far as their time goes. Each gets requests and ends them; the bottleneck is the
// kind's own: a pool of workers, a CPU that all share, locks that cost more the more wait for them.

import { exponential } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'
import type { Events } from './events.ts'

export type End = 'good' | 'bad' | 'reset'

export interface Origin {
  /** Answers a second at best, at the simulated time `now`. */
  best(now: number): number
  /** How long answers take with a single request in flight: draws one, milliseconds. */
  alone(): number
  /** By how much longer work takes now than at first, by no fault of ours. */
  slowness(now: number): number
  send(done: (end: End) => void): void
}

/** How long the work of one request takes, milliseconds. */
export type Work = () => number

/** Log-normal: `cv` is the standard deviation as a share of the mean. */
export function logNormal(random: Random, mean: number, cv: number): Work {
  const variance = Math.log(1 + cv * cv)
  const median = Math.log(mean) - variance / 2
  return () => {
    // Box and Muller's way from two uniform numbers to a normal one.
    const normal = Math.sqrt(2 * exponential(random, 1)) * Math.cos(2 * Math.PI * random.next())
    return Math.exp(median + Math.sqrt(variance) * normal)
  }
}

/** So many workers, first come, first served, as PHP-FPM or a pool of database connections. */
export class Pool implements Origin {
  readonly #events: Events
  readonly #work: Work
  readonly #workers: number
  readonly #mean: number
  readonly #waiting: (() => void)[] = []
  #busy = 0
  slowness: (now: number) => number = () => 1
  /** It refuses connections. */
  isAway: (now: number) => boolean = () => false

  constructor(events: Events, workers: number, mean: number, work: Work) {
    this.#events = events
    this.#workers = workers
    this.#mean = mean
    this.#work = work
  }

  best(now: number): number {
    return this.isAway(now) ? 0 : (1000 * this.#workers) / (this.#mean * this.slowness(now))
  }

  alone(): number {
    return this.#work()
  }

  send(done: (end: End) => void): void {
    if (this.isAway(this.#events.now)) return this.#events.after(1, () => done('reset'))
    const start = (): void => {
      this.#busy++
      this.#events.after(this.#work() * this.slowness(this.#events.now), () => {
        this.#busy--
        this.#waiting.shift()?.()
        done(this.isAway(this.#events.now) ? 'reset' : 'good')
      })
    }
    if (this.#busy < this.#workers) start()
    else this.#waiting.push(start)
  }
}

/** All requests share one resource; `crowding(n)` says by how much slower each goes with n of them there. */
class Shared implements Origin {
  readonly #events: Events
  readonly #work: Work
  readonly #crowding: (n: number) => number
  readonly #best: number
  /** Milliseconds of work that each has had who was here from the start. */
  #done = 0
  #at = 0
  #turn = 0
  readonly #here: { until: number; done: (end: End) => void }[] = []

  constructor(events: Events, work: Work, crowding: (n: number) => number, mean: number) {
    this.#events = events
    this.#work = work
    this.#crowding = crowding
    const rates = Array.from({ length: 1000 }, (_, i) => (1000 * (i + 1)) / (mean * crowding(i + 1)))
    this.#best = Math.max(...rates)
  }

  best(): number {
    return this.#best
  }

  alone(): number {
    return this.#work()
  }

  slowness(): number {
    return 1
  }

  send(done: (end: End) => void): void {
    this.#pass()
    this.#here.push({ until: this.#done + this.#work(), done })
    this.#next()
  }

  /** Work is done until now. */
  #pass(): void {
    const { now } = this.#events
    if (this.#here.length > 0) this.#done += (now - this.#at) / this.#crowding(this.#here.length)
    this.#at = now
  }

  #next(): void {
    if (this.#here.length === 0) return
    const turn = ++this.#turn
    const first = this.#here.reduce((a, b) => (b.until < a.until ? b : a))
    this.#events.after(Math.max(0, first.until - this.#done) * this.#crowding(this.#here.length), () => {
      // Somebody has come since, so it takes another time.
      if (turn !== this.#turn) return
      this.#pass()
      this.#here.splice(this.#here.indexOf(first), 1)
      first.done('good')
      if (turn === this.#turn) this.#next()
    })
  }
}

/** A CPU with so many cores. */
export const cpu = (events: Events, cores: number, mean: number, work: Work): Origin =>
  new Shared(events, work, n => Math.max(1, n / cores), mean)

/** Beyond `n0` at once they fight for locks: throughput falls. */
export const locks = (events: Events, n0: number, mean: number, work: Work, power = 1.7): Origin =>
  new Shared(events, work, n => Math.max(1, (n / n0) ** power), mean)
