// Another process takes the place of this one, and no visitor notices:
//
//   parting   both live. This one serves; each answer is its connection's last, and forms are sent to their end.
//   holding   nobody accepts: whoever comes waits in the sockets' queues, which both processes have. What is in flight goes on.
//   leaving   the threads with files end, and the data directory is the successor's, which starts its threads and accepts.
//   lingering what is still in flight here ends here. What it makes untrue, the forms it brings and what it has at the
//             origins the successor is told.
//
// The order is the point: one process at a time has the data directory, and no moment has none that listens.

import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { EdgeWord, MAX_EDGES } from '../board/board.ts'
import type { Board } from '../board/board.ts'
import type { Gone, OriginLoad } from '../threads/handover.ts'
import type { CoreToJournal, JournalToCore, LogLevel } from '../threads/messages.ts'
import type { Crew, Told } from './crew.ts'
import type { Successor } from './successor.ts'
import type { FromNew } from './wire.ts'

/** Milliseconds in which connections end with their next answer: a client that goes on asking has asked by then. */
const PARTING = 500
/** Milliseconds for what is in flight to end while nobody accepts: what takes longer ends beside the successor. */
const HOLDING = 250
/** Milliseconds for threads with files to write what they hold. */
const LEAVING = 5_000
/** Core answers within a turn, after it has left a cluster; one that hangs keeps nobody from leaving. */
const FIRST_WORD = 2_000

/** A wait that somebody else may end: it does not keep the process from ending. */
const atMost = (ms: number): Promise<void> => sleep(ms, undefined, { ref: false })

export interface HandoverParts {
  board: Board
  crew: Crew
  successor: Successor
  /** Milliseconds for what is in flight: shutdown.drain. */
  drain: number
  say: (level: LogLevel, event: string, detail: Record<string, unknown>) => void
  /** Gives the data directory up. */
  release: () => void
}

export class Handover {
  readonly #parts: HandoverParts
  readonly #atRest = Promise.withResolvers<void>()
  readonly #firstLoad = Promise.withResolvers<void>()
  readonly #ports = new Map<number, MessagePort>()
  #loads: OriginLoad[] = []
  #isTheirs = false
  #voiding = new Set<number>()
  #settles: { after: number; id: number }[] = []
  #lastVoid = 0
  #core: MessagePort | undefined
  #isEnding = false

  constructor(parts: HandoverParts) {
    this.#parts = parts
  }

  /** Resolves when nothing is left here: with false where the successor never served, and everything is to begin anew. */
  async run(): Promise<boolean> {
    const { crew, successor, drain, say } = this.#parts
    crew.tellEdges({ type: 'part' })
    crew.tell('forms', { type: 'rest' })
    await Promise.all([sleep(PARTING), Promise.race([this.#atRest.promise, atMost(drain)])])
    const edges = crew.finish(1, drain)
    await Promise.race([edges, atMost(HOLDING)])
    await this.#leave()
    const isServing = await successor.serving
    const rest = edges.then(() => crew.finish(2, LEAVING))
    if (isServing) {
      say('info', 'handed-over', { to: successor.pid })
      await rest
      successor.letGo()
      return true
    }
    await successor.kill()
    if (!this.#isEnding) say('error', 'handover-failed', { why: successor.why, effect: 'this process begins anew' })
    return this.#isEnding
  }

  /** The successor is to end as well; then nothing begins anew. */
  end(): void {
    this.#isEnding = true
    void this.#parts.successor.kill('SIGTERM')
  }

  /** Takes what threads tell. */
  told(told: Told): void {
    if (told.type === 'at-rest') this.#atRest.resolve()
    else if (told.type === 'beside') {
      this.#loads = told.origins
      this.#firstLoad.resolve()
      if (this.#isTheirs) this.#parts.successor.send({ type: 'beside', origins: told.origins })
    }
  }

  /** Takes what the successor says. */
  heard(message: FromNew): void {
    if (message.type === 'forms') this.#ports.get(message.slot)?.postMessage(message.said)
    else if (message.type === 'voided') this.#voided(message.id)
  }

  async #leave(): Promise<void> {
    const { crew, successor, release } = this.#parts
    crew.tell('core', { type: 'let-go' })
    await Promise.race([this.#firstLoad.promise, atMost(FIRST_WORD)])
    await crew.finishThese(['journal', 'forms', 'watch'], LEAVING)
    release()
    this.#isTheirs = true
    successor.yours(this.#loads)
    this.#bringForms()
    this.#tellVoid()
  }

  /** Forms that are still on their way to an edge go to the successor's journal. */
  #bringForms(): void {
    this.#parts.crew.joinEdges(slot => {
      const { port1, port2 } = new MessageChannel()
      this.#ports.set(slot, port2)
      port2.on('message', (said: unknown) => this.#parts.successor.send({ type: 'forms', slot, said }))
      port2.unref()
      return port1
    })
  }

  /** To core this is the journal: it waits for its word that what was made untrue will not come back, which the successor has to give. */
  #tellVoid(): void {
    const { port1, port2 } = new MessageChannel()
    this.#core = port2
    port2.on('message', (messages: CoreToJournal[]) => {
      for (const message of messages) this.#hearCore(message)
    })
    port2.unref()
    this.#parts.crew.give('core', { type: 'journal', port: port1 }, port1)
  }

  #hearCore(message: CoreToJournal): void {
    if (message.type === 'epoch') Atomics.store(this.#parts.board.edge(MAX_EDGES - 1), EdgeWord.epoch, message.epoch)
    else if (message.type === 'settle') {
      if (this.#voiding.size === 0) this.#answer([{ type: 'settled', id: message.id }])
      else this.#settles.push({ after: this.#lastVoid, id: message.id })
    } else if (message.type === 'removed' || message.type === 'purged' || message.type === 'tagged') this.#void(message)
  }

  #void(gone: Gone): void {
    const id = ++this.#lastVoid
    this.#voiding.add(id)
    this.#parts.successor.send({ type: 'void', id, gone })
  }

  #voided(id: number): void {
    this.#voiding.delete(id)
    const oldest = Math.min(...this.#voiding)
    const settled = this.#settles.filter(({ after }) => after < oldest)
    this.#settles = this.#settles.filter(({ after }) => after >= oldest)
    this.#answer(settled.map(each => ({ type: 'settled', id: each.id })))
  }

  #answer(messages: JournalToCore[]): void {
    if (messages.length > 0) this.#core?.postMessage(messages)
  }
}
