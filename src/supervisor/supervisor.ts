// The supervisor: the main thread's whole work. It makes the shared memory, musters the threads, hands a new config round
// and ends everything in order. It moves no bytes and decides nothing about requests, so nothing a visitor sends reaches it.

import { randomBytes, randomInt } from 'node:crypto'
import { systemClock } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import { Board, GlobalWord } from '../board/board.ts'
import { Modes } from '../board/modes.ts'
import { tellDelay } from '../board/pulse.ts'
import { drawVisitorKey } from '../board/visitors.ts'
import { formatListenAddress } from '../config/kinds/network.ts'
import type { Config } from '../config/types.ts'
import type { LogEntry } from '../threads/log.ts'
import { currentIn, snapshotsOf } from '../snapshot/folder.ts'
import { keptModes } from '../threads/mode-file.ts'
import type { ConfigState, LogLevel, Order, ProcessState } from '../threads/messages.ts'
import type { Death } from '../threads/spawn.ts'
import { explainListen } from './addresses.ts'
import { Crew } from './crew.ts'
import type { Asked } from './crew.ts'
import { formKeyIn } from './form-key.ts'
import { takeDataDirectory } from './data-directory.ts'
import { makeStoreMemory } from './memory.ts'
import { keepUntilRestart } from './reload.ts'
import type { ConfigSource, Loading } from './reload.ts'
import { roles as allRoles } from './roles.ts'
import type { Role } from './roles.ts'
import { openFilesAllowed } from '../base/kernel.ts'
import { Scarcity, connectionsWithin } from './scarcity.ts'
import { StartError } from './start-error.ts'
import { Succession } from './succession.ts'
import type { Heritage } from './succession.ts'

/** Milliseconds that core and journal get to end once the edges have: the journal's last commit. Then watch. */
const CORE_ENDS_WITHIN = 5_000
const WATCH_ENDS_WITHIN = 1_000

export interface SupervisorOptions extends Heritage {
  config: Config
  version: string
  say(entry: LogEntry): void
  /** Where `reload` takes the config from. */
  source?: ConfigSource
  roles?: Role[]
  clock?: Clock
  platform?: NodeJS.Platform
}

export class Supervisor {
  readonly board = new Board()
  readonly #modes = new Modes(this.board)
  /** Settles with the exit code when the process may end. */
  readonly ended: Promise<number>
  readonly #end = Promise.withResolvers<number>()
  readonly #started = Promise.withResolvers<void>()
  readonly #options: SupervisorOptions
  readonly #clock: Clock
  readonly #crew: Crew
  /** The config as it was loaded at start, to tell what a later one changes. */
  readonly #loaded: Config
  readonly #notices: string[] = []
  readonly #startedAt: number
  #config: Config
  #phase: ProcessState['phase'] = 'starting'
  #scarcity: Scarcity | undefined
  #configState: ConfigState
  #applying: Promise<unknown> = Promise.resolve()
  #admin = ''
  #formKey: Uint8Array | undefined
  readonly #succession: Succession
  #release = (): void => {}

