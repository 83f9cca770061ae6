// The threads as a crew: fills every place, joins each thread with core, fills a place again when its thread dies, hands
// orders round, and lets them finish. What the process as a whole wants is the supervisor's business.

import { setTimeout as sleep } from 'node:timers/promises'
import type { MessagePort } from 'node:worker_threads'
import type { Clock } from '../base/clock.ts'
import { GlobalWord } from '../board/board.ts'
import type { Board } from '../board/board.ts'
import { formatListenAddress } from '../config/kinds/network.ts'
import type { Config } from '../config/types.ts'
import type { Listening } from '../threads/handover.ts'
import type { LogLevel, Order, Report, StoreMemory, ThreadRow } from '../threads/messages.ts'
import { deathText, spawnThread } from '../threads/spawn.ts'
import type { Death } from '../threads/spawn.ts'
import { join, joinForms, portForBirth } from './links.ts'
import { Place } from './place.ts'
import { died, restarted, served } from './restarts.ts'
import type { Role } from './roles.ts'
import { Slots } from './slots.ts'
import type { Sockets } from './sockets.ts'

/** A thread gets ready within 100 ms or so; a store of many GiB read back from disk takes longer. */
const READY_WITHIN = 30_000
/** Core clears a dead edge's slot within a millisecond. If it stalls, the new edge takes a spare slot after this. */
const SLOT_WITHIN = 200
/** With 63 slots this is reached when core has stalled through some fifty deaths. */
const NO_SLOT_WAIT = 1_000
/** How long a new config may take to be applied by every thread. */
const APPLY_WITHIN = 2_000
/** What a thread gets beyond its time to drain, to report and exit. */
const EXIT_WITHIN = 500

const NO_SOCKET =
  'the service manager has its address, and no descriptor of its sockets is left; started anew it gets some'

/** What the crew needs from the supervisor. */
export interface Bridge {
  board: Board
  store: StoreMemory
  ticketSecret: Uint8Array
  formKey: () => Uint8Array
  clock: Clock
  /** The config in force, for threads that start now. */
  config(): Config
  /** Sockets that came from elsewhere. */
  sockets(): Sockets
  say(level: LogLevel, event: string, thread: string | null, detail?: Record<string, unknown>): void
  /** A thread is ready; `name` as in "edge 0", `detail` as it reported. */
  ready(name: string, detail: Record<string, unknown>): void
  /** What a thread asks of the process. */
  asked(report: Asked, answer: (order: Order) => void): void
  told(report: Told): void
  /** A thread that never served has died; starting it again will not help. */
  hopeless(role: Role, death: Death, why: string): void
  /** Some thread's row has changed. */
  changed(): void
}

export type Asked = Extract<Report, { type: 'reload' | 'drain' | 'hand-over' }>
/** What threads tell while one process takes the place of another. */
export type Told = Extract<Report, { type: 'at-rest' | 'beside' | 'voided' }>

export class Crew {
  readonly #bridge: Bridge
  readonly #slots = new Slots()
  readonly #places: Place[] = []
  /** Places that are filled for the first time once the thread that they wait for is ready. */
  #held: Place[] = []
  #ending = false

  constructor(bridge: Bridge) {
    this.#bridge = bridge
  }

  /** Starts one thread of each role, and `edges` of the role that is there many times. */
  muster(roles: Role[], edges: number): void {
    for (const role of roles) for (let i = 0; i < (role.many ? edges : 1); i++) this.#places.push(new Place(role))
    const isHeld = ({ role }: Place): boolean => roles.some(({ name }) => name === role.startsAfter)
    this.#held = this.#places.filter(isHeld)
    for (const place of this.#places) if (!isHeld(place)) this.#fill(place)
  }

  get rows(): ThreadRow[] {
    return this.#places.map(place => place.row)
  }

  /** Every place has been filled by a thread that served. */
  get isComplete(): boolean {
    return this.#places.every(place => place.life.hasServed)
  }

  /** Posts to the thread of a role that is there once. */
  tell(role: Role['name'], order: Order): void {
    this.#places.find(place => place.role.name === role)?.thread?.order(order)
  }

  /**
   * Hands a config to every thread: to core first, because edges will ask it for the sites and origins that are new. False
   * when some have not applied it in time. Core learns when all have, because until then edges ask for sites that are gone.
   */
  async handRound(config: Config): Promise<boolean> {
    const living = this.#places.filter(place => place.thread !== null)
    const core = await this.#handTo(
      living.filter(place => place === this.#core),
      config,
    )
    const others = await this.#handTo(
      living.filter(place => place !== this.#core),
      config,
    )
    if (others) this.#core?.thread?.order({ type: 'config-everywhere' })
    return core && others
  }

  #handTo(places: Place[], config: Config): Promise<boolean> {
    for (const place of places) {
      place.applied = Promise.withResolvers()
      place.thread?.order({ type: 'config', config })
      // A thread that died since was or will be replaced by one that starts with this config.
      if (place.thread === null) place.applied.resolve()
    }
    return within(APPLY_WITHIN, Promise.all(places.map(place => place.applied.promise)))
  }

