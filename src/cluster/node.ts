// This machine as one of several: puts the link, the membership, the purges and the shares together, and says how it stands.
// It runs in core's thread, because what it shares is what core decides: a few small messages a second. On a machine by itself
// nothing of this folder is loaded.

import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Config } from '../config/types.ts'
import type {
  CertificatesHeard,
  CertificatesSaid,
  ClusterState,
  EventsHeard,
  EventsSaid,
  EventsUnheard,
  Figures,
  NodeFigures,
  NotForgotten,
  PurgeOrder,
  ServerFacts,
  Spread,
  StepClaim,
  StepClaimed,
} from '../threads/cluster.ts'
import type { Log } from '../threads/log.ts'
import { shareCertificates } from './certificates.ts'
import { shareEvents } from './events.ts'
import { SharedFetches } from './fetches.ts'
import type { FetchesHost } from './fetches.ts'
import { keysOf } from './keys.ts'
import type { Keys } from './keys.ts'
import { Link, accessOf } from './link.ts'
import { LOST_AFTER, Membership } from './membership.ts'
import { SharedModes } from './modes.ts'
import type { ModesHost } from './modes.ts'
import { PositionFile } from './position.ts'
import { SharedPurges } from './purges.ts'
import type { Purged } from './purges.ts'
import { SharedRates } from './rates.ts'
import { SharedRooms } from './rooms.ts'
import { Shares } from './shares.ts'
import { claimStep } from './steps.ts'
import { SharedTickets } from './tickets.ts'
import type { TicketsHost } from './tickets.ts'
import { Words } from './words.ts'
import type { SharesHost } from './shares.ts'

/** Milliseconds between two looks; each second one is a round. A share moves within two rounds, about a second. */
const TICK = 250
/** Milliseconds between two rounds of waiting rooms: as many visitors are called at once as may come in in that time. */
const ROOMS_EVERY = 100
/** Entries that every node has and that stay in the log: a node that was restarted reads what was purged meanwhile. */
const LEFT_IN_LOG = 128
/** Milliseconds that leaving may take. */
const LEAVE_WITHIN = 1500

/** What the cluster needs of core. */
export interface ClusterHost extends SharesHost, FetchesHost, ModesHost, TicketsHost {
  /** So many nodes there are, lost ones too. */
  nodes(count: number): void
  /** Stored responses of the process before are still being read back: what is purged now would come back with them. */
  isLoading(): boolean
  carryOut(order: PurgeOrder, done: (how: Purged) => void): void
}

export interface NodeParts {
  config: Pick<Config, 'cluster' | 'data' | 'tls'>
  host: ClusterHost
  clock: Clock
  random: Random
  log: Log
  /** Of the process: the same for a core that takes the place of one that died. */
  incarnation: string
}

type Counted = Omit<NodeFigures, 'figures'> & { figures: string }

export class ClusterNode {
  readonly #parts: NodeParts
  readonly #name: string
  readonly #keys: Keys
  readonly #link: Link
  readonly #members: Membership
  readonly #purges: SharedPurges
  readonly #shares: Shares
  readonly fetches: SharedFetches
  readonly rooms: SharedRooms
  readonly modes: SharedModes
  readonly rates: SharedRates
  readonly #tickets: SharedTickets
  /** What only nodes with the same secret can read. */
  readonly #words: Words | null
  /** What this node has counted, for the others, and what all have. */
  figures: Figures | null = null
  #allFigures: NodeFigures[] = []
  readonly #ticks: NodeJS.Timeout
  readonly #rounds: NodeJS.Timeout
  readonly #newLog = randomUUID()
  #proof: number
  #ticketPeriod: number
  #server: ServerFacts | null = null
  #isLinked = false
  #state: 'joined' | 'alone' = 'alone'
  #why: string | null = 'it has not found the server yet'
  #since: number
  #isBusy = false
  /** As leader: what was taken off the purge log last. */
  #trimmed = 0
  #tick = 0

