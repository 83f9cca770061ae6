// How many visitors a site's origin bears, where nobody has set it: as many as keep a short queue in front of its limit, so
// that it is never idle and the limit can find out what it bears, and those who are in hardly wait.
//
//   rate = throughput ÷ requests per session + (wanted − there) ÷ 1 s
//
// Throughput is the most that was seen lately, or, before the origin was ever full, as many as its places can take at the pace of its
// answers (Little's law). Wanted are a full origin, a short queue in front of it, and those who come in the meantime; there are the
// requests in flight and waiting, and the visitors called who come with their next poll.

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
  /** As many as could, with every place taken and answers no slower than they are; 0 while none was seen. */
  readonly potential: number
}

/** A queue is short up to the limit, which is a wait of one answer, or what ends in a part of a second. It is long from four times that. */
const SHORT_QUEUE = 1 / 3
const LEAST_QUEUE = 3
const LONG_QUEUES = 4
/** Seconds between a call and the request: half a poll (place.ts). */
const ON_THEIR_WAY = 1
/** Seconds in which those who were called come, or are overdue. */
export const OVERDUE = 5
/** Of all who are awaited, the overdue too, about so many arrive in a second. */
const ARRIVE = 1 / 3

/** Requests of a session that no stored response answers, before any was seen; it weighs like so many sessions. */
const FIRST_GUESS = 4
const GUESS_WEIGHT = 3
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

  /**
   * What the settings say, and for what they leave open what the origin shows. `awaited`: visitors called, and not come yet;
   * `coming`: those of them who were called in the last seconds, which is asked only where it is needed.
   */
  bears(
    set: { sessions: number | null; rate: number | null },
    facts: OriginFacts,
    { awaited, coming }: { awaited: number; coming: () => number },
  ): Bears {
    const sessions = set.sessions ?? MOST_SESSIONS
    if (set.rate !== null) return { sessions, rate: set.rate }
    if (set.sessions !== null) return { sessions, rate: sessions, isGuess: true }
    return { sessions, rate: this.#rate(facts, awaited, coming()), isGuess: true }
  }

  #rate({ limit, inFlight, queued, rate, potential }: OriginFacts, awaited: number, coming: number): number {
    const throughput = Math.max(rate, this.#most, inFlight < limit ? potential : 0)
    const pace = throughput / this.requestsPerSession
    const short = Math.max(limit, LEAST_QUEUE, throughput * SHORT_QUEUE)
    const isCrowded = ARRIVE * awaited > limit + short + OVERDUE * pace
    if (limit === 0 || queued >= LONG_QUEUES * short || isCrowded) return 0
    const wanted = limit + short + pace * ON_THEIR_WAY
    return Math.max(0, pace + wanted - inFlight - queued - coming)
  }
}
