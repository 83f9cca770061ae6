// Core: everything of which there must be one truth, put together. It moves no bytes: edges ask, core answers.
//
//   shelf: what is stored, and where · flights: who fetches, who waits · permits: whose turn it is at the origins
//   origins: which there are, and what they bear now
//
// What needs the time is done in turns: after each array of messages, each 250 ms, and every few milliseconds while
// anybody waits.

import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { Board, EdgeWord, GlobalWord, MAX_EDGES } from '../board/board.ts'
import { Modes } from '../board/modes.ts'
import type { Config, SiteConfig } from '../config/types.ts'
import { StoreIndex } from '../store/index.ts'
import { Segments } from '../store/segments.ts'
import type { Channel } from '../threads/channel.ts'
import type { Log } from '../threads/log.ts'
import type { TicketSeed } from '../threads/tickets.ts'
import type { Birth, CoreStatus, CoreToEdge, EdgeToCore, OriginRow } from '../threads/messages.ts'
import { countTogether, flightKeys, type AmongNodes } from './among-nodes.ts'
import { Carrier } from './carrying.ts'
import { Copies, JOURNAL_ROW } from './copies.ts'
import type { JournalChannel } from './copies.ts'
import { Epochs } from './epochs.ts'
import { primaryKey } from './flight.ts'
import { Flights } from './flights.ts'
import { Followed } from './followed.ts'
import { ForNodes } from './for-nodes.ts'
import { Ledger } from './ledger.ts'
import { SiteModes } from './modes.ts'
import { Origins } from './origins.ts'
import { Permits, queueSettings } from './permits.ts'
import type { Waited } from './permits.ts'
import { MOST_BESIDE_BODY, PULSE_PLACING, Placing, quotasOf } from './placing.ts'
import { PurgeOrders, orderOf } from './purge-orders.ts'
import { Purging } from './purging.ts'
import { Shelf } from './shelf.ts'
import { Succession } from './succession.ts'
import { WaitingRooms } from './waiting/rooms.ts'

export type EdgeChannel = Channel<CoreToEdge, EdgeToCore>

const TICK = 250
/** Milliseconds between two looks at deadlines, and at places that became free without a word. */
const PULSE_WAITING = 10

export interface CoreParts {
  birth: Pick<Birth, 'config' | 'board' | 'store'>
  clock: Clock
  random: Random
  log: Log
}

export class Core {
  readonly modes: SiteModes
  /** As it holds. */
  config: Config
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Log
  readonly #board: Board
  readonly #edges = new Map<number, EdgeChannel>()
  readonly #epochs: Epochs
  readonly #copies: Copies
  readonly #ledger: Ledger
  readonly #origins: Origins
  readonly #permits = new Map<string, Permits>()
  /** How stored responses go to other nodes, and come from them. */
  readonly carrier: Carrier
  /** What is fetched here for them. */
  readonly forNodes: ForNodes
  readonly #shelf: Shelf
  readonly #placing: Placing
  readonly #followed: Followed
  readonly #flights: Flights
  readonly #purging: Purging
  readonly purges: PurgeOrders
  #nodes: AmongNodes | null = null
  readonly rooms: WaitingRooms
  readonly succession: Succession
  #table = ''
  #seeds: readonly TicketSeed[] = []
  #prober = 0
  #pulse: NodeJS.Timeout | null = null
  readonly #ticks: NodeJS.Timeout
  #journal: JournalChannel | undefined