  constructor(parts: NodeParts) {
    this.#parts = parts
    const { config, clock, random, log, host, incarnation } = parts
    const { cluster } = config
    this.#since = clock.now()
    this.#proof = cluster.proof
    this.#ticketPeriod = config.tls.ticketPeriod
    const words = (this.#words = cluster.secret === undefined ? null : new Words(cluster.secret.secret))
    const name = (this.#name = cluster.node ?? hostname())
    const keys = (this.#keys = keysOf(cluster.name))
    const link = (this.#link = new Link({
      ...accessOf(cluster),
      ...{ channel: keys.news, random },
      up: facts => this.#up(facts),
      down: why => this.#down(why),
      news: text => {
        this.#purges.news(text)
        this.fetches.news(text)
        this.rooms.news(text)
        this.modes.news(text)
      },
    }))
    this.#members = new Membership({ link, keys, clock, name, incarnation })
    this.#purges = new SharedPurges({
      ...{ link, keys, clock, log, name, incarnation, file: new PositionFile(config.data) },
      proof: () => this.#proof,
      members: () => this.#members.view?.members ?? [],
      carryOut: (order, done) => host.carryOut(order, done),
    })
    this.#shares = new Shares({ link, keys, name, incarnation, host, clock, hold: cluster.hold })
    this.fetches = new SharedFetches({
      ...{ link, keys, clock, name, incarnation, host },
      members: () => this.#members.live,
      moment: () => (this.#state === 'joined' ? this.#purges.moment : null),
      rest: () => (this.#state === 'joined' && this.#purges.isAtRest ? this.#purges.moment : null),
    })
    this.modes = new SharedModes({ link, keys, clock, name, host })
    this.rates = new SharedRates({ link, keys, isJoined: () => this.#state === 'joined' })
    this.#tickets = new SharedTickets({
      ...{ link, keys, clock, log, host, words },
      length: () => this.#ticketPeriod,
      ahead: () => this.modes.ahead,
    })
    this.rooms = new SharedRooms({ link, keys, clock, random, log, name, incarnation, words })
    this.#ticks = setInterval(() => this.#onTick(), TICK)
    this.#rounds = setInterval(() => {
      if (this.#state === 'joined') void this.rooms.round(this.#members.lease)
    }, ROOMS_EVERY)
  }

