// An edge's side of the limiter. Core decides how many requests each origin bears and writes it on the board; here an
// edge takes a place, gives it back, or moves it out of the limit when a response goes on without end. A place is taken
// without asking anybody while there is room and nobody waits; whoever is too many takes a step back and asks core.

import type { Permit } from '../exchange.ts'
import type { AskId, OriginRow } from '../threads/messages.ts'
import { FlightWord, GlobalWord, MAX_CLASSES, MAX_ORIGINS, OriginWord } from './board.ts'
import type { Board } from './board.ts'
import { counterIndex } from './counters.ts'
import { isLeaseOver } from './lease.ts'
import type { Limiter } from './limiter.ts'

/** The share of a limit that what can wait leaves alone. */
const KEPT_FOR_VISITORS = 1 / 4

type Words = Int32Array<SharedArrayBuffer>

/** What classes may have in flight at most over all origins of the site: first those that have no class. */
export type ClassBounds = readonly (number | undefined)[]

/** What places need to know. */
export interface PlacesDeps {
  board: Board
  /** The edge's own row. */
  slot: number
  /** limits.streams: open streams over all edges. */
  streams: number
  /** classes[].concurrency by site, of those that set a number. */
  bounds?: ReadonlyMap<string, ClassBounds>
  /** Tells core that a place has become free while somebody waits for it. */
  freed(origin: number): void
}

export class Places implements Limiter {
  readonly #deps: PlacesDeps
  readonly #global: Words
  /** This edge's counters, for the gauge of open streams. */
  readonly #own: Words
  /** Rows by origin and slot, made when first looked at. */
  readonly #flights: Words[][] = Array.from({ length: MAX_ORIGINS }, () => [])
  readonly #origins: Words[] = []
  readonly #bySite = new Map<string, number[]>()
  /** Places in this edge's hands by origin: what the board should say of it. */
  readonly #held = new Int32Array(MAX_ORIGINS)
  /** The same by origin and class. */
  readonly #heldOf = new Int32Array(MAX_ORIGINS * MAX_CLASSES)
  #bounds: ReadonlyMap<string, ClassBounds>
  /** Where the search for the least loaded origin starts, so that equals take turns. */
  #turn = 0

  constructor(deps: PlacesDeps) {
    this.#deps = deps
    this.#global = deps.board.global
    this.#own = deps.board.edge(deps.slot)
    this.#bounds = deps.bounds ?? new Map()
    for (let index = 0; index < MAX_ORIGINS; index++) this.#origins.push(deps.board.origin(index))
  }

  /** The origins of each site, as core has told them. */
  update(rows: readonly OriginRow[]): void {
    this.#bySite.clear()
    for (const { site, index } of rows) {
      const indexes = this.#bySite.get(site)
      if (indexes === undefined) this.#bySite.set(site, [index])
      else indexes.push(index)
    }
  }

  /** What classes may have in flight at most, after a new config. */
  boundClasses(bounds: ReadonlyMap<string, ClassBounds>): void {
    this.#bounds = bounds
  }

  /** The bound of streams after a new config. */
  boundStreams(streams: number): void {
    this.#deps.streams = streams
  }