  constructor({ birth, clock, random, log }: CoreParts) {
    this.config = birth.config
    this.#clock = clock
    this.#random = random
    this.#log = log
    this.#board = new Board(birth.board)
    const segments = new Segments(birth.store.segments)
    this.#followed = new Followed(segments)
    this.modes = new SiteModes(new Modes(this.#board), log)
    this.#ledger = new Ledger(this.#board)
    this.#origins = new Origins(this.#ledger, log, birth.config.cluster.url.length > 0)
    const index = new StoreIndex(birth.store.index, segments)
    this.#copies = new Copies(this.#board, index)
    this.#epochs = new Epochs(this.#board, epoch => {
      this.#tellAll({ type: 'epoch', epoch })
      this.#copies.announce(epoch)
    })
    this.#shelf = new Shelf({
      segments,
      index,
      hazards: birth.store.hazards,
      epochs: this.#epochs,
      edges: () => Math.min(MAX_EDGES, this.#board.global[GlobalWord.slots]!),
      ...{ stored: (ref: number) => this.#copies.stored(ref), dropped: (name: string) => this.#copies.dropped(name) },
      purged: (prefix, until, isSoft) => this.#copies.purged(Buffer.from(prefix).toString('latin1'), until, isSoft),
    })
    this.carrier = new Carrier(index, this.#shelf, clock)
    this.forNodes = new ForNodes({
      ...{ permits: site => this.#permits.get(site), edges: () => this.#serving() },
      isUnderWay: key => this.#flights.isAmongNodes(key),
    })
    this.#placing = new Placing(this.#shelf, 0, (slot, id, ref) => this.#tell(slot, { type: 'placed', id, ref }))
    this.#flights = new Flights({
      clock,
      send: (slot, message) => this.#tell(slot, message),
      permits: site => this.#permits.get(site),
      store: this.#shelf,
    })
    this.#purging = new Purging({
      ...{ clock, shelf: this.#shelf, flights: this.#flights },
      ...{ copies: this.#copies, epochs: this.#epochs, tags: index.purgedTags },
    })
    this.purges = new PurgeOrders(this.#purging, () => this.#turn(false))
    this.rooms = new WaitingRooms({
      ...{ board: this.#board, clock, log },
      facts: site => this.#origins.facts(site, this.#permits.get(site)?.waiting ?? 0),
      tell: (slot, message) => this.#tell(slot, message),
      tellAll: message => this.#tellAll(message),
    })
    this.succession = new Succession({
      ...{ clock, rooms: this.rooms, origins: this.#origins, purging: this.#purging, copies: this.#copies },
      ...{ changed: () => this.originsChanged(), turn: () => this.#turn(false) },
      journalGone: () => this.#journal && this.#journalGone(this.#journal),
    })
    this.configure(birth.config)
    this.#tick()
    this.#ticks = setInterval(() => this.#tick(), TICK)
  }

  get origins(): Origins {
    return this.#origins
  }

  /** All nodes seal session tickets with these. */
  sealTickets(seeds: readonly TicketSeed[]): void {
    this.#seeds = seeds
    this.#tellAll({ type: 'tickets', seeds })
  }

  /** Other nodes fetch for this one, and this one for them; and count with it. */
  share(nodes: AmongNodes): void {
    this.#flights.elsewhere.others = nodes.fetches
    this.#nodes = nodes
  }

  /** Stored responses of an earlier process are still being read back, or nobody has said yet. */
  get isLoading(): boolean {
    return this.#copies.state === null || this.#copies.state.state === 'loading'
  }

  /** As far as core itself knows. */
  get status(): Omit<CoreStatus, 'cluster'> {
    const queued = [...this.#permits.values()].reduce((sum, { waiting }) => sum + waiting, 0)
    return {
      origins: this.#origins.table,
      flights: this.#flights.size,
      queued,
      store: this.#shelf.counts,
      copy: this.#copies.state,
      rooms: this.rooms.states,
    }
  }

  configure(config: Config): void {
    this.config = config
    this.#placing.maxBytes = config.cache.maxBody + MOST_BESIDE_BODY
    this.#shelf.bound(quotasOf(config), config.cache.disk)
    this.modes.configure(config)
    const left = this.#origins.configure(config, this.#clock.monotonic())
    if (left.length > 0) this.#log('error', 'too-many-origins', { left })
    for (const site of config.sites) this.#permitsFor(site)
    this.originsChanged()
    this.rooms.configure(config)
  }

  /** Every edge has applied the config. */
  configEverywhere(): void {
    this.#origins.everywhere(this.#clock.monotonic())
    this.originsChanged()
  }

  /** A new edge stands at the other end. */
  connect(slot: number, channel: EdgeChannel): void {
    this.#edges.get(slot)?.close()
    this.#edges.set(slot, channel)
    channel.onMessage(
      message => this.#hear(slot, message),
      () => this.#turn(false),
    )
    channel.send({ type: 'origins', origins: this.#origins.table })
    channel.send({ type: 'epoch', epoch: this.#epochs.current })
    channel.send({ type: 'rooms', rooms: this.rooms.facts })
    if (this.#seeds.length > 0) channel.send({ type: 'tickets', seeds: this.#seeds })
  }

  /** The edge in this slot has died: what it had in flight, asked for, filled and read is void. */
  edgeGone(slot: number): void {
    this.#edges.get(slot)?.close()
    this.#edges.delete(slot)
    this.#ledger.clear(slot)
    this.#placing.edgeGone(slot)
    this.#followed.breakOff(slot)
    this.#shelf.edgeGone(slot)
    this.#epochs.gone(slot)
    this.#flights.edgeGone(slot)
    for (const permits of this.#permits.values()) permits.serve()
    this.#turn(false)
  }

  /** The journal, or a new one, stands at the other end. */
  connectJournal(channel: JournalChannel): void {
    if (this.#journal !== undefined) this.#journalGone(this.#journal)
    this.#journal = channel
    channel.onClose(() => this.#journalGone(channel))
    this.#copies.connect(channel, this.#shelf)
  }

  /** Limits or states of origins have changed: the queues and the edges are told. */
  originsChanged(): void {
    for (const [site, permits] of this.#permits) {
      permits.rate = this.#origins.pace(site).rate
      permits.bear(this.#origins.of(site))
      if (permits.waiting === 0 && !this.#origins.knows(site)) this.#permits.delete(site)
    }
    const origins = this.#origins.table
    const table = JSON.stringify(origins)
    if (table === this.#table) return
    this.#table = table
    this.#tellAll({ type: 'origins', origins })
  }

  close(): void {
    clearInterval(this.#ticks)
    if (this.#pulse !== null) clearTimeout(this.#pulse)
    for (const channel of this.#edges.values()) channel.close()
    this.#edges.clear()
    this.#copies.close()
  }

  #permitsFor({ name, origin: { queue }, classes }: SiteConfig): void {
    const permits = this.#permits.get(name) ?? new Permits(this.#ledger, this.#random, this.#clock, queue)
    this.#permits.set(name, permits)
    permits.settings = queueSettings(queue)
    permits.divide([{}, ...classes])
  }

  #hear(slot: number, message: EdgeToCore): void {
    const now = this.#clock.monotonic()
    switch (message.type) {
      case 'hello':
        return this.#hello(message.origins, now)
      case 'ask':
        return this.#flights.ask(slot, message)
      case 'gone':
        return this.#flights.gone(slot, message.id)
      case 'head':
        this.#flights.head(slot, message.id, message.storable, message.hitForMiss)
        if (message.confirm) this.#tell(slot, { type: 'done', id: message.id })
        return
      case 'place':
        return this.#placing.ask(slot, message.id, message.bytes, now)
      case 'publish':
        for (const ref of message.refs) this.#publish(slot, message.id, ref)
        this.#flights.end(slot, message.id, true)
        return this.#tell(slot, { type: 'done', id: message.id })
      case 'coming':
        this.#followed.begun(message.ref, slot)
        return this.#flights.coming(slot, message.id, message.ref)
      case 'close-coming':
        this.#followed.ended(message.refs[0]!)
        return this.#shelf.giveBackRead(slot, message.refs)
      case 'unplace':
        return this.#shelf.giveBack(slot, message.ref)
      case 'end':
        return this.#flights.end(slot, message.id, false, message.reason)
      case 'invalidate':
        return this.#invalidate(slot, message.id, message.keys, message.tags)
      case 'purge':
        return this.purges.order(orderOf(message), how => this.#tell(slot, { type: 'purged', id: message.id, ...how }))
      case 'enter':
      case 'redeem':
      case 'number':
      case 'renew':
      case 'end-session':
        return this.rooms.hear(slot, message)
      case 'rate':
        return countTogether(this.#nodes, message, answer => this.#tell(slot, answer))
      case 'freed':
        for (const permits of this.#permits.values()) if (permits.bears(message.origin)) permits.serve()
        return
      case 'probed':
        this.#origins.probed(message, now)
        return this.originsChanged()
    }
  }

  /** Answered when it is on disk too: after a restart it does not come back. */
  #invalidate(slot: number, id: number, keys: string[], tags: number[]): void {
    this.#purging.takeOut(keys)
    this.#nodes?.fetches.unclaim(flightKeys(keys))
    if (tags.length > 0) this.#purging.noteTags(tags, false)
    this.#copies.settle(false, this.#clock.monotonic(), () => this.#tell(slot, { type: 'done', id }))
  }

  #journalGone(channel: JournalChannel): void {
    if (this.#journal !== channel) return
    this.#journal = undefined
    this.#copies.gone()
    this.#shelf.edgeGone(JOURNAL_ROW)
    this.#epochs.gone(JOURNAL_ROW)
  }

  #hello(origins: OriginRow[], now: number): void {
    this.#origins.remember(origins, now)
    this.originsChanged()
  }

  #publish(slot: number, id: number, ref: number): void {
    const key = this.#shelf.keyOf(slot, ref)
    if (key === undefined) return
    const text = Buffer.from(key).toString('latin1')
    if (this.#flights.isVoid(slot, id, primaryKey(text))) this.#shelf.giveBack(slot, ref)
    else this.#shelf.publish(slot, ref)
  }

  /** Gives places back and away; comes again by itself while anybody waits. */
  #turn(announce: boolean): void {
    const isWaiting = this.#placing.waiting > 0
    const freed = this.#shelf.turn(announce || isWaiting)
    if (isWaiting) this.#placing.turn(freed, this.#clock.monotonic())
    this.#purging.turn()
    const wait = this.#nextPulse()
    if (wait !== null) this.#pulse ??= setTimeout(() => this.#onPulse(), wait)
  }

  #nextPulse(): number | null {
    if (this.#shelf.isPurging) return 0
    if (this.#placing.waiting > 0 || this.#purging.isWaiting) return PULSE_PLACING
    return this.#flights.asks > 0 || this.#copies.waiting > 0 ? PULSE_WAITING : null
  }

  #onPulse(): void {
    this.#pulse = null
    const now = this.#clock.monotonic()
    for (const permits of this.#permits.values()) {
      permits.serve()
      permits.expire(now)
    }
    this.#flights.expire()
    this.#copies.expire(now)
    this.#turn(false)
  }

  #tick(): void {
    const now = this.#clock.monotonic()
    Atomics.store(this.#board.global, GlobalWord.coreTick, Math.floor(this.#clock.now() / 1000) | 0)
    this.modes.tick(this.#clock.now())
    const serving = this.#serving()
    const waited = (site: string): Waited | undefined => this.#permits.get(site)?.takeWaited()
    // One serving edge sends each; they take turns. What nobody sends nobody would tell the end of.
    for (const probe of this.#origins.tick(now, waited, serving.length > 0))
      serving[this.#prober++ % serving.length]!.send(probe)
    this.originsChanged()
    this.#flights.renewLeases()
    this.rooms.tick()
    this.#turn(true)
  }

  #serving(): EdgeChannel[] {
    const isServing = (slot: number): boolean => this.#board.edge(slot)[EdgeWord.alive] === 1
    return [...this.#edges].filter(([slot]) => isServing(slot)).map(([, channel]) => channel)
  }

  #tell(slot: number, message: CoreToEdge): void {
    this.#edges.get(slot)?.send(message)
  }

  #tellAll(message: CoreToEdge): void {
    for (const channel of this.#edges.values()) channel.send(message)
  }
}
