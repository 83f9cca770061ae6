// The bounded queue in front of a site's origins. Core decides who is next; the limit itself is enforced on the board,
// where edges take free places without asking as long as nobody waits. First come, first served, over all edges.

import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Ledger } from './ledger.ts'

/** What wants to be sent to an origin. It answers for a visitor, who may change while it waits. */
export interface Claim {
  /** The edge that will send it. */
  readonly slot: number
  /** Until when it may wait, monotonic milliseconds. */
  readonly until: number
  /** The place is counted already. */
  granted(origin: number): void
  /** It did not get into the queue. `retryAfter` is seconds. */
  refused(reason: ReasonCode, retryAfter: number): void
  /** Its time is over. True when it stays in its place in the queue for another visitor, with a later `until`. */
  expired(retryAfter: number): boolean
}

/** A claim that nobody takes over: who waited its time is turned away like who found the queue full. */
export function claimAlone(
  slot: number,
  until: number,
  then: Pick<Claim, 'granted'> & { turnedAway: Claim['refused'] },
): Claim {
  const expired = (retryAfter: number): boolean => {
    then.turnedAway('queue-deadline', retryAfter)
    return false
  }
  return { slot, until, granted: then.granted, refused: then.turnedAway, expired }
}

/** An origin as far as permits go. */
export interface Bearer {
  readonly index: number
  /** Requests that it bears now. */
  readonly limit: number
  /** It takes requests, if not at once: with a limit of 0 when another site still uses all of it. */
  readonly isOpen: boolean
  readonly isAiling: boolean
}

export interface QueueSettings {
  length: number
  /** Milliseconds. */
  wait: number
}

/** Retry-After, seconds: nobody is sent away for longer than a visitor remembers the site. */
const MAX_RETRY_AFTER = 30

export class Permits {
  readonly #ledger: Ledger
  readonly #random: Random
  readonly #clock: Clock
  readonly #queue = new Set<Claim>()
  /** How long somebody has waited since it was asked last, and since when somebody does. Monotonic milliseconds. */
  #waited = 0
  #waitedFrom: number | null = null
  #askedAt: number
  #bearers: readonly Bearer[] = []
  #turn = 0
  /** Requests that end in a second, for Retry-After. */
  rate = 0
  settings: QueueSettings

  constructor(ledger: Ledger, random: Random, clock: Clock, settings: QueueSettings) {
    this.#ledger = ledger
    this.#clock = clock
    this.#askedAt = clock.monotonic()
    this.#random = random
    this.settings = settings
  }

  get waiting(): number {
    return this.#queue.size
  }

  /** No origin of the site is well. */
  get isAiling(): boolean {
    return this.#bearers.every(({ isOpen, isAiling }) => isAiling || !isOpen)
  }

  /** The site's origins have changed, or their limits. */
  bear(bearers: readonly Bearer[]): void {
    const gone = this.#bearers.filter(({ index }) => !bearers.some(bearer => bearer.index === index))
    for (const { index } of gone) this.#ledger.set(index, 'waiting', 0)
    this.#bearers = bearers
    this.#tellWaiting()
    this.serve()
  }

  /** Is this one of the site's origins? */
  bears(origin: number): boolean {
    return this.#bearers.some(({ index }) => index === origin)
  }

  /** Grants at once, puts into the queue, or refuses. */
  ask(claim: Claim): void {
    const origin = this.takeNow(claim.slot)
    if (origin >= 0) return claim.granted(origin)
    if (this.#bearers.every(({ isOpen }) => !isOpen)) return claim.refused('no-origin', this.retryAfter())
    if (this.#queue.size >= this.settings.length) return claim.refused('queue-full', this.retryAfter())
    this.#queue.add(claim)
    this.#tellWaiting()
    // A place may have become free before its edge could see that somebody waits.
    this.serve()
  }

  /** A place for the edge in `slot` if there is one and nobody waits: the origin, or -1. */
  takeNow(slot: number): number {
    return this.#queue.size === 0 ? this.#take(slot) : -1
  }

  /** Takes it out of the queue, where it is in it. */
  cancel(claim: Claim): void {
    if (this.#queue.delete(claim)) this.#tellWaiting()
  }

  /** Places may have become free: grants them in order. */
  serve(): void {
    const before = this.#queue.size
    for (const claim of this.#queue) {
      const origin = this.#take(claim.slot)
      if (origin < 0) break
      this.#queue.delete(claim)
      claim.granted(origin)
    }
    if (this.#queue.size !== before) this.#tellWaiting()
  }

  /** Time has passed. */
  expire(now: number): void {
    const before = this.#queue.size
    for (const claim of this.#queue) {
      if (claim.until <= now && !claim.expired(this.retryAfter())) this.#queue.delete(claim)
    }
    if (this.#queue.size !== before) this.#tellWaiting()
  }

  /** Seconds until the queue will have moved on, at least one, spread over twice that, so that those sent away do not all return at once. */
  retryAfter(): number {
    const expected = Math.max(1, this.#queue.size / Math.max(this.rate, 0.1))
    return Math.min(MAX_RETRY_AFTER, Math.ceil(expected * (1 + this.#random.next())))
  }

  /** Least in flight for its limit; among equals they take turns. */
  #take(slot: number): number {
    const load = ({ index, limit }: Bearer): number => this.#ledger.inFlight(index) / limit
    const start = this.#turn++ % Math.max(1, this.#bearers.length)
    const inTurn = [...this.#bearers.slice(start), ...this.#bearers.slice(0, start)]
    const byLoad = inTurn.filter(({ limit }) => limit > 0).map(bearer => ({ bearer, load: load(bearer) }))
    byLoad.sort((a, b) => a.load - b.load)
    const taken = byLoad.find(({ bearer }) => this.#ledger.take(slot, bearer.index, bearer.limit))
    return taken?.bearer.index ?? -1
  }

  /** Share of the time since it was asked last in which somebody waited, 0 to 1. */
  takeWaited(): number {
    const now = this.#clock.monotonic()
    this.#countWaiting(now)
    const share = this.#waited / Math.max(1, now - this.#askedAt)
    this.#waited = 0
    this.#askedAt = now
    return Math.min(1, share)
  }

  #countWaiting(now: number): void {
    if (this.#waitedFrom !== null) this.#waited += now - this.#waitedFrom
    this.#waitedFrom = this.#queue.size > 0 ? now : null
  }

  #tellWaiting(): void {
    if (this.#queue.size > 0 !== (this.#waitedFrom !== null)) this.#countWaiting(this.#clock.monotonic())
    for (const { index } of this.#bearers) this.#ledger.set(index, 'waiting', this.#queue.size)
  }
}
