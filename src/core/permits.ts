// The bounded queue in front of a site's origins. Core decides who is next; the limit itself is enforced on the board,
// where edges take free places without asking as long as nobody waits. Each class of requests has a queue of its own
// (line.ts), and whose turn it is among them says turns.ts.

import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Concurrency } from '../config/kinds/concurrency.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Ledger } from './ledger.ts'
import { Line } from './line.ts'
import type { LineSettings } from './line.ts'
import { classInTurn, sharesOf } from './turns.ts'
import type { Standing } from './turns.ts'
import { Waits } from './waits.ts'

/** What wants to be sent to an origin. It answers for a visitor, who may change while it waits. */
export interface Claim {
  /** The edge that will send it. */
  readonly slot: number
  /** Until when it may wait, monotonic milliseconds. */
  readonly until: number
  /** Which class it is of, by its place among those of the site: 0 for all that have no other. */
  readonly routeClass: number
  /** Its priority: 0 for payments and health, 1 for writes of admitted sessions, 2 for their reads, 3 for all others, 4 for crawlers. */
  readonly rank: number
  /** It keeps its order and its time when the queue is overloaded. */
  readonly isPatient: boolean
  /** The place is counted already. */
  granted(origin: number): void
  /** It did not get into the queue. `retryAfter` is seconds. */
  refused(reason: ReasonCode, retryAfter: number): void
  /** Its time is over. True when it stays in its place in the queue for another visitor, with a later `until`. */
  expired(retryAfter: number): boolean
}

/** A claim that nobody takes over: who waited its time is turned away like who found the queue full. */
export function claimAlone(
  claim: Pick<Claim, 'slot' | 'until' | 'routeClass' | 'rank' | 'isPatient'>,
  then: Pick<Claim, 'granted'> & { turnedAway: Claim['refused'] },
): Claim {
  const expired = (retryAfter: number): boolean => {
    then.turnedAway('queue-deadline', retryAfter)
    return false
  }
  return { ...claim, granted: then.granted, refused: then.turnedAway, expired }
}

/** An origin as far as permits go. */
export interface Bearer {
  readonly index: number
  /** Requests that it bears now. */
  readonly limit: number
  /** It takes requests, if not at once: with a limit of 0 when another site still uses all of it. */
  readonly isOpen: boolean
  readonly isAiling: boolean
  /** Its limit is still on its way up: that somebody waits is no overload. */
  readonly isSeeking?: boolean
  /** Requests of the class that it takes now, Infinity where `limit` alone holds; and those that are good for the class itself. */
  limitOf?(routeClass: number): number
  ownLimitOf?(routeClass: number): number
}

/** Share of a time in which somebody waited, 0 to 1: for the origins, and of each class, for whatever. */
export interface Waited {
  readonly all: number
  readonly of: readonly number[]
}

/** What is set for a class: its share, and how many of it may be in flight, where that is a number. */
export interface ClassTerms {
  readonly share?: number | undefined
  readonly concurrency?: Concurrency | undefined
}

export interface QueueSettings extends LineSettings {
  /** Milliseconds that one who is promised something may wait: `wait` at the least. */
  patience: number
}

/** Who is promised something waits as long as anybody else, at the least. */
export const queueSettings = (queue: QueueSettings): QueueSettings => ({
  ...queue,
  patience: Math.max(queue.patience, queue.wait),
})

/** Retry-After, seconds: nobody is sent away for longer than a visitor remembers the site. */
const MAX_RETRY_AFTER = 30

export class Permits {
  readonly #ledger: Ledger
  readonly #random: Random
  readonly #clock: Clock
  #lines: Line[] = [new Line()]
  #shares: readonly number[] = [1]
  /** What each class may have in flight at most. */
  #bounds: readonly (number | undefined)[] = []
  /** Virtual times of the lines (turns.ts). */
  #passed = [0]
  /** In which time somebody waited for the origins, and in which somebody of each class did. */
  readonly #waited: Waits
  #waitedOf: Waits[]
  #bearers: readonly Bearer[] = []
  #turn = 0
  /** Requests that end in a second, for Retry-After. */
  rate = 0
  settings: QueueSettings

  constructor(ledger: Ledger, random: Random, clock: Clock, settings: QueueSettings) {
    this.#ledger = ledger
    this.#clock = clock
    this.#waited = new Waits(clock.monotonic())
    this.#waitedOf = [new Waits(clock.monotonic())]
    this.#random = random
    this.settings = settings
  }

  get waiting(): number {
    return this.#lines.reduce((sum, { size }) => sum + size, 0)
  }

