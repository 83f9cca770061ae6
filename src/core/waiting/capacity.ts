// How many visitors a site's origin bears, where nobody has set it: as many as keep a short queue in front of its limit, so
// that it is never idle and the limit can find out what it bears, and those who are in hardly wait.
//
//   rate = throughput ÷ requests per session × (2 while places are free, 1.3 while the queue is short, 0.7 while it is not, 0 while it is long)
//
// A place that is free can take the first request of one more visitor at once. Who was called comes with the next poll, so
// those who are on their way count as if they were there.

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

/**
 * A queue is short up to the limit, which is a wait of one answer, and up to what ends in a second, between these two: so
 * many that one empties only while the crowd is late. It is long from twice that.
 */
const SHORT_QUEUE = [3, 8] as const
const BOLDLY = 2
const FASTER = 1.3
const SLOWER = 0.7
/** Seconds within which those who were called come, or are overdue: a poll (place.ts) and what it takes. */
const ON_THEIR_WAY = 5
/** Of those who are on their way about so many arrive in a second. */
const ARRIVE = 1 / 3

/** Requests of a session before any was seen; it weighs like so many sessions. */
const FIRST_GUESS = 10
const GUESS_WEIGHT = 5
/** How much of a second's evidence is kept to the next: half is gone after 69 s. */
const KEEP = 0.99
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

  /** What the settings say, and for what they leave open what the origin shows. `awaited`: visitors called, and not come yet. */
  bears(set: { sessions: number | null; rate: number | null }, facts: OriginFacts, awaited: number): Bears {
    const sessions = set.sessions ?? MOST_SESSIONS
    if (set.rate !== null) return { sessions, rate: set.rate }
    if (set.sessions !== null) return { sessions, rate: sessions, isGuess: true }
    return { sessions, rate: this.#rate(facts, awaited), isGuess: true }
  }

  #rate({ limit, inFlight, queued, rate }: OriginFacts, awaited: number): number {
    const short = Math.max(limit, Math.min(SHORT_QUEUE[1], Math.max(SHORT_QUEUE[0], rate)))
    const proven = Math.max(rate, this.#most) / this.requestsPerSession
    const isCrowded = ARRIVE * awaited > limit + short + ON_THEIR_WAY * proven
    if (limit === 0 || queued >= 2 * short || isCrowded) return 0
    const free = limit + short - inFlight - queued - ARRIVE * awaited
    const pace = inFlight < limit ? BOLDLY : queued < short ? FASTER : SLOWER
    return Math.max(proven * pace, free)
  }
}
