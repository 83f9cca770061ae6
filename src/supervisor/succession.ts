// One process after another in the same place, seen from one of them: what it got from the process before, and how it gives that to the
// next. The order of a hand-over stands in handover.ts.

import { MessageChannel } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { Board } from '../board/board.ts'
import { formatListenAddress } from '../config/kinds/network.ts'
import type { Config } from '../config/types.ts'
import type { OriginLoad } from '../threads/handover.ts'
import type { LogLevel, ProcessState } from '../threads/messages.ts'
import { refuseUnwanted, withPorts } from './addresses.ts'
import type { Crew, Told } from './crew.ts'
import { Handover } from './handover.ts'
import type { Later, Predecessor } from './predecessor.ts'
import { Sockets } from './sockets.ts'
import type { Passed } from './sockets.ts'
import { startSuccessor } from './successor.ts'
import type { Program } from './successor.ts'

/** Instead of an exit code: a successor took the data directory and never served. Everything is to be started here anew. */
export const BEGIN_ANEW = -1

/** What a process knows of those before and after it. */
export interface Heritage {
  /** How another process is started in the place of this one. */
  program?: Program
  /** The process whose place this one takes. */
  predecessor?: Predecessor | undefined
  /** Of a service manager. */
  sockets?: readonly Passed[]
}

export interface SuccessionParts extends Heritage {
  board: Board
  crew: Crew
  /** The config as it was loaded, and the one in force. */
  loaded: Config
  config: () => Config
  phase: () => ProcessState['phase']
  say: (level: LogLevel, event: string, detail: Record<string, unknown>) => void
  /** Gives the data directory up. */
  release: () => void
  /** Nothing is left of this process. */
  left: (code: number) => void
}

export class Succession {
  readonly #parts: SuccessionParts
  readonly sockets: Sockets
  readonly #formerEdges = new Map<number, MessagePort>()
  #handover: Handover | undefined
  #isHandingOver = false

  constructor(parts: SuccessionParts) {
    this.#parts = parts
    this.sockets = new Sockets(parts.predecessor?.sockets ?? parts.sockets)
  }

  /** Whether this process is leaving its place to another. */
  get isLeaving(): boolean {
    return this.#handover !== undefined
  }

  /** The config with every port settled. Rejects with StartError. */
  async settle(config: Config): Promise<Config> {
    const { predecessor } = this.#parts
    const settled = await withPorts(config, {
      has: address => this.sockets.has(address),
      portFor: address => predecessor?.portFor(address),
    })
    // Of those that a predecessor handed over, the config may have left some out.
    if (predecessor === undefined) refuseUnwanted(this.sockets, settled)
    return settled
  }

  /** Waits until the data directory is free; resolves with what the process before still does to the origins. */
  takeOver(): Promise<OriginLoad[]> {
    return this.#parts.predecessor?.takeOver() ?? Promise.resolve([])
  }

  /** Every thread serves. */
  served(): void {
    const { predecessor, crew } = this.#parts
    predecessor?.serve(message => this.#hearPredecessor(message))
    void predecessor?.ended.then(() => crew.tell('core', { type: 'beside', origins: [] }))
  }

  /** Takes what threads tell of it. */
  told(told: Told): void {
    if (told.type === 'voided') this.#parts.predecessor?.send(told)
    else this.#handover?.told(told)
  }

  /** Resolves with why no other process can take over, or null once one is ready to; the rest follows by itself. */
  async handOver(): Promise<string | null> {
    const { program, say } = this.#parts
    const refusal = this.#isHandingOver ? 'Another process is taking over already.' : this.#refusal
    if (refusal !== null) return refusal
    this.#isHandingOver = true
    const why = await this.#handOverTo(program!).catch((error: Error) => error.message)
    if (why === null) return null
    this.#isHandingOver = false
    say('error', 'handover-failed', { why, effect: 'this process goes on' })
    return `No other process can take over: ${why} This one goes on.`
  }

  /** This process is told to end while another takes over: so is that one. */
  end(): void {
    this.#handover?.end()
  }

  get #refusal(): string | null {
    const { program, phase } = this.#parts
    if (program === undefined) return 'This process does not know how it was started.'
    if (process.platform === 'win32') return 'On this system no process can take over the sockets of another.'
    return phase() === 'serving' ? null : `This process is ${phase()}.`
  }

  async #handOverTo(program: Program): Promise<string | null> {
    const { crew, board, config, phase, release, say, left } = this.#parts
    const passed = this.sockets.handOn(crew.listening)
    const successor = await startSuccessor(program, passed, this.#settled, message => this.#handover?.heard(message))
    say('info', 'handing-over', { to: successor.pid })
    const why = await successor.ready
    if (why !== null) return why
    if (phase() !== 'serving') {
      await successor.kill()
      return 'This process is shutting down.'
    }
    const { drain } = config().shutdown
    const handover = (this.#handover = new Handover({ board, crew, successor, drain, say, release }))
    void successor.serving.then(isServing => isServing && program.succeeded(successor.pid))
    void handover.run().then(isOver => left(isOver ? 0 : BEGIN_ANEW))
    return null
  }

  /** Addresses as they were loaded, each with what became of it. */
  get #settled(): [string, string][] {
    const now = addressesOf(this.#parts.config())
    return addressesOf(this.#parts.loaded).map((asked, i) => [asked, now[i]!])
  }

  /** Until the process before this one is gone. */
  #hearPredecessor(message: Later): void {
    if (message.type === 'forms') this.#formerEdge(message.slot).postMessage(message.said)
    else this.#parts.crew.tell('core', message)
  }

  /** To the forms thread an edge of that process is an edge like others, which only brings forms. */
  #formerEdge(slot: number): MessagePort {
    const there = this.#formerEdges.get(slot)
    if (there !== undefined) return there
    const { port1, port2 } = new MessageChannel()
    this.#formerEdges.set(slot, port1)
    port1.on('message', (said: unknown) => this.#parts.predecessor?.send({ type: 'forms', slot, said }))
    port1.unref()
    this.#parts.crew.give('forms', { type: 'former-edge', slot, port: port2 }, port2)
    return port1
  }
}

const addressesOf = ({ listen, tls, admin }: Config): string[] =>
  [...listen, ...tls.listen, admin.listen].map(formatListenAddress)