  /** The site's classes: their shares, and how many of each may be in flight over all origins; first those that have no class. */
  divide(classes: readonly ClassTerms[]): void {
    this.#shares = sharesOf(classes.map(({ share }) => share))
    this.#bounds = classes.map(({ concurrency }) => (typeof concurrency === 'number' ? concurrency : undefined))
    const gone = this.#lines.slice(classes.length)
    this.#lines = classes.map((_, i) => this.#lines[i] ?? new Line())
    this.#passed = classes.map((_, i) => this.#passed[i] ?? 0)
    const now = this.#clock.monotonic()
    this.#waitedOf = classes.map((_, i) => this.#waitedOf[i] ?? new Waits(now))
    for (const line of gone) for (const claim of line.all) this.#lines[0]!.join(claim, this.settings, now)
  }

  /** Nobody waits, and an origin would take one more. */
  get hasRoom(): boolean {
    return this.waiting === 0 && this.#bearers.some(({ index, limit }) => this.#ledger.inFlight(index) < limit)
  }

  /** No origin of the site is well. */
  get isAiling(): boolean {
    return this.#bearers.every(({ isOpen, isAiling }) => isAiling || !isOpen)
  }

  /** The site's origins have changed, or their limits. */
  bear(bearers: readonly Bearer[]): void {
    const gone = this.#bearers.filter(({ index }) => !bearers.some(bearer => bearer.index === index))
    for (const { index } of gone) this.#tell(index, () => 0)
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
    const origin = this.takeNow(claim.slot, claim.routeClass)
    if (origin >= 0) return claim.granted(origin)
    if (this.#bearers.every(({ isOpen }) => !isOpen)) return claim.refused('no-origin', this.retryAfter())
    this.#catchUp(claim)
    const out = this.#lineOf(claim).join(claim, this.#patience(claim.routeClass), this.#clock.monotonic())
    if (out !== null) {
      this.#countShed(out)
      out.refused('queue-full', this.retryAfter())
    }
    this.#tellWaiting()
    // A place may have become free before its edge could see that somebody waits.
    this.serve()
  }

  /** A place for the edge in `slot` if there is one and nobody waits: the origin, or -1. */
  takeNow(slot: number, routeClass = 0): number {
    return this.waiting === 0 && this.#mayHave(routeClass, 1) ? this.#take(slot, routeClass) : -1
  }

  /** Takes it out of the queue, where it is in it. */
  cancel(claim: Claim): void {
    if (this.#lines.some(line => line.leave(claim))) this.#tellWaiting()
  }

  /** Places may have become free: grants them to whose turn it is. */
  serve(): void {
    const before = this.waiting
    for (let left = before; left > 0; left--) {
      const turn = classInTurn(this.#standings(), this.#limit)
      const line = this.#lines[turn]
      const claim = line?.next(this.#patience(turn), this.#clock.monotonic())
      const origin = claim === undefined ? -1 : this.#take(claim.slot, turn)
      if (origin < 0) break
      line!.served(claim!)
      this.#passed[turn]! += 1 / this.#shares[turn]!
      claim!.granted(origin)
    }
    if (this.waiting !== before) this.#tellWaiting()
  }

  /** Time has passed. */
  expire(now: number): void {
    const before = this.waiting
    for (const [index, line] of this.#lines.entries()) {
      for (const claim of line.late(this.#patience(index), now)) {
        if (!line.has(claim) || claim.expired(this.retryAfter())) continue
        this.#countShed(claim)
        line.leave(claim)
      }
    }
    if (this.waiting !== before) this.#tellWaiting()
  }

  /** Seconds until the queue will have moved on, at least one, spread over twice that, so that those sent away do not all return at once. */
  retryAfter(): number {
    const expected = Math.max(1, this.waiting / Math.max(this.rate, 0.1))
    return Math.min(MAX_RETRY_AFTER, Math.ceil(expected * (1 + this.#random.next())))
  }

  /** Least in flight for its limit; among equals they take turns. */
  #take(slot: number, routeClass: number): number {
    const load = ({ index, limit }: Bearer): number => this.#ledger.inFlight(index) / limit
    const start = this.#turn++ % Math.max(1, this.#bearers.length)
    const inTurn = [...this.#bearers.slice(start), ...this.#bearers.slice(0, start)]
    const byLoad = inTurn.filter(({ limit }) => limit > 0).map(bearer => ({ bearer, load: load(bearer) }))
    byLoad.sort((a, b) => a.load - b.load)
    const taken = byLoad.find(({ bearer }) => this.#takeAt(bearer, slot, routeClass))
    return taken?.bearer.index ?? -1
  }

  #takeAt(bearer: Bearer, slot: number, routeClass: number): boolean {
    const { index, limit } = bearer
    if (!this.#hasRoom(bearer, routeClass, 1) || !this.#ledger.take(slot, index, limit, routeClass)) return false
    // An edge may have taken the last place of the class meanwhile.
    if (this.#isWithin(routeClass, 0) && this.#hasRoom(bearer, routeClass, 0)) return true
    this.#ledger.giveBack(slot, index, routeClass)
    return false
  }

  /** With so many more the class stays within its bound, and within its limit at one of the origins. */
  #mayHave(routeClass: number, more: number): boolean {
    if (!this.#isWithin(routeClass, more)) return false
    return this.#bearers.length === 0 || this.#bearers.some(bearer => this.#hasRoom(bearer, routeClass, more))
  }

  #isWithin(routeClass: number, more: number): boolean {
    const most = this.#bounds[routeClass]
    return most === undefined || this.#inFlightOf(routeClass) + more <= most
  }

  #hasRoom(bearer: Bearer, routeClass: number, more: number): boolean {
    const most = bearer.limitOf?.(routeClass) ?? Infinity
    return most === Infinity || this.#ledger.inFlightOf(bearer.index, routeClass) + more <= most
  }

  #inFlightOf(routeClass: number): number {
    return this.#bearers.reduce((sum, { index }) => sum + this.#ledger.inFlightOf(index, routeClass), 0)
  }

  /** Since it was asked last. */
  takeWaited(): Waited {
    const now = this.#clock.monotonic()
    this.#noteWaiting(now)
    return { all: this.#waited.take(now), of: this.#waitedOf.map(waits => waits.take(now)) }
  }

  #noteWaiting(now: number): void {
    this.#waited.note(this.#isPressed, now)
    for (const [index, { size }] of this.#lines.entries()) this.#waitedOf[index]!.note(size > 0, now)
  }

  /** Somebody waits for the origins: not for another of their class to end, which says nothing of what these bear. */
  get #isPressed(): boolean {
    return this.#lines.some(({ size }, index) => size > 0 && !this.#isFullOfItself(index))
  }

  /** The class has as many in flight as are good for it: more of the origins would not help it. */
  #isFullOfItself(routeClass: number): boolean {
    if (!this.#isWithin(routeClass, 1)) return true
    const isFull = (bearer: Bearer): boolean => {
      const most = bearer.ownLimitOf?.(routeClass) ?? Infinity
      return most < Infinity && this.#ledger.inFlightOf(bearer.index, routeClass) >= most
    }
    return this.#bearers.length > 0 && this.#bearers.every(isFull)
  }

  #tellWaiting(): void {
    this.#noteWaiting(this.#clock.monotonic())
    for (const { index } of this.#bearers) this.#tell(index, ({ size }) => size)
  }

  #tell(origin: number, waiting: (line: Line) => number): void {
    this.#ledger.set(
      origin,
      'waiting',
      this.#lines.reduce((sum, line) => sum + waiting(line), 0),
    )
    if (this.#lines.length === 1) return
    for (const [index, line] of this.#lines.entries()) this.#ledger.setWaiting(origin, index, waiting(line))
  }

  /** Where each class stands over all origins. With a single one nobody has to count. */
  #standings(): Standing[] {
    const [only, ...others] = this.#lines
    if (others.length === 0) return [{ share: 1, inFlight: 0, rank: only!.rank, passed: 0 }]
    return this.#lines.map(({ rank }, index) => ({
      share: this.#shares[index]!,
      inFlight: this.#inFlightOf(index),
      rank: this.#mayHave(index, 1) ? rank : undefined,
      passed: this.#passed[index]!,
    }))
  }

  /** A line that was empty has no claim to the turns that it did not want. */
  #catchUp(claim: Claim): void {
    const line = this.#lineOf(claim)
    if (line.size > 0) return
    const others = this.#lines.flatMap(({ size }, i) => (size > 0 ? [this.#passed[i]!] : []))
    const index = this.#lines.indexOf(line)
    if (others.length > 0) this.#passed[index] = Math.max(this.#passed[index]!, Math.min(...others))
  }

  get #limit(): number {
    return this.#bearers.reduce((sum, { limit }) => sum + limit, 0)
  }

  /** Nobody is sent away because it is not known yet how much the origin bears. How much a class may have is known. */
  #patience(routeClass: number): LineSettings {
    if (!this.#bearers.some(({ isSeeking }) => isSeeking === true) || this.#isFullOfItself(routeClass))
      return this.settings
    return { ...this.settings, wait: this.settings.patience }
  }

  /** Of a class that a new config no longer has: all others. */
  #lineOf({ routeClass }: Claim): Line {
    return this.#lines[routeClass] ?? this.#lines[0]!
  }

  #countShed({ routeClass }: Claim): void {
    const [first] = this.#bearers
    if (first !== undefined) this.#ledger.countShed(first.index, routeClass < this.#lines.length ? routeClass : 0)
  }
}
