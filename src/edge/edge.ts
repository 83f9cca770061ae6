// An edge thread put together: the shared memory, the way to core, the line of rooms, the two lanes before it.

import { join } from 'node:path'
import type { Server } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { Board, EdgeWord, GlobalWord, Latency } from '../board/board.ts'
import { Modes } from '../board/modes.ts'
import { Places } from '../board/places.ts'
import type { ClassBounds } from '../board/places.ts'
import { Pulse } from '../board/pulse.ts'
import { CoreLink } from '../admission/link.ts'
import { Lists } from '../client/lists.ts'
import { Bypass } from '../admission/waiting/bypass.ts'
import { EdgeRooms } from '../admission/waiting/edge-rooms.ts'
import { Entries } from '../admission/waiting/entries.ts'
import { Renewals } from '../admission/waiting/renewals.ts'
import { POLL_PATH, Polls } from '../admission/waiting/poll.ts'
import { compileProxies } from '../client/proxies.ts'
import type { Mode } from '../config/modes.ts'
import type { Concurrency } from '../config/kinds/concurrency.ts'
import type { Config } from '../config/types.ts'
import { formatDate } from '../http/dates.ts'
import type { Fields } from '../http/fields.ts'
import { FastCount } from '../listener/fast/count.ts'
import { FastLane } from '../listener/fast/lane.ts'
import type { FastLimits } from '../listener/fast/lane.ts'
import { createSlowLane } from '../listener/slow/lane.ts'
import type { SlowLane } from '../listener/slow/types.ts'
import { Origins } from '../origin/origins.ts'
import { Sites } from '../site/sites.ts'
import { LargeBodies } from '../large/bodies.ts'
import { Spool } from '../spool/spool.ts'
import { Comings } from '../cache/coming/comings.ts'
import { Hazards } from '../store/hazards.ts'
import { StoreIndex } from '../store/index.ts'
import { Segments } from '../store/segments.ts'
import { Channel } from '../threads/channel.ts'
import type { Log } from '../threads/log.ts'
import type { Listening } from '../threads/handover.ts'
import type { Birth, ChallengeAnswers, CoreToEdge, EdgeToCore, OriginRow } from '../threads/messages.ts'
import type { EdgeSums } from '../threads/sums.ts'
import type { MessagePort } from 'node:worker_threads'
import { Audience } from './audience.ts'
import { countsOn } from './counts.ts'
import type { Counts } from './counts.ts'
import { CoreStoreLink } from './corestore.ts'
import { EdgeHits } from './fasthits.ts'
import { EdgeForms } from './forms.ts'
import { ForNodes } from './for-nodes.ts'
import { createLine } from './line.ts'
import type { LineDeps } from './line.ts'
import { Door } from './door.ts'
import { limitsInForce } from './limits.ts'
import type { LimitsInForce } from './limits.ts'
import { listenOn, listeningOn, plainServer } from './listeners.ts'
import type { Listener, Sockets } from './listeners.ts'
import { Prefaces } from './prefaces.ts'
import type { Accept } from './prefaces.ts'
import { EdgePurger } from './purger.ts'
import { ShownChallenges } from './challenges.ts'
import { SecureListeners } from './secure-listeners.ts'
import { systemResolver } from './resolver.ts'
import { StatusFiles } from './status.ts'
import { SnapshotReader } from '../snapshot/reader.ts'
import { Records } from './records.ts'

export class Edge {
  readonly #slot: number
  readonly #clock: Clock
  readonly #board: Board
  readonly #row: Int32Array<SharedArrayBuffer>
  readonly #places: Places
  readonly #link: CoreLink
  readonly #store: CoreStoreLink
  readonly #comings: Comings
  readonly #purger: EdgePurger
  readonly #origins: Origins
  readonly #sites: Sites
  readonly #audience: Audience
  readonly #records: Records
  readonly status: StatusFiles
  readonly #hits: EdgeHits
  readonly #counts: Counts
  readonly #waiting: ReturnType<typeof waitingParts>
  readonly #fast: FastLane
  readonly #slow: SlowLane
  readonly #forms: EdgeForms
  readonly #forNodes: ForNodes
  #channel: Channel<EdgeToCore, CoreToEdge> | undefined
  #config: Config
  #findClient
  readonly #lists: Lists
  readonly #door: Door
  readonly #prefaces: Prefaces
  readonly #modes: Modes
  #limits: LimitsInForce
  /** The modes of the sites, as they were at this version of the board's. */
  #modesNow: { version: number; modes: Mode[] } | undefined
  #listeners: Listener[] = []
  readonly #secure: SecureListeners
  readonly #challenges = new ShownChallenges()
  /** Core's list of origins as it came last: a new core takes it over. */
  #told: OriginRow[] = []

