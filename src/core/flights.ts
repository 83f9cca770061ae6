// Collapsed requests over all edges: the first that asks for a key fetches it, the others wait for what it brings. A state
// machine; what it decides goes out through `send`, the queue in front of the origins is permits.ts.
//
//   ask ──▶ queued ──granted──▶ flying ──published──▶ all look into the store again
//             │ deadline          │ storable ──▶ who waits follows the body while it comes
//             │                   │ not storable ──▶ all go to the queue, each for itself
//             ▼                   │ failed ──▶ the next takes over, a few times
//       the next in line          │ slow ──▶ after their time, a few at once fetch for themselves
//       has its place             ▼

import type { Clock } from '../base/clock.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Ask, AskId, CoreToEdge, Ref } from '../threads/messages.ts'
import { Answers } from './answers.ts'
import { Elsewhere } from './elsewhere.ts'
import { bytesOf, newFlight, primaryKey, serialsOf } from './flight.ts'
import type { Fetcher, Flight, Visitor, Waiter } from './flight.ts'
import { Leases } from './leases.ts'
import type { FlightStore } from './leases.ts'
import { claimAlone } from './permits.ts'
import type { Claim, Permits } from './permits.ts'
import { Roles } from './roles.ts'
import { VoidKeys } from './void-keys.ts'
import { Waiters } from './waiters.ts'

/** Visitors in core's hands at once; one more is refused. At some 300 bytes each 20 MiB; limits.connections bounds them too. */
const MAX_ASKS = 65_536
/** How often the next in line takes a failed flight over: a page that kills whoever fetches it should not get them all. */
const MAX_TAKEOVERS = 2
/** Fetches besides the first for one key, for visitors who waited their time: enough when that one hangs, no stampede when the page is slow. */
const MAX_EXTRA = 2

/** The priority of who has no other. */
const USUAL = 3
/** Up to this priority who waits keeps order and time under overload: payments, and whoever was let in. */
const LAST_PATIENT = 2

export interface FlightParts {
  clock: Clock
  send: (slot: number, message: CoreToEdge) => void
  /** The queue of a site, undefined when there is no such site. */
  permits: (site: string) => Permits | undefined
  store: FlightStore
}

export class Flights {
  readonly #parts: FlightParts
  readonly #answers: Answers
  readonly #leases: Leases
  /** The flight to join for a key. */
  readonly #byKey = new Map<string, Flight>()
  /** All that have somebody: those with a void key cannot be joined any more. */
  readonly #all = new Set<Flight>()
  readonly #roles = new Roles()
  readonly #waiters: Waiters
  readonly #voids = new VoidKeys()
  readonly elsewhere = new Elsewhere()

  constructor(parts: FlightParts) {
    this.#parts = parts
    this.#answers = new Answers(parts.send)
    this.#waiters = new Waiters(this.#answers, this.#roles, parts.clock)
    this.#leases = new Leases(parts.store, parts.clock)
  }

  /** Keys that are being fetched or wait to be. */
  get size(): number {
    return this.#all.size
  }

  /** Questions not settled yet. */
  get asks(): number {
    return this.#roles.size
  }