  get state(): ClusterState {
    const { view } = this.#members
    return {
      ...{ state: this.#state, why: this.#why, since: this.#since, node: this.#name },
      leader: this.#state === 'joined' ? (view?.leader ?? null) : null,
      token: view?.token ?? 0,
      members: (view?.members ?? []).map(({ name, isLost }) => ({ name, isLost })),
      server: this.#server,
      purges: { applied: this.#purges.applied, isCurrent: this.#purges.isCurrent },
      shares: this.#shares.states,
      rooms: this.rooms.states,
      ahead: this.modes.ahead,
      modes: this.modes.states,
      figures: this.#state === 'joined' ? this.#allFigures : [],
    }
  }

  configure({ cluster, tls }: Pick<Config, 'cluster' | 'tls'>): void {
    this.#proof = cluster.proof
    this.#ticketPeriod = tls.ticketPeriod
  }

  /** Purges on every node; calls back when those that are there have it, or have not said so in time. */
  purge(order: PurgeOrder, done: (how: Purged & Spread) => void): void {
    this.#purges.order(order, this.#state === 'joined', done)
  }

  /** What a lost node held is free for others, and nobody waits for it any more. An operator says so, who knows that it is gone. */
  async forget(name: string): Promise<'forgotten' | NotForgotten> {
    if (this.#state !== 'joined') return 'cluster-away'
    try {
      const outcome = await this.#members.forget(name)
      if (outcome === 'unknown') return 'unknown-node'
      if (outcome === 'lives') return 'node-lives'
      await this.#shares.forget(name)
      this.#parts.log('warn', 'cluster-node-forgotten', { forgotten: name })
      return 'forgotten'
    } catch {
      return 'cluster-away'
    }
  }

  /** The process ends, and nothing of it is in flight: what this node held is free for others at once. */
  async leave(): Promise<void> {
    clearInterval(this.#ticks)
    clearInterval(this.#rounds)
    const parting = async (): Promise<void> => {
      if (this.#state !== 'joined') return
      await this.#shares.leave()
      await this.#members.leave()
    }
    const late = new Promise<void>(resolve => setTimeout(resolve, LEAVE_WITHIN).unref())
    await Promise.race([parting().catch(() => {}), late])
    this.close()
  }

  close(): void {
    clearInterval(this.#ticks)
    clearInterval(this.#rounds)
    this.#link.close()
    this.#purges.close()
  }

  #up(facts: ServerFacts): void {
    this.#server = facts
    this.#isLinked = true
    void this.#round()
  }

  #down(why: string): void {
    this.#isLinked = false
    this.#stand('alone', why)
    this.#purges.unlinked()
    this.fetches.unlinked()
  }

  #onTick(): void {
    this.#shares.sample()
    this.#purges.tick()
    if (this.#tick++ % 2 === 0) void this.#round()
  }

  /** What goes wrong here the link knows already; the next round begins anew. */
  async #round(): Promise<void> {
    if (this.#isBusy || !this.#isLinked || this.#parts.host.isLoading()) return
    this.#isBusy = true
    try {
      await this.#meet()
    } catch (error) {
      if (this.#isLinked) this.#stand('alone', error instanceof Error ? error.message : String(error))
    }
    this.#isBusy = false
  }

  async #meet(): Promise<void> {
    const view = await this.#members.beat(this.#purges.ack, this.#newLog)
    if (view === null) {
      // It may have been paused, and replaced meanwhile: what it holds may be the other's.
      this.#shares.drop()
      return this.#stand('alone', `another process has the name ${this.#name}`)
    }
    // A lost one may go on as this one would: it keeps its part until it is forgotten.
    this.#parts.host.nodes(view.members.length)
    await this.#purges.heard(view)
    await this.#shares.round(this.#members.live)
    this.#stand('joined', null)
    await this.fetches.round()
    await this.modes.round()
    await this.#exchangeFigures()
    const { lease } = this.#members
    await this.#tickets.round(lease)
    if (lease !== null) await this.#lead(lease)
  }

  /** Whether this node is to do a step of an event. */
  claim(step: StepClaim): Promise<StepClaimed> {
    if (this.#state !== 'joined') return Promise.resolve({ how: 'away', mark: null })
    const parts = { link: this.#link, keys: this.#keys, name: this.#name }
    return claimStep(parts, step, this.#members.lease !== null)
  }

  /** What was commanded of events on any node. */
  events(said: EventsSaid): Promise<EventsHeard | EventsUnheard> {
    if (this.#state !== 'joined') return Promise.resolve('away')
    return shareEvents({ link: this.#link, keys: this.#keys, name: this.#name }, said)
  }

  /** What all nodes have of ordered certificates. */
  certificates(said: CertificatesSaid): Promise<CertificatesHeard | 'away'> {
    if (this.#state !== 'joined') return Promise.resolve('away')
    return shareCertificates({ link: this.#link, keys: this.#keys, name: this.#name, words: this.#words }, said)
  }

  async #exchangeFigures(): Promise<void> {
    if (this.figures === null) return
    const args = [this.#name, JSON.stringify(this.figures), LOST_AFTER]
    const nodes = JSON.parse(String(await this.#link.run('figures', [this.#keys.figures], args))) as Counted[]
    this.#allFigures = nodes
      .map(({ node, age, figures }) => ({ node, age, figures: JSON.parse(figures) as Figures }))
      .sort((a, b) => (a.node < b.node ? -1 : 1))
  }

  /** What the leader does: it shortens the purge log by what every node has, and leaves something for those who come back. */
  async #lead(token: number): Promise<void> {
    const least = this.#purges.leastAcked - LEFT_IN_LOG
    if (least <= this.#trimmed) return
    this.#trimmed = least
    await this.#link.run('trim', [this.#keys.lease, this.#keys.log], [token, least])
  }

  #stand(state: 'joined' | 'alone', why: string | null): void {
    const { log, clock } = this.#parts
    if (state === 'alone') this.rooms.part()
    const isNews = state !== this.#state || (state === 'alone' && this.#why !== why)
    this.#why = why
    if (!isNews) return
    if (state !== this.#state) this.#since = clock.now()
    this.#state = state
    const node = this.#name
    if (state === 'alone') return log('warn', 'cluster-alone', { node, why })
    const { product, version, copies } = this.#server!
    log('info', 'cluster-joined', { node, server: `${product} ${version}`, copies })
  }
}
