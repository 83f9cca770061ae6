// How many visitors a site's origin bears, where nobody has set it: let in while the origin has free places, and not
// faster than its throughput divided by the requests that a session makes.
//
//   rate = capacity ÷ requests per session,  capacity = max(requests that end in a second now, the most of late)
//
// While nothing presses, the rate may be twice that, so that it can find out that the origin bears more.

import type { Bears } from './queue.ts'

/** What is known of a site's origins now. */
export interface OriginFacts {
  /** Requests that may be in flight, and that are. */
  readonly limit: number
  readonly inFlight: number
  /** Requests that wait for a place. */
  readonly queued: number
  /** Requests that end in a second. */
  readonly rate: number
}

/** Requests of a session before any was seen; it weighs like so many sessions. */
const FIRST_GUESS = 10
const GUESS_WEIGHT = 5
/** How much of a second's evidence is kept to the next: half is gone after 69 s. */
const KEEP = 0.99
/** Above this share of its limit an origin has no free place to speak of. */
const BUSY = 0.9
/** Sessions of an automatic room: core's map of them takes about 100 bytes each. */
const MOST_SESSIONS = 200_000

export class Capacity {
  #most = 0
  #requests = FIRST_GUESS * GUESS_WEIGHT
  #sessions = GUESS_WEIGHT

  /** A second has passed in which so many sessions began. */
  second({ rate }: OriginFacts, begun: number): void {
    this.#most = Math.max(rate, this.#most * KEEP)
    this.#requests = this.#requests * KEEP + rate + (1 - KEEP) * FIRST_GUESS * GUESS_WEIGHT
    this.#sessions = this.#sessions * KEEP + begun + (1 - KEEP) * GUESS_WEIGHT
  }

  get requestsPerSession(): number {
    return Math.max(1, this.#requests / this.#sessions)
  }

  /** What the settings say, and for what they leave open what the origin shows. */
  bears(set: { sessions: number | null; rate: number | null }, facts: OriginFacts): Bears {
    const sessions = set.sessions ?? MOST_SESSIONS
    if (set.rate !== null) return { sessions, rate: set.rate }
    if (set.sessions !== null) return { sessions, rate: sessions }
    return { sessions, rate: this.#rate(facts) }
  }

  #rate({ limit, inFlight, queued, rate }: OriginFacts): number {
    if (queued > 0 || inFlight >= Math.max(1, limit * BUSY)) return 0
    const proven = Math.max(rate, this.#most) / this.requestsPerSession
    // Each free place can take the first request of one more visitor at once.
    return Math.max(2 * proven, limit - inFlight)
  }
}