  constructor(birth: Birth, clock: Clock, log: Log) {
    const { slot, config } = birth
    this.#slot = slot
    this.#clock = clock
    this.#config = config
    this.#findClient = compileProxies(config.proxies)
    this.#lists = new Lists(config)
    this.#board = new Board(birth.board)
    this.#secure = new SecureListeners(config, birth.ticketSecret, this.#challenges)
    this.#row = this.#board.edge(slot)
    const send = (message: EdgeToCore): void => this.#channel?.send(message)
    const freed = (origin: number): void => send({ type: 'freed', origin })
    this.#places = new Places({ ...boundsOn(config), board: this.#board, slot, freed })
    this.#store = new CoreStoreLink(send, () => this.#link.nextId(), this.#row)
    const index = new StoreIndex(birth.store.index, new Segments(birth.store.segments))
    const hazards = new Hazards(birth.store.hazards, slot)
    this.#comings = new Comings(index, hazards, this.#store)
    this.#purger = new EdgePurger({ config: () => this.#config, send, nextId: () => this.#link.nextId() })
    const arrive = (ref: number) => this.#comings.arrive(ref)
    this.#link = new CoreLink({ board: this.#board, places: this.#places, clock, arrive })
    this.#modes = new Modes(this.#board)
    this.#sites = new Sites(config, this.#modes)
    this.#origins = new Origins({ config, board: this.#board, slot, clock, log })
    const findClient = () => this.#findClient
    const [httpsPort, codings] = [() => this.#secure.redirectTo, () => this.#config.cache.compress]
    this.#door = new Door(config, this.#lists, this.#board, slot, index.seed)
    const waiting = (this.#waiting = waitingParts(new EdgeRooms(this.#board, config), new Entries(send), clock))
    const { quotas, conducts } = (this.#counts = countsOn(birth, index.seed, clock, waiting.rooms, send))
    this.#prefaces = new Prefaces(config, new FastCount(this.#board, slot, clock))
    this.#audience = new Audience(this.#board, slot, findClient, config)
    const status = (this.status = new StatusFiles(config.status))
    this.#records = new Records(config, { board: this.#board, slot, clock, log, findClient })
    this.#hits = new EdgeHits({
      ...{ index, clock, findClient, quotas, httpsPort, polls: waiting.polls, renewals: waiting.renewals, codings },
      ...{ random: systemRandom, sites: this.#sites, lists: this.#lists, audience: this.#audience },
      ...{ routes: this.#records.routes, timed: () => this.#records.timed, status },
    })
    this.#forms = new EdgeForms(this.#places, this.#sites, config)
    const deps: LineDeps = {
      ...this.#forms.deps,
      ...{ index, hazards, clock, log, slot, findClient, quotas, conducts, httpsPort, waiting, lists: this.#lists },
      board: this.#board,
      ...{ core: this.#store, comings: this.#comings, purger: this.#purger },
      ...{ link: this.#link, places: this.#places, origins: this.#origins, sites: this.#sites },
      ...onDisk(config, () => this.#config),
      ...{ formKey: birth.formKey, snapshots: new SnapshotReader(config.data, log) },
      ...{ codings, maxBody: () => this.#config.cache.maxBody, slows: () => this.#config.clients.slow },
      limits: () => this.#config.limits,
      isRehearsal: fields => this.#audience.isRehearsal(fields),
      ...this.#records.rooms(this.#board, slot),
    }
    this.#forms.begin(deps)
    this.#forNodes = new ForNodes(deps)
    this.#limits = this.#limitsNow(0)
    this.#slow = createSlowLane({
      ...{ answer: createLine(deps), clock, log, visitors: this.#audience, ...this.#records.slow },
      status: { answer: head => this.#challenges.answer(head) ?? status.answer(head) },
      limits: () => this.#limits,
      counters: this.#row,
      latency: this.#board.latency(slot, Latency.slowLane),
      scoreOf: (site, fields) => this.#audience.scoreFor(site, fields),
      date: () => formatDate(clock.now()),
      ...{ draining: () => this.#fast.draining, parting: () => this.#fast.parting },
      modeOf: host => this.#sites.find(host)?.mode,
      receiptPage: (request, receipt) => this.#forms.receiptPage(request, receipt),
      own: head => pollPage(waiting.polls, this.#sites, head),
    })
    this.#fast = this.#makeFast(hazards)
    this.#comeAlive()
  }

  #makeFast(hazards: Hazards): FastLane {
    return new FastLane({
      hazards,
      clock: this.#clock,
      hits: this.#hits,
      slow: this.#slow,
      visitors: this.#audience,
      ears: this.#records.fast,
      count: new FastCount(this.#board, this.#slot, this.#clock),
      limits: fastLimits(this.#limits, this.#config.edges),
      enter: address => this.#door.enter(address),
    })
  }

  /** What has been summed up since the last time. */
  takeSums(): EdgeSums {
    return this.#records.takeSums()
  }

  /** Listens; resolves with where, when visitors can come. */
  async listen(sockets: Sockets): Promise<Listening[]> {
    const accept: Accept = (socket, source) => this.#fast.accept(socket, source)
    const prefaces = this.#prefaces
    const plain = (): Server => plainServer(socket => prefaces.receive(socket, accept))
    this.#listeners = await listenOn(this.#config.listen, sockets, plain)
    const secure = await this.#secure.listen(this.#config, sockets, this.#clock.now(), prefaces, accept)
    const pulse = new Pulse(this.#row)
    setInterval(() => {
      this.#bound()
      this.#fast.sweep()
      this.#secure.rotate(this.#clock.now())
      pulse.beat()
    }, 1000)
    return listeningOn([...this.#listeners, ...secure])
  }

  /** A successor is about to take the visitors over: each connection ends with its next answer, and new ones are still taken. */
  part(): void {
    this.#fast.part()
  }

  /** Core, or a new one, stands at the other end. */
  connect(port: MessagePort): void {
    this.#channel?.close()
    const channel = new Channel<EdgeToCore, CoreToEdge>(port)
    this.#channel = channel
    this.#store.reset()
    this.#comings.reset()
    this.#purger.reset()
    this.#places.resync()
    if (this.#told.length > 0) channel.send({ type: 'hello', origins: this.#told })
    channel.onMessage(message => this.#receive(message))
    this.#link.connect(channel)
  }

  /** The forms thread, or a new one, stands at the other end. */
  connectForms(port: MessagePort): void {
    this.#forms.connect(port)
  }

  /** Ordered certificates on disk may be new, and these challenges are open. */
  showCertificates(answers: ChallengeAnswers): void {
    this.#challenges.update(answers)
    this.#secure.configure(this.#config, this.#clock.now())
  }

  configure(config: Config): void {
    this.#config = config
    this.#secure.configure(config, this.#clock.now())
    this.#findClient = compileProxies(config.proxies)
    this.#records.configure(config)
    this.status.configure(config.status)
    this.#lists.configure(config)
    this.#prefaces.configure(config)
    this.#door.configure(config)
    this.#modesNow = undefined
    this.#places.boundStreams(config.limits.streams)
    this.#places.boundClasses(classBounds(config))
    this.#sites.configure(config)
    this.#origins.configure(config)
    this.#bound()
    this.#waiting.rooms.configure(config)
    this.#audience.configure(config)
    this.#hits.clear()
  }

  /** Takes nothing new and resolves when all that was in flight is answered, or after `within` milliseconds. */
  async drain(within: number): Promise<void> {
    const until = this.#clock.monotonic() + within
    for (const { server } of this.#listeners) server.close()
    this.#secure.close()
    this.#fast.drain()
    while (this.#fast.size > 0 && this.#clock.monotonic() < until) {
      this.#slow.closeIdle()
      await new Promise(resolve => setTimeout(resolve, DRAIN_LOOK))
    }
    this.#fast.destroy()
    this.#slow.close()
    this.#link.close()
    this.#forms.close()
    this.#origins.close()
    this.#channel?.close()
    Atomics.store(this.#row, EdgeWord.alive, 0)
    await this.#records.accessLog.end()
  }

  #receive(message: CoreToEdge): void {
    if (this.#link.receive(message) || this.#store.receive(message)) return
    if (message.type === 'wanted') this.#comings.wanted(message.id)
    else if (message.type === 'purged') this.#purger.settle(message)
    else if (message.type === 'epoch') Atomics.store(this.#row, EdgeWord.epoch, message.epoch)
    else if (message.type === 'origins') {
      this.#told = message.origins
      this.#places.update(message.origins)
      this.#origins.update(message.origins)
    } else if (message.type === 'tickets') this.#secure.share(message.seeds, this.#clock.now())
    else if (message.type === 'rooms') this.#waiting.rooms.update(message.rooms)
    else if (message.type === 'entry') this.#waiting.entries.answered(message.id, message.entry)
    else if (message.type === 'numbered') this.#waiting.entries.numbered(message.id, message.taken)
    else if (message.type === 'invited') this.#waiting.entries.invited(message.id, message.number)
    else if (message.type === 'rated') this.#counts.together?.rated(message.id, message.taken)
    else if (message.type === 'fetch-for-nodes') this.#forNodes.fetch(message)
    else if (message.type === 'probe') {
      void this.#origins.probe(message.origin).then(ended => this.#channel?.send(ended))
    }
  }

  /** The bounds as they hold from now on: they change with the modes of the sites, and with how many connections are open. */
  #bound(): void {
    const { limits, edges } = this.#config
    this.#limits = this.#limitsNow(this.#fast.size / Math.ceil(limits.connections / edges))
    this.#fast.limits = fastLimits(this.#limits, edges)
  }

  #limitsNow(fill: number): LimitsInForce {
    const { sites, limits } = this.#config
    const { version } = this.#modes
    if (version !== this.#modesNow?.version) {
      this.#modesNow = { version, modes: sites.map(({ name, mode }) => this.#modes.of(name, mode)) }
    }
    return limitsInForce(limits, this.#modesNow.modes, fill)
  }

  /** Before the first look into the store: from now on core waits for this edge's acknowledgements. */
  #comeAlive(): void {
    Atomics.store(this.#row, EdgeWord.epoch, Atomics.load(this.#board.global, GlobalWord.epoch))
    Atomics.store(this.#row, EdgeWord.alive, 1)
  }
}

/** Milliseconds between two looks at what is still open while draining. */
const DRAIN_LOOK = 25

/** The fast lane's bounds: as they hold now, and this edge's share of the connections. */
const fastLimits = (limits: LimitsInForce, edges: number): FastLimits => ({
  headerBytes: limits.headerBytes,
  headerCount: limits.headerCount,
  targetBytes: limits.targetBytes,
  headTimeout: limits.headTimeout,
  idleTimeout: limits.idleTimeout,
  sendTimeout: limits.sendTimeout,
  leastRate: limits.leastRate,
  connections: Math.ceil(limits.connections / edges),
})

const boundsOn = (config: Config) => ({ streams: config.limits.streams, bounds: classBounds(config) })

/** Of the sites that set any. The first is for all that have no class. */
const classBounds = ({ sites }: Config): Map<string, ClassBounds> =>
  new Map(
    sites
      .filter(({ classes }) => classes.some(({ concurrency }) => typeof concurrency === 'number'))
      .map(({ name, classes }) => [name, [undefined, ...classes.map(({ concurrency }) => numberOf(concurrency))]]),
  )

const numberOf = (concurrency: Concurrency): number | undefined =>
  typeof concurrency === 'number' ? concurrency : undefined

/** What the rooms of a waiting room share, and its polls. */
const waitingParts = (rooms: EdgeRooms, entries: Entries, clock: Clock) => ({
  ...{ rooms, entries, clock, random: systemRandom },
  bypass: new Bypass(systemResolver, clock),
  polls: new Polls({ rooms, clock, random: systemRandom }),
  renewals: new Renewals(rooms, entries, clock),
})

/** What the slow lane answers below the path of polls. */
function pollPage(
  polls: Polls,
  sites: Sites,
  { target, host, fields }: { target: string; host: string; fields: Fields },
) {
  const site = target.startsWith(POLL_PATH) ? sites.find(host)?.config.name : undefined
  return site === undefined ? undefined : polls.page(site, target, fields)
}

/** What an edge keeps in the data directory: bodies that wait, and large stored ones. */
const onDisk = (config: Config, now: () => Config): Pick<LineDeps, 'large' | 'spool'> => ({
  large: new LargeBodies(join(config.data, 'large'), () => now().cache.disk),
  spool: new Spool(join(config.data, 'spool'), config.limits.spool / config.edges),
})
