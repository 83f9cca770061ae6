// Those who wait for what others fetch: they have it while it comes, look into the store when it is there, or are turned away.

import type { Clock } from '../base/clock.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Ref } from '../threads/messages.ts'
import type { Answers } from './answers.ts'
import type { Flight, Visitor, Waiter } from './flight.ts'
import type { Roles } from './roles.ts'

export class Waiters {
  readonly #answers: Answers
  readonly #roles: Roles
  readonly #clock: Clock

  constructor(answers: Answers, roles: Roles, clock: Clock) {
    this.#answers = answers
    this.#roles = roles
    this.#clock = clock
  }

  /** It waits as long as its site has patience. */
  add(flight: Flight, visitor: Visitor): void {
    const until = this.#clock.monotonic() + visitor.permits.settings.patience
    const waiter: Waiter = { as: 'waiter', visitor, flight, until, isLate: false, claim: null }
    flight.waiters.add(waiter)
    this.#roles.set(visitor, waiter)
    this.share(flight)
  }

  /** Who waits for a response that may be stored has it while it comes; whoever fetches it is asked to hand it on, once. */
  share(flight: Flight): void {
    if (flight.isVoid || flight.waiters.size === 0) return
    if (flight.shared !== null) return this.allFollow(flight, flight.shared.ref)
    const by = [...flight.fetchers].find(({ isStorable }) => isStorable)
    if (by === undefined) return
    flight.shared = { by, ref: 0 }
    this.#answers.wanted(by.visitor)
  }

  /** What comes can be followed at this place, unless that is 0. */
  allFollow(flight: Flight, ref: Ref): void {
    if (ref === 0) return
    const follow = (visitor: Visitor): void => this.#answers.follow(visitor, ref)
    this.releaseAll(flight, follow, ({ wantsWhole }) => !wantsWhole)
  }

  /** It waits no more. */
  release(waiter: Waiter): void {
    waiter.flight.waiters.delete(waiter)
    if (waiter.claim !== null) waiter.visitor.permits.cancel(waiter.claim)
    this.#roles.delete(waiter.visitor)
  }

  /** Those of them who are meant wait no more, and each is told. */
  releaseAll(
    flight: Flight,
    tell: (visitor: Visitor) => void,
    isMeant: (visitor: Visitor) => boolean = () => true,
  ): void {
    for (const waiter of flight.waiters) {
      if (!isMeant(waiter.visitor)) continue
      this.release(waiter)
      tell(waiter.visitor)
    }
  }

  /** Whoever it is of a flight, or alone. */
  turnAway(visitor: Visitor, reason: ReasonCode, retryAfter?: number): void {
    this.#roles.delete(visitor)
    this.#answers.turnAway(visitor, reason, retryAfter)
  }
}