  /** A flight for this key is under way with which other nodes have to do: what it brings they are given. */
  isAmongNodes(key: string): boolean {
    return (this.#byKey.get(key)?.among ?? null) !== null
  }

  ask(slot: number, ask: Ask): void {
    const permits = this.#parts.permits(ask.site)
    if (permits === undefined) return this.#answers.unknownSite(slot, ask.id)
    const visitor = visitorOf(slot, ask, permits)
    if (this.#roles.size >= MAX_ASKS) return this.#waiters.turnAway(visitor, 'queue-full')
    if (ask.key === null) return this.#goAlone(visitor)
    // Published between the edge's look and its question: it would be fetched twice.
    if (ask.seen !== undefined && ask.seen !== serialsOf(this.#parts.store, ask.key)) return this.#answers.look(visitor)
    const inBackground = ask.intent === 'refresh' || (ask.stale !== 0 && ask.staleWhileRevalidate)
    const flight = this.#byKey.get(ask.key)
    if (flight !== undefined) this.#join(flight, visitor, inBackground)
    else this.#start(ask.key, visitor, inBackground)
  }

  /** The visitor has gone. A fetch that is in flight goes on: its edge knows whether it is still worth something. */
  gone(slot: number, id: AskId): void {
    const role = this.#roles.of(slot, id)
    switch (role?.as) {
      case 'alone':
        role.visitor.permits.cancel(role.claim)
        return this.#roles.delete(role.visitor)
      case 'waiter':
        return this.#waiters.release(role)
      case 'leader':
        return this.#leaderGone(role.flight)
      case 'fetcher':
        role.isDeserted = true
        return
      case undefined:
    }
  }

  /** The head of a shared fetch has come. */
  head(slot: number, id: AskId, storable: boolean, hitForMiss: number): void {
    const fetcher = this.#roles.fetcher(slot, id)
    if (fetcher === undefined) return
    fetcher.headCame = true
    fetcher.isStorable = storable
    const { flight } = fetcher
    if (storable) return this.#waiters.share(flight)
    const now = this.#parts.clock.now()
    if (hitForMiss > 0 && !flight.isVoid)
      this.#parts.store.markNotStorable(bytesOf(flight.key), now, now + hitForMiss * 1000)
    this.#scatter(flight)
  }

  /** What a shared fetch brings can be followed: its head lies at this place. */
  coming(slot: number, id: AskId, ref: Ref): void {
    const fetcher = this.#roles.fetcher(slot, id)
    if (fetcher === undefined) return
    const { shared, isVoid } = fetcher.flight
    if (shared?.by !== fetcher || isVoid) return
    shared.ref = ref
    this.#waiters.allFollow(fetcher.flight, ref)
  }

  /** A shared fetch has ended. `reason` where it failed. */
  end(slot: number, id: AskId, published: boolean, reason?: ReasonCode): void {
    const fetcher = this.#roles.fetcher(slot, id)
    if (fetcher !== undefined) this.#landed(fetcher, published, reason)
  }

  /** What this fetch brings may not be published: its key was invalidated meanwhile. `key` is the primary key. */
  isVoid(slot: number, id: AskId, key: string): boolean {
    return this.#roles.fetcher(slot, id)?.flight.isVoid ?? this.#voids.has(key)
  }

  /** What is in flight for these primary keys is old news: who asks from now on gets a fetch of their own. */
  invalidate(keys: readonly string[]): void {
    const primary = new Set(keys)
    this.#void(key => primary.has(primaryKey(key)))
  }

  /** The same for every key that begins so. */
  invalidateBelow(prefix: string): void {
    this.#void(key => key.startsWith(prefix))
  }

  /** The edge in this slot has died, with all its visitors. */
  edgeGone(slot: number): void {
    const roles = this.#roles.all
    const isHere = (visitor: Visitor | null): boolean => visitor?.slot === slot
    // Those who only wait go first, so that none of them is sent in place of a dead one.
    for (const role of roles) {
      if ((role.as === 'waiter' || role.as === 'alone') && isHere(role.visitor)) this.gone(slot, role.visitor.id)
    }
    for (const role of roles) {
      if (role.as === 'leader' && isHere(role.flight.leader)) this.#leaderGone(role.flight)
      if (role.as === 'fetcher' && isHere(role.visitor)) this.#landed(role, false, 'room-failed')
    }
  }

  /** Time has passed: each few milliseconds while anybody waits. */
  expire(): void {
    const now = this.#parts.clock.monotonic()
    for (const flight of this.#all) {
      // They stand in the order of their time, since all of them wait equally long.
      for (const waiter of flight.waiters) {
        if (waiter.until > now) break
        this.#late(waiter, now)
      }
    }
  }

  /** Each 250 ms: stale responses go on being served where they are being refreshed. */
  renewLeases(): void {
    for (const flight of this.#all) this.#leases.renew(flight)
  }

  #void(concerns: (key: string) => boolean): void {
    for (const [key, flight] of this.#byKey) {
      if (flight.among === 'asked' && concerns(key)) {
        // What another node sends now is old; nothing was sent from here yet.
        this.elsewhere.cancel(flight)
        this.#answered(flight, false)
        continue
      }
      if (flight.fetchers.size === 0 || !concerns(key)) continue
      flight.isVoid = true
      this.#voids.add(primaryKey(key))
      this.#byKey.delete(key)
    }
  }

  #start(key: string, visitor: Visitor, inBackground: boolean): void {
    if (visitor.stale !== 0 && visitor.permits.isAiling) {
      this.#leases.grant(visitor.stale, key)
      return this.#answers.stale(visitor, 'ailing')
    }
    const flight = newFlight(key, visitor.permits, inBackground ? visitor.stale : 0)
    if (!inBackground) {
      this.#add(flight)
      const isAsked =
        visitor.stale === 0 && this.elsewhere.ask(flight, visitor, isStored => this.#answered(flight, isStored))
      return isAsked ? this.#waiters.add(flight, visitor) : this.#queue(flight, visitor)
    }
    // What nobody waits for takes no place in the queue from those who wait.
    const origin = visitor.permits.takeNow(visitor.slot, visitor.routeClass)
    this.#leases.grant(visitor.stale, key)
    if (origin < 0) return this.#answers.stale(visitor, 'shed')
    this.#add(flight)
    this.#fly(flight, visitor, origin)
  }

  /** Other nodes, which were asked for it, have it or leave it to this one. */
  #answered(flight: Flight, isStored: boolean): void {
    if (!this.elsewhere.settle(flight)) return
    if (isStored) return this.#allLook(flight)
    const [next] = flight.waiters
    if (next === undefined) return this.#drop(flight)
    this.#waiters.release(next)
    this.#queue(flight, next.visitor)
  }

  #join(flight: Flight, visitor: Visitor, inBackground: boolean): void {
    if (inBackground) {
      if (flight.leased === 0) flight.leased = visitor.stale
      this.#leases.renew(flight)
      return this.#answers.stale(visitor, 'revalidating')
    }
    if (visitor.stale !== 0 && visitor.permits.isAiling) return this.#answers.stale(visitor, 'ailing')
    this.#waiters.add(flight, visitor)
  }

  /** The visitor goes to the queue on behalf of all who want this key. */
  #queue(flight: Flight, visitor: Visitor): void {
    this.#lead(flight, visitor)
    const until = this.#parts.clock.monotonic() + flight.permits.settings.patience
    flight.claim = this.#leaderClaim(flight, until)
    flight.permits.ask(flight.claim)
  }

  #lead(flight: Flight, visitor: Visitor): void {
    flight.leader = visitor
    this.#roles.set(visitor, { as: 'leader', flight })
  }