  constructor(options: SupervisorOptions) {
    this.#options = options
    drawVisitorKey(this.board, [randomInt(2 ** 32), randomInt(2 ** 32)])
    this.#clock = options.clock ?? systemClock
    this.#config = this.#loaded = options.config
    this.#startedAt = this.#clock.now()
    this.#configState = { generation: 1, appliedAt: this.#startedAt, refused: null, afterRestart: [] }
    this.ended = this.#end.promise
    this.#crew = new Crew({
      board: this.board,
      store: makeStoreMemory(options.config.cache.memory),
      ticketSecret: randomBytes(32),
      formKey: () => (this.#formKey ??= formKeyIn(this.#config.data)),
      clock: this.#clock,
      config: () => this.#config,
      sockets: () => this.#succession.sockets,
      told: report => this.#succession.told(report),
      say: (level, event, thread, detail) => this.#say(level, event, thread, detail),
      ready: (name, detail) => this.#ready(name, detail),
      asked: (report, answer) => this.#asked(report, answer),
      hopeless: (role, death, why) => void this.#giveUp(role, death, why),
      changed: () => this.#tellState(),
    })
    const { program, predecessor, sockets } = options
    this.#succession = new Succession({
      ...(program === undefined ? {} : { program }),
      ...(sockets === undefined ? {} : { sockets }),
      ...{ predecessor, board: this.board, crew: this.#crew, loaded: this.#loaded },
      ...{ config: () => this.#config, phase: () => this.#phase },
      say: (level, event, detail) => this.#say(level, event, null, detail),
      release: () => this.#release(),
      left: code => this.#leave(code),
    })
  }

  /** Resolves when every thread is ready. Rejects with StartError when one cannot start; nothing is left running then. */
  async start(): Promise<void> {
    this.#config = { ...(await this.#succession.settle(this.#config)), edges: this.#edges() }
    this.#config = this.#withinFiles(this.#config)
    const beside = await Promise.race([this.#succession.takeOver(), this.#started.promise.then(() => [])])
    const roles = this.#options.roles ?? allRoles()
    if (roles.some(({ name }) => name === 'journal')) this.#takeDataDirectory()
    tellDelay(this.board.global, GlobalWord.mainDelay)
    this.#modes.seat(this.#config.sites.map(({ name }) => name))
    this.#recallModes()
    this.#recallSnapshots(this.#config)
    this.#crew.muster(roles, this.#config.edges)
    if (beside.length > 0) this.#crew.tell('core', { type: 'beside', origins: beside })
    const ports = new Set([...this.#config.listen, ...this.#config.tls.listen].map(({ port }) => port))
    const say = (level: LogLevel, event: string, detail: Record<string, unknown>): void =>
      this.#say(level, event, null, detail)
    this.#scarcity = new Scarcity(this.board, this.#clock, say, ports)
    return this.#started.promise
  }

  /** How the process is, as watch and the command line show it. */
  get state(): ProcessState {
    return {
      version: this.#options.version,
      pid: process.pid,
      startedAt: this.#startedAt,
      phase: this.#phase,
      listening: this.#config.listen.map(formatListenAddress),
      secure: this.#config.tls.listen.map(formatListenAddress),
      notices: this.#notices,
      threads: this.#crew.rows,
      config: this.#configState,
    }
  }

  /** Where watch listens, as it says itself: "127.0.0.1:9900". Empty before it does. */
  get admin(): string {
    return this.#admin
  }

  /** The config that is in force. */
  get config(): Config {
    return this.#config
  }

  /** Loads the config anew and applies it. Resolves with what is wrong with it; nothing when it is in force. */
  async reload(): Promise<string[]> {
    const { source } = this.#options
    if (source === undefined)
      return this.#refuse(['This process was not started from a config that can be loaded again.'])
    return this.apply(await source.load())
  }

  /** Hands a config that was loaded to every thread, one after the other. Resolves as `reload` does. */
  apply(loading: Loading): Promise<string[]> {
    const next = this.#applying.then(() => this.#apply(loading))
    this.#applying = next
    return next
  }

  /**
   * Puts another process in the place of this one. Resolves with why there is none, or null once it is ready to take over; the rest
   * follows by itself, and `ended` tells when nothing is left here.
   */
  handOver(): Promise<string | null> {
    return this.#succession.handOver()
  }

  /** Ends every thread in order, answering what is in flight. Resolves with the exit code, as `ended` does. */
  async drain(): Promise<number> {
    if (this.#succession.isLeaving) this.#succession.end()
    if (this.#phase === 'draining' || this.#succession.isLeaving) return this.ended
    if (this.#phase === 'starting') this.#started.reject(new StartError('It was told to stop while it was starting.'))
    this.#phase = 'draining'
    const within = this.#config.shutdown.drain
    this.#say('info', 'draining', null, { within })
    this.#tellState()
    await this.#crew.finish(1, within)
    await this.#crew.finish(2, CORE_ENDS_WITHIN)
    await this.#crew.finish(3, WATCH_ENDS_WITHIN)
    this.#say('info', 'stopped', null)
    this.#scarcity?.end()
    this.#end.resolve(0)
    return 0
  }

  /** Nobody else writes there until this process ends. */
  #takeDataDirectory(): void {
    const { release, problem } = takeDataDirectory(this.#config.data)
    if (problem !== null) this.#notices.push(problem)
    this.#release = release
    void this.ended.then(() => this.#release())
  }

  /** What was commanded in an earlier process goes on. Core is not there yet, so this writes in its place. */
  #recallModes(): void {
    try {
      for (const { site, ...commanded } of keptModes(this.#config.data, this.#clock.now())) {
        this.#modes.command(site, commanded)
        this.#say('info', 'mode-recalled', null, { site, mode: commanded.mode })
      }
    } catch (error) {
      this.#notices.push(
        `The modes of the last process are not known (${error instanceof Error ? error.message : String(error)}): every site is in the mode that the config names.`,
      )
    }
  }

  /** The snapshots in use go on as well. */
  #recallSnapshots({ data, sites }: Config): void {
    for (const { name } of sites) {
      try {
        const version = currentIn(snapshotsOf(data, name))
        if (version !== this.#modes.snapshotOf(name)) this.#modes.useSnapshot(name, version)
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        this.#notices.push(`Which snapshot of ${name} is in use is not known (${why}): none is.`)
      }
    }
  }

  #edges(): number {
    const { platform = process.platform } = this.#options
    const { edges } = this.#config
    if (platform !== 'linux' && edges > 1) {
      this.#notices.push(`One edge thread instead of ${edges}: on ${platform} threads cannot share a port.`)
      return 1
    }
    return edges
  }

  /** Visitors' connections, as far as the open files go that the system allows. */
  #withinFiles(config: Config): Config {
    const files = openFilesAllowed()
    const { connections } = config.limits
    const most = files === undefined ? connections : connectionsWithin(files, config.edges)
    if (most >= connections) return config
    const notice = `${most} connections of visitors instead of ${connections}: the system allows this process ${files} open files (ulimit -n).`
    if (!this.#notices.includes(notice)) this.#notices.push(notice)
    return { ...config, limits: { ...config.limits, connections: most } }
  }

  #ready(name: string, detail: Record<string, unknown>): void {
    if (typeof detail['admin'] === 'string') this.#pinAdmin(detail['admin'])
    this.#say('info', 'thread-ready', name, detail)
    if (this.#phase !== 'starting' || !this.#crew.isComplete) return
    this.#phase = 'serving'
    this.#succession.served()
    this.#started.resolve()
  }

  /** A watch thread that is started anew has to come back on the port of the first. */
  #pinAdmin(address: string): void {
    this.#admin = address
    const { admin } = this.#config
    const port = Number(address.slice(address.lastIndexOf(':') + 1))
    this.#config = { ...this.#config, admin: { ...admin, listen: { ...admin.listen, port } } }
  }

  #asked(report: Asked, answer: (order: Order) => void): void {
    if (report.type === 'drain') return void this.drain()
    if (report.type === 'hand-over')
      return void this.handOver().then(why => answer({ type: 'handing-over', id: report.id, why }))
    const told = (errors: string[]) => answer({ type: 'reloaded', id: report.id, errors, state: this.#configState })
    void this.reload().then(told)
  }

  #leave(code: number): void {
    this.#phase = 'draining'
    this.#scarcity?.end()
    this.#end.resolve(code)
  }

  async #giveUp(role: Role, death: Death, why: string): Promise<void> {
    if (this.#phase === 'draining') return
    this.#phase = 'draining'
    const [address, option] =
      role.name === 'watch' ? [this.#config.admin.listen, '--admin'] : [this.#config.listen[0]!, '--listen']
    const listen = death.error && explainListen(death.error, address, option)
    await this.#crew.dismiss()
    this.#started.reject(new StartError(listen ?? `The ${role.name} thread could not start: ${why}.`))
    this.#scarcity?.end()
    this.#end.resolve(1)
  }

  async #apply(loading: Loading): Promise<string[]> {
    if (this.#phase === 'draining' || this.#succession.isLeaving) return ['The process is shutting down.']
    if ('errors' in loading) return this.#refuse(loading.errors)
    const { config: loaded, afterRestart } = keepUntilRestart(loading.config, this.#config, this.#loaded)
    const config = this.#withinFiles(loaded)
    this.#config = config
    this.#modes.seat(config.sites.map(({ name }) => name))
    this.#recallSnapshots(config)
    const inTime = await this.#crew.handRound(config)
    const generation = this.#configState.generation + 1
    this.#configState = { generation, appliedAt: this.#clock.now(), refused: null, afterRestart }
    const level = inTime && afterRestart.length === 0 ? 'info' : 'warn'
    this.#say(level, 'config-applied', null, { generation, afterRestart, byAllThreads: inTime })
    this.#tellState()
    return []
  }

  /** The config before goes on serving. */
  #refuse(errors: string[]): string[] {
    this.#configState = { ...this.#configState, refused: { at: this.#clock.now(), errors } }
    this.#say('error', 'config-refused', null, { errors, stillServing: this.#configState.generation })
    this.#tellState()
    return errors
  }

  #tellState(): void {
    this.#crew.tell('watch', { type: 'state', state: this.state })
  }

  #say(level: LogLevel, event: string, thread: string | null, detail: Record<string, unknown> = {}): void {
    this.#options.say({ at: this.#clock.now(), level, event, thread, detail })
  }
}
