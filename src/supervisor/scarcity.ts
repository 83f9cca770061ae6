// Where the system gives the process no more: open files, and the connections that they allow. Visitors get a part of the
// files only, so that a crowd of them cannot keep the origin's connections, the spool and new threads from opening theirs;
// and what is short is said, since a connection that is closed at once leaves no other trace.

import { open, close } from 'node:fs'
import { devNull } from 'node:os'
import type { Board } from '../board/board.ts'
import { MAX_EDGES } from '../board/board.ts'
import { counterIndex } from '../board/counters.ts'
import type { Clock } from '../base/clock.ts'
import { acceptBound, acceptQueue, openFiles, openFilesAllowed } from '../base/kernel.ts'
import { Nearness } from './nearness.ts'
import type { LogLevel } from '../threads/messages.ts'

/** A thread opens some twelve: its event loop, pipes, listening sockets. */
const FILES_PER_THREAD = 16
/** Supervisor, core, journal, watch. */
const THREADS_BESIDE_EDGES = 4
/** Of what is left. The rest is for connections to origins (some dozens), streams' far ends, the spool and the copy on disk. */
const VISITORS_SHARE = 0.75
/** Milliseconds between two entries about connections that were closed at once. */
const SAID_EVERY = 10_000

/** Connections of visitors that `files` open files bear. */
export const connectionsWithin = (files: number, edges: number): number =>
  Math.max(edges, Math.floor((files - FILES_PER_THREAD * (edges + THREADS_BESIDE_EDGES)) * VISITORS_SHARE))

/** Milliseconds between two looks at /proc: reading 20,000 open files takes it some 10 ms. */
const PROC_EVERY = 5000

type Say = (level: LogLevel, event: string, detail: Record<string, unknown>) => void

/** Looks once a second. */
export class Scarcity {
  readonly #counters: Int32Array<SharedArrayBuffer>[]
  readonly #clock: Clock
  readonly #say: Say
  /** Read beforehand: it takes a file to find out. */
  readonly #allowed = openFilesAllowed()
  readonly #timer: NodeJS.Timeout
  #closed: number
  #saidAt = -Infinity
  #isOut = false

  readonly #files = new Nearness()
  readonly #queue = new Nearness()
  readonly #ports: ReadonlySet<number>
  readonly #procTimer: NodeJS.Timeout

  /** `ports`: where visitors come in. */
  constructor(board: Board, clock: Clock, say: Say, ports: ReadonlySet<number> = new Set()) {
    this.#ports = ports
    this.#procTimer = setInterval(() => void this.#lookAtProc(), PROC_EVERY).unref()
    this.#counters = Array.from({ length: MAX_EDGES }, (_, slot) => board.edge(slot))
    this.#clock = clock
    this.#say = say
    this.#closed = this.#countClosed()
    this.#timer = setInterval(() => this.#look(), 1000)
    this.#timer.unref()
  }

  end(): void {
    clearInterval(this.#timer)
    clearInterval(this.#procTimer)
  }

  #look(): void {
    this.#lookAtConnections()
    // The only way to know is to open one.
    open(devNull, (error, file) => {
      if (error === null) close(file)
      this.#tellFiles(error?.code === 'EMFILE' || error?.code === 'ENFILE')
    })
  }

  #tellFiles(isOut: boolean): void {
    if (isOut === this.#isOut) return
    this.#isOut = isOut
    const why =
      'The system gives this process no more open files: new connections are closed, to origins too. Allow more (ulimit -n, LimitNOFILE).'
    if (isOut) this.#say('error', 'out-of-files', { why, allowed: this.#allowed ?? null })
    else this.#say('info', 'files-again', {})
  }

  async #lookAtProc(): Promise<void> {
    const [files, waiting, bound] = await Promise.all([openFiles(), acceptQueue(this.#ports), acceptBound()])
    if (files !== undefined && this.#allowed !== undefined) this.#tellNearness(files, this.#allowed)
    if (waiting === undefined) return
    const turn = this.#queue.look(waiting, bound)
    const why =
      'New connections wait to be accepted: the edges are too busy to take them. Beyond the bound the system drops them. More CPUs or edges help; rate limits and clients.deny do not cost as much as serving.'
    if (turn === 'near') this.#say('warn', 'accept-queue-near-bound', { why, waiting, bound })
    else if (turn === 'far') this.#say('info', 'accept-queue-at-ease', { waiting })
  }

  #tellNearness(files: number, allowed: number): void {
    const turn = this.#files.look(files, allowed)
    const why = 'Nearly as many files are open as the system allows this process (ulimit -n, LimitNOFILE).'
    if (turn === 'near') this.#say('warn', 'files-near-bound', { why, open: files, allowed })
    else if (turn === 'far') this.#say('info', 'files-at-ease', { open: files })
  }

  /** Counters wrap at 2^32. */
  #lookAtConnections(): void {
    const now = this.#clock.monotonic()
    const closed = this.#countClosed()
    const more = (closed - this.#closed) >>> 0
    if (more === 0 || now - this.#saidAt < SAID_EVERY) return
    this.#closed = closed
    this.#saidAt = now
    const why =
      'As many connections of visitors are open as may be (limits.connections, and the open files that the system allows).'
    this.#say('warn', 'connections-full', { why, closed: more })
  }

  #countClosed(): number {
    return this.#counters.reduce((sum, row) => (sum + row[counterIndex.overConnections]!) | 0, 0)
  }
}