  #leaderClaim(flight: Flight, until: number): Claim {
    const claim = {
      until,
      routeClass: flight.leader!.routeClass,
      rank: flight.leader!.rank,
      get slot() {
        return flight.leader!.slot
      },
      // What others wait for as well is worth more than what one wants.
      get isPatient() {
        return flight.leader!.isPatient || flight.waiters.size > 0
      },
      granted: (origin: number) => {
        const leader = flight.leader!
        flight.leader = null
        flight.claim = null
        this.#fly(flight, leader, origin)
      },
      refused: (reason: ReasonCode, retryAfter: number) => this.#turnAllAway(flight, reason, retryAfter),
      expired: (retryAfter: number) => {
        this.#waiters.turnAway(flight.leader!, 'queue-deadline', retryAfter)
        const [next] = flight.waiters
        if (next === undefined) this.#drop(flight)
        else {
          // The next in line came later, so its time is not over; it has the place in the queue.
          claim.until = Math.max(next.until, claim.until + 1)
          this.#promote(next)
        }
        return next !== undefined
      },
    }
    return claim
  }

  /** A waiter becomes the one in the queue for its flight. */
  #promote(waiter: Waiter): void {
    this.#waiters.release(waiter)
    this.#lead(waiter.flight, waiter.visitor)
  }

  #leaderGone(flight: Flight): void {
    this.#roles.delete(flight.leader!)
    const [next] = flight.waiters
    if (next !== undefined) return this.#promote(next)
    flight.permits.cancel(flight.claim!)
    this.#drop(flight)
  }

  #fly(flight: Flight, visitor: Visitor, origin: number): void {
    const fetcher: Fetcher = { as: 'fetcher', visitor, flight, headCame: false, isStorable: false, isDeserted: false }
    flight.fetchers.add(fetcher)
    this.#roles.set(visitor, fetcher)
    this.#answers.fetch(visitor, origin)
  }

  #landed(fetcher: Fetcher, published: boolean, reason: ReasonCode | undefined): void {
    const { flight } = fetcher
    flight.fetchers.delete(fetcher)
    this.#roles.delete(fetcher.visitor)
    if (flight.shared?.by === fetcher) flight.shared = null
    if (published && flight.among === 'fetching') this.elsewhere.end(flight, !flight.isVoid)
    if (published || flight.isVoid) this.#allLook(flight)
    else if (flight.fetchers.size > 0 || flight.leader !== null) return
    else if (flight.waiters.size === 0) this.#drop(flight)
    else if (fetcher.headCame && reason === undefined) this.#scatter(flight)
    else this.#takeOver(flight, reason ?? 'origin-reset', fetcher.isDeserted)
  }

  #allLook(flight: Flight): void {
    this.#waiters.releaseAll(flight, visitor => this.#answers.look(visitor))
    this.#drop(flight)
  }

  /** It failed: stale responses stand in; otherwise the next in line tries, a few times. */
  #takeOver(flight: Flight, reason: ReasonCode, isInnocent: boolean): void {
    this.#waiters.releaseAll(
      flight,
      visitor => this.#answers.stale(visitor, 'ailing'),
      ({ stale }) => stale !== 0,
    )
    if (!isInnocent) flight.takeovers++
    const [next] = flight.waiters
    if (next === undefined) this.#drop(flight)
    else if (flight.takeovers > MAX_TAKEOVERS) this.#turnAllAway(flight, reason)
    else {
      this.#waiters.release(next)
      this.#queue(flight, next.visitor)
    }
  }

  /** Nobody can share what came: each goes to the queue for itself, all of them now, as fast as the limit lets them through. */
  #scatter(flight: Flight): void {
    this.#drop(flight)
    this.#waiters.releaseAll(flight, visitor => this.#goAlone(visitor))
  }

  #goAlone(visitor: Visitor): void {
    const { slot, routeClass, rank, isPatient, permits } = visitor
    // How long who is promised nothing may wait says the line.
    const until = this.#parts.clock.monotonic() + permits.settings.patience
    const claim = claimAlone(
      { slot, until, routeClass, rank, isPatient },
      {
        granted: origin => {
          this.#roles.delete(visitor)
          this.#answers.fetch(visitor, origin)
        },
        turnedAway: (reason, retryAfter) => this.#waiters.turnAway(visitor, reason, retryAfter),
      },
    )
    this.#roles.set(visitor, { as: 'alone', visitor, claim })
    visitor.permits.ask(claim)
  }

  /** It has waited its time for somebody else's fetch. */
  #late(waiter: Waiter, now: number): void {
    const { flight, visitor } = waiter
    if (flight.among === 'asked') {
      this.elsewhere.cancel(flight)
      return this.#answered(flight, false)
    }
    if (visitor.stale !== 0 || waiter.isLate || flight.fetchers.size === 0) {
      this.#waiters.release(waiter)
      return this.#waiters.turnAway(visitor, 'queue-deadline')
    }
    // Once more, behind those who came since, so that the order of their time holds.
    flight.waiters.delete(waiter)
    waiter.isLate = true
    waiter.until = now + visitor.permits.settings.patience
    flight.waiters.add(waiter)
    const extra = [...flight.waiters].filter(({ claim }) => claim !== null).length
    if (flight.fetchers.size + extra > MAX_EXTRA) return
    waiter.claim = this.#extraClaim(waiter)
    visitor.permits.ask(waiter.claim)
  }

  /** A late waiter in the queue for itself. It looks again with the others, should the first fetch be back before. */
  #extraClaim(waiter: Waiter): Claim {
    return {
      slot: waiter.visitor.slot,
      until: waiter.until,
      routeClass: waiter.visitor.routeClass,
      rank: waiter.visitor.rank,
      isPatient: true,
      granted: origin => {
        waiter.claim = null
        this.#waiters.release(waiter)
        this.#fly(waiter.flight, waiter.visitor, origin)
      },
      // No place in the queue: it goes on waiting with the others.
      refused: () => (waiter.claim = null),
      expired: () => {
        waiter.claim = null
        return false
      },
    }
  }

  #turnAllAway(flight: Flight, reason: ReasonCode, retryAfter?: number): void {
    const turnAway = (visitor: Visitor): void => this.#waiters.turnAway(visitor, reason, retryAfter)
    if (flight.leader !== null) turnAway(flight.leader)
    flight.leader = null
    this.#waiters.releaseAll(flight, turnAway)
    this.#drop(flight)
  }

  #add(flight: Flight): void {
    this.#byKey.set(flight.key, flight)
    this.#all.add(flight)
  }

  /** No one can join it any more. Fetchers still out are remembered until they end. */
  #drop(flight: Flight): void {
    this.elsewhere.end(flight, false)
    if (this.#byKey.get(flight.key) === flight) this.#byKey.delete(flight.key)
    this.#all.delete(flight)
    if (flight.isVoid && flight.fetchers.size === 0) this.#voids.delete(primaryKey(flight.key))
  }
}

function visitorOf(slot: number, ask: Ask, permits: Permits): Visitor {
  const { rank = USUAL, routeClass = 0 } = ask
  return {
    ...{ slot, id: ask.id, stale: ask.stale, wantsWhole: ask.whole === true, codings: ask.codings, permits },
    ...{ rank, routeClass, isPatient: rank <= LAST_PATIENT },
  }
}
