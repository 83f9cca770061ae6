// How fast the error budget burns: the share of requests that were lost, as a multiple of what the objective allows. An alarm
// needs a long window, so that it means something, and a short one, so that it ends with its cause (Google, "The Site Reliability
// Workbook", 2018, chapter 5).

import type { Second } from '../seconds.ts'

/** Seconds of one bucket. */
const BUCKET = 10
/** Six hours: 2160 buckets of two numbers, 34 KiB. */
const BUCKETS = (6 * 3600) / BUCKET

/** A row of the history: figures a second, from `at` on, seconds since the epoch. Visitors that left by themselves are no loss here. */
type Kept = Pick<Second, 'at' | 'requests' | 'lost' | 'gone'>

export class Budget {
  readonly #requests = new Float64Array(BUCKETS)
  readonly #lost = new Float64Array(BUCKETS)
  #seconds = 0

  /** One more second. */
  add(requests: number, lost: number): void {
    const at = Math.floor(this.#seconds / BUCKET) % BUCKETS
    if (this.#seconds++ % BUCKET === 0) this.#requests[at] = this.#lost[at] = 0
    this.#requests[at]! += requests
    this.#lost[at]! += lost
  }

  /** What an earlier process has kept, the oldest first: a restart starts no budget anew. Seconds of which nothing is known count as quiet. */
  remember(rows: readonly Kept[], now: number): void {
    let at = now - BUCKETS * BUCKET
    for (const [i, { at: begins, requests, lost, gone }] of rows.entries()) {
      if (begins === null || begins < at) continue
      for (; at < begins; at++) this.add(0, 0)
      const ends = Math.min(rows[i + 1]?.at ?? begins + BUCKET, begins + BUCKET, now)
      for (; at < ends; at++) this.add(requests ?? 0, Math.max(0, (lost ?? 0) - (gone ?? 0)))
    }
    for (; at < now; at++) this.add(0, 0)
  }

  /** Of the last `seconds`, or since the start where that is later. */
  over(seconds: number): { requests: number; lost: number } {
    const last = Math.floor((this.#seconds - 1) / BUCKET)
    const sum = { requests: 0, lost: 0 }
    for (let back = 0; back < Math.min(seconds / BUCKET, BUCKETS, last + 1); back++) {
      sum.requests += this.#requests[(last - back) % BUCKETS]!
      sum.lost += this.#lost[(last - back) % BUCKETS]!
    }
    return sum
  }

  /** Whether both windows burn at `times` the rate that the objective (a share, as 0.999) allows. */
  burns(times: number, windows: readonly [number, number], objective: number): boolean {
    return windows.every(seconds => {
      const { requests, lost } = this.over(seconds)
      return lost >= FEWEST && lost / requests >= times * (1 - objective)
    })
  }
}

/** A few lost requests in a quiet hour wake nobody. */
const FEWEST = 10