  take(site: string, { except = -1, pastQueue = false, routeClass = 0 } = {}): Permit | undefined {
    const best = this.#leastLoaded(site, except)
    if (best === -1 || !this.#tryTake(best, pastQueue)) return undefined
    this.#count(best, routeClass, 1)
    if (!this.#isOver(site, routeClass) && !this.#isOverAt(best, routeClass, 0))
      return new BoardPermit(this, best, 0, routeClass)
    this.give(best, routeClass)
    return undefined
  }

  isFull(site: string): boolean {
    return !this.#bySite.get(site)?.some(index => this.#spareAt(index, 0))
  }

  /**
   * A place for what can wait: only while nobody waits and the origin does not ail, and never into the last quarter of its
   * limit, which is kept for visitors who come meanwhile.
   */
  takeSpare(site: string): Permit | undefined {
    const index = this.#leastLoaded(site, -1)
    if (index === -1) return undefined
    const limit = Atomics.load(this.#origins[index]!, OriginWord.limit)
    if (!this.#spareAt(index, Math.floor(limit * KEPT_FOR_VISITORS)) || this.#isOverAt(index, 0, 1)) return undefined
    if (!this.#tryTake(index, false)) return undefined
    this.#count(index, 0, 1)
    return new BoardPermit(this, index, 0, 0)
  }

  granted(origin: number, ask: AskId, routeClass = 0): Permit {
    this.#held[origin]! += 1
    this.#heldOf[origin * MAX_CLASSES + routeClass]! += 1
    return new BoardPermit(this, origin, ask, routeClass)
  }

  /** With what has been taken the class has more in flight than it may. Added first, as in `#tryTake`. */
  #isOver(site: string, routeClass: number): boolean {
    const most = this.#bounds.get(site)?.[routeClass]
    if (most === undefined) return false
    let sum = 0
    for (const origin of this.#bySite.get(site) ?? []) sum += this.#inFlightOf(origin, routeClass)
    return sum > most
  }

  /** With so many more the class has more in flight to this origin than core says. */
  #isOverAt(origin: number, routeClass: number, more: number): boolean {
    const most = Atomics.load(this.#origins[origin]!, OriginWord.limitByClass + routeClass)
    return most > 0 && this.#inFlightOf(origin, routeClass) + more > most
  }

  #inFlightOf(origin: number, routeClass: number): number {
    let sum = 0
    for (let slot = 0; slot < this.#slots; slot++)
      sum += Atomics.load(this.#flight(origin, slot), FlightWord.inFlightByClass + routeClass)
    return sum
  }

  /** Requests in flight to the origin from all edges. */
  inFlight(origin: number): number {
    let sum = 0
    for (let slot = 0; slot < this.#slots; slot++) sum += Atomics.load(this.#flight(origin, slot), FlightWord.inFlight)
    return sum
  }

  get #slots(): number {
    return Math.max(this.#global[GlobalWord.slots]!, this.#deps.slot + 1)
  }

  /**
   * A new core has come: what the old one had counted for this edge but could not tell it any more is taken back. Before
   * the new core is asked anything, since it counts on the same word.
   */
  resync(): void {
    for (let origin = 0; origin < MAX_ORIGINS; origin++) {
      const mine = this.#mine(origin)
      for (let each = 0; each < MAX_CLASSES; each++)
        Atomics.store(mine, FlightWord.inFlightByClass + each, this.#heldOf[origin * MAX_CLASSES + each]!)
      if (Atomics.load(mine, FlightWord.inFlight) === this.#held[origin]) continue
      Atomics.store(mine, FlightWord.inFlight, this.#held[origin]!)
    }
  }

  /** A place in the limit is free again. */
  give(origin: number, routeClass: number): void {
    this.#count(origin, routeClass, -1)
    this.#giveBack(origin)
  }

  #giveBack(origin: number): void {
    this.#held[origin]! -= 1
    Atomics.sub(this.#mine(origin), FlightWord.inFlight, 1)
    this.#wake(origin)
  }

  #count(origin: number, routeClass: number, by: 1 | -1): void {
    this.#heldOf[origin * MAX_CLASSES + routeClass]! += by
    Atomics.add(this.#mine(origin), FlightWord.inFlightByClass + routeClass, by)
  }

  /** Moves a place from the limit to the streams. False, and nothing changes, when their bound is reached. */
  toStreams(origin: number, routeClass: number): boolean {
    Atomics.add(this.#own, counterIndex.streams, 1)
    if (this.#streams() > this.#deps.streams) {
      Atomics.sub(this.#own, counterIndex.streams, 1)
      return false
    }
    Atomics.add(this.#mine(origin), FlightWord.streams, 1)
    this.give(origin, routeClass)
    return true
  }

  /** A stream has ended. */
  endStream(origin: number): void {
    Atomics.sub(this.#own, counterIndex.streams, 1)
    Atomics.sub(this.#mine(origin), FlightWord.streams, 1)
  }

  /**
   * Takes the place first and looks afterwards, so that two edges never both fit into the last one. Who steps back may
   * have been seen by core as one too many, so a waiter is woken just as if a place had become free.
   */
  #tryTake(origin: number, pastQueue: boolean): boolean {
    Atomics.add(this.#mine(origin), FlightWord.inFlight, 1)
    this.#held[origin]! += 1
    const words = this.#origins[origin]!
    const isFree = pastQueue || Atomics.load(words, OriginWord.waiting) === 0
    const isRoom = isFree && this.inFlight(origin) <= Atomics.load(words, OriginWord.limit)
    if (isRoom && !isLeaseOver(this.#global)) return true
    this.#giveBack(origin)
    return false
  }

  #leastLoaded(site: string, except: number): number {
    const indexes = this.#bySite.get(site)
    if (indexes === undefined) return -1
    let best = -1
    let least = Infinity
    const start = except === -1 ? this.#turn++ % indexes.length : 0
    for (let i = 0; i < indexes.length; i++) {
      const index = indexes[(start + i) % indexes.length]!
      const limit = Atomics.load(this.#origins[index]!, OriginWord.limit)
      if (limit <= 0 || index === except) continue
      const load = indexes.length === 1 ? 0 : this.inFlight(index) / limit
      if (load < least) [best, least] = [index, load]
    }
    return best
  }

  /** The origin is well, nobody waits for it, and with one more in flight so many places stay free. */
  #spareAt(origin: number, free: number): boolean {
    const words = this.#origins[origin]!
    if (Atomics.load(words, OriginWord.waiting) > 0 || Atomics.load(words, OriginWord.ailing) !== 0) return false
    return this.inFlight(origin) + 1 + free <= Atomics.load(words, OriginWord.limit)
  }

  /** Wakes core when somebody waits for a place at this origin. */
  #wake(origin: number): void {
    if (Atomics.load(this.#origins[origin]!, OriginWord.waiting) > 0) this.#deps.freed(origin)
  }

  /** Open streams over all edges. */
  #streams(): number {
    let sum = 0
    for (let slot = 0; slot < this.#slots; slot++) {
      const row = slot === this.#deps.slot ? this.#own : this.#deps.board.edge(slot)
      sum += Atomics.load(row, counterIndex.streams)
    }
    return sum
  }

  #mine(origin: number): Words {
    return this.#flight(origin, this.#deps.slot)
  }

  #flight(origin: number, slot: number): Words {
    const rows = this.#flights[origin]!
    for (let next = rows.length; next <= slot; next++) rows.push(this.#deps.board.flight(next, origin))
    return rows[slot]!
  }
}

/** A place on the board in an edge's hands. */
class BoardPermit implements Permit {
  readonly origin: number
  readonly ask: AskId
  readonly #places: Places
  readonly routeClass: number
  #state: 'held' | 'stream' | 'free' = 'held'

  constructor(places: Places, origin: number, ask: AskId, routeClass: number) {
    this.#places = places
    this.origin = origin
    this.ask = ask
    this.routeClass = routeClass
  }

  free(): void {
    if (this.#state === 'held') this.#places.give(this.origin, this.routeClass)
    else if (this.#state === 'stream') this.#places.endStream(this.origin)
    this.#state = 'free'
  }

  leaveLimit(): boolean {
    if (this.#state !== 'held') return this.#state === 'stream'
    if (!this.#places.toStreams(this.origin, this.routeClass)) return false
    this.#state = 'stream'
    return true
  }
}