  /** Lets the threads whose turn it is finish what they do, for `ms` at most, and ends them. */
  finish(turn: Role['endsIn'], ms: number): Promise<void> {
    return this.#finishAll(({ endsIn }) => endsIn === turn, ms)
  }

  /** The same for these roles. */
  finishThese(names: readonly Role['name'][], ms: number): Promise<void> {
    return this.#finishAll(({ name }) => names.includes(name), ms)
  }

  async #finishAll(isMeant: (role: Role) => boolean, ms: number): Promise<void> {
    this.#ending = true
    await Promise.all(this.#places.filter(({ role }) => isMeant(role)).map(place => this.#finish(place, ms)))
  }

  /** Ends every thread at once. */
  async dismiss(): Promise<void> {
    this.#ending = true
    await Promise.all(this.#places.map(place => this.#end(place)))
  }

  get #core(): Place | undefined {
    return this.#places.find(place => place.role.name === 'core')
  }

  #fill(place: Place): void {
    if (!this.#takeSlot(place)) return
    const { board, store, ticketSecret } = this.#bridge
    const sockets = this.#socketsFor(place)
    if (sockets === null) return this.#bridge.hopeless(place.role, { exitCode: 1, error: undefined }, NO_SOCKET)
    const link = portForBirth(place, this.#core)
    const { name: role, script, heapMiB } = place.role
    const birth = {
      role,
      slot: place.slot,
      config: this.#bridge.config(),
      board: board.memory,
      store,
      ticketSecret,
      formKey: this.#bridge.formKey(),
      core: link?.port ?? null,
      sockets,
    }
    place.reborn()
    if (place.life.state === 'waiting') place.life = restarted(place.life)
    place.thread = spawnThread(script, birth, heapMiB, {
      report: report => this.#heard(place, report),
      said: line => this.#bridge.say('warn', 'thread-output', place.name, { line }),
      died: death => this.#died(place, death),
    })
    place.timer = setTimeout(() => place.judge(`it was not ready within ${READY_WITHIN / 1000} s`), READY_WITHIN)
    link?.introduce()
    if (place === this.#core) this.#introduceAll(place)
    joinForms(place, this.#places)
  }

  /** Of those that came from elsewhere, the ones that the thread in this place is to listen on; null where one is missing. */
  #socketsFor(place: Place): Record<string, number[]> | null {
    const { listen, tls, admin } = this.#bridge.config()
    const peers = this.#places.filter(({ role }) => role === place.role)
    const addresses = place.role.many ? [...listen, ...tls.listen] : place.role.name === 'watch' ? [admin.listen] : []
    const sockets: Record<string, number[]> = {}
    for (const address of addresses) {
      const dealt = this.#bridge.sockets().deal(address, peers.indexOf(place), peers.length)
      if (dealt === null) return null
      sockets[formatListenAddress(address)] = dealt
    }
    return sockets
  }

  /** What the threads listen on now. */
  get listening(): Listening[] {
    return this.#places.flatMap(({ sockets }) => sockets)
  }

  /** Posts to every edge. */
  tellEdges(order: Order): void {
    for (const { role, thread } of this.#places) if (role.many) thread?.order(order)
  }

  /** Gives the edges other ends for what they say to a thread that is no more: `make` gets the slot of each. */
  joinEdges(make: (slot: number) => MessagePort): void {
    for (const { role, thread, slot } of this.#places) {
      if (!role.many || thread === null) continue
      const port = make(slot)
      thread.order({ type: 'forms', port }, [port])
    }
  }

  /** Posts to the thread of a role that is there once, with a port. */
  give(role: Role['name'], order: Order, port: MessagePort): void {
    this.#places.find(place => place.role.name === role)?.thread?.order(order, [port])
  }

  /** Fills the places that waited for a thread of this role. */
  #release({ name }: Role): void {
    if (this.#ending) return
    const released = this.#held.filter(place => place.role.startsAfter === name)
    this.#held = this.#held.filter(place => !released.includes(place))
    for (const place of released) this.#fill(place)
  }

  #takeSlot(place: Place): boolean {
    place.waitsForSlot = false
    if (!place.role.many) return true
    const slot = this.#slots.take()
    if (slot < 0) {
      this.#bridge.say('error', 'no-slot', 'edge', { why: 'core has not cleared the slots of edges that died' })
      place.timer = setTimeout(() => this.#fill(place), NO_SLOT_WAIT)
      return false
    }
    place.slot = slot
    const { global } = this.#bridge.board
    Atomics.store(global, GlobalWord.slots, Math.max(global[GlobalWord.slots]!, slot + 1))
    return true
  }

  /** A new core learns of the dead that the old one had not cleared up after, then of the living. */
  #introduceAll(core: Place): void {
    for (const slot of this.#slots.uncleared) core.thread?.order({ type: 'edge-gone', slot })
    for (const place of this.#places) join(place, core)
  }

  #heard(place: Place, report: Report): void {
    switch (report.type) {
      case 'ready':
        clearTimeout(place.timer)
        place.life = served(place.life)
        this.#release(place.role)
        this.#bridge.ready(place.name, report.detail)
        return this.#bridge.changed()
      case 'log':
        return this.#bridge.say(report.level, report.event, place.name, report.detail)
      case 'sums':
        return this.tell('watch', report)
      case 'status-page':
      case 'certificates':
        return this.tellEdges(report)
      case 'listening':
        place.sockets = report.sockets
        return
      case 'config-applied':
        return place.applied.resolve()
      case 'edge-forgotten':
        return this.#cleared(report.slot)
      case 'reload':
      case 'drain':
      case 'hand-over':
        return this.#bridge.asked(report, order => place.thread?.order(order))
      case 'at-rest':
      case 'beside':
      case 'voided':
        return this.#bridge.told(report)
      case 'drained': // its exit follows
    }
  }

  #cleared(slot: number): void {
    this.#slots.cleared(slot)
    const waiting = this.#places.find(place => place.waitsForSlot && place.slot === slot)
    if (waiting === undefined || this.#ending) return
    clearTimeout(waiting.timer)
    this.#fill(waiting)
  }

  #died(place: Place, death: Death): void {
    place.bury()
    if (place.role.many) {
      this.#slots.lose(place.slot)
      this.#core?.thread?.order({ type: 'edge-gone', slot: place.slot })
    }
    if (this.#ending) return
    const why = place.verdict ?? deathText(death)
    const { life, remedy } = died(place.life, this.#bridge.clock.monotonic(), why)
    place.life = life
    const stack = death.error?.stack
    this.#bridge.say('error', 'thread-died', place.name, { why, ...(stack === undefined ? {} : { stack }) })
    if (remedy.do === 'give-up') return this.#bridge.hopeless(place.role, death, why)
    this.#refillAfter(place, remedy.afterMs)
    this.#bridge.changed()
  }

  #refillAfter(place: Place, ms: number): void {
    if (ms > 0) this.#bridge.say('warn', 'thread-restart-delayed', place.name, { ms })
    place.waitsForSlot = ms === 0 && place.role.many
    if (ms === 0 && !place.role.many) this.#fill(place)
    else place.timer = setTimeout(() => this.#fill(place), Math.max(ms, SLOT_WITHIN))
  }

  async #finish(place: Place, ms: number): Promise<void> {
    clearTimeout(place.timer)
    if (place.thread === null) return
    place.thread.order({ type: 'drain', within: ms })
    if (await within(ms + EXIT_WITHIN, place.gone.promise)) return
    this.#bridge.say('warn', 'cut-off', place.name, { within: ms })
    await this.#end(place)
  }

  async #end(place: Place): Promise<void> {
    clearTimeout(place.timer)
    if (place.thread === null) return
    place.thread.terminate()
    await place.gone.promise
  }
}

/** Whether `promise` resolves within `ms`. */
async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController()
  const late = sleep(ms, false, { signal: timer.signal }).catch(() => false)
  const inTime = await Promise.race([promise.then(() => true), late])
  timer.abort()
  return inTime
}
