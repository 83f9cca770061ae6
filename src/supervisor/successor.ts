// The process that is to take the place of this one, as this one sees it: started with every listening socket, and a pipe to speak over.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Passed } from './sockets.ts'
import { Wire } from './wire.ts'
import type { FromNew, FromOld } from './wire.ts'

/** The variable with what a successor has to know. */
export const VARIABLE = 'BREAKWATER_SUCCEEDS'
/** Descriptors of a successor: what its predecessor has there (cli/launched.ts), the pipe, and from here on the sockets. */
const LAUNCHER = 3
const PIPE = 4
const FIRST_SOCKET = 5
/** Milliseconds for a successor to start and read its config; it does nothing else before it says that it is ready. */
const READY_WITHIN = 30_000
/** And to serve, once the data directory is its own: reading the stored responses back may take 25 s. */
const SERVING_WITHIN = 60_000

/** What a successor is told in the variable. */
export interface Inheritance {
  /** The process that started it. */
  from: number
  pipe: number
  sockets: Passed[]
  /** Addresses as the config has them, and as they were settled where the port is 0. */
  settled: [asked: string, address: string][]
}

/** How a successor is started. */
export interface Program {
  /** The Node that is to run it, and all that stands behind that on the command line. Asked anew each time: it may be a new version. */
  commandLine(): Promise<{ node: string; args: string[] }>
  /** Whoever started this process holds a pipe to it, which its successors keep. */
  isLaunched: boolean
  /** Called when the successor serves, for whoever watches this process. */
  succeeded(pid: number): void
}

export class Successor {
  /** Null when it is ready to take over, else why it never will. */
  readonly ready: Promise<string | null>
  /** Whether it came to serve. */
  readonly serving: Promise<boolean>
  readonly #process: ChildProcess
  readonly #wire: Wire<FromOld, FromNew>
  readonly #ready = Promise.withResolvers<string | null>()
  readonly #serving = Promise.withResolvers<boolean>()
  readonly #exited = Promise.withResolvers<void>()
  #why: string | undefined
  #end = ''
  #timer: NodeJS.Timeout

  constructor(process: ChildProcess, heard: (message: FromNew) => void) {
    this.ready = this.#ready.promise
    this.serving = this.#serving.promise
    this.#process = process
    this.#wire = new Wire(
      process.stdio[PIPE] as Socket,
      message => this.#hear(message, heard),
      () => this.#gone('it has closed its pipe'),
    )
    process.once('error', error => this.#gone(error.message))
    process.once('exit', (code, signal) => {
      this.#exited.resolve()
      this.#gone(`it ended with ${signal ?? `code ${code}`}`)
    })
    this.#timer = this.#within(READY_WITHIN, 'to get ready')
  }

  /** Why it did not come to serve. */
  get why(): string {
    return this.#why ?? this.#end
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  send(message: FromOld): void {
    this.#wire.send(message)
  }

  /** From now on it has the data directory. */
  yours(origins: Extract<FromOld, { type: 'yours' }>['origins']): void {
    clearTimeout(this.#timer)
    this.#timer = this.#within(SERVING_WITHIN, 'to serve')
    this.send({ type: 'yours', origins })
  }

  /** Ends it; resolves when it is gone. */
  async kill(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    clearTimeout(this.#timer)
    this.#process.kill(signal)
    if (this.#process.pid !== undefined) await this.#exited.promise
  }

  /** Lets it live on its own. */
  letGo(): void {
    clearTimeout(this.#timer)
    this.#wire.close()
    this.#process.unref()
  }

  #hear(message: FromNew, heard: (message: FromNew) => void): void {
    if (message.type === 'ready') this.#ready.resolve(null)
    else if (message.type === 'failed') this.#why = message.why
    else if (message.type === 'serving') {
      clearTimeout(this.#timer)
      this.#serving.resolve(true)
    } else heard(message)
  }

  /** The pipe may close before what came over it was read. */
  #gone(end: string): void {
    clearTimeout(this.#timer)
    this.#end = end
    this.#ready.resolve(this.why)
    this.#serving.resolve(false)
  }

  #within(ms: number, what: string): NodeJS.Timeout {
    return setTimeout(() => {
      this.#why = `it took longer than ${ms / 1000} s ${what}`
      this.#process.kill('SIGKILL')
    }, ms)
  }
}

/** Starts it. Rejects with what keeps the program from being found; what else may go wrong `ready` tells. */
export async function startSuccessor(
  program: Program,
  passed: readonly Passed[],
  settled: Inheritance['settled'],
  heard: (message: FromNew) => void,
): Promise<Successor> {
  const { node, args } = await program.commandLine()
  const all = passed.flatMap(({ descriptors }) => descriptors)
  let next = FIRST_SOCKET
  const sockets = passed.map(each => ({ ...each, descriptors: each.descriptors.map(() => next++) }))
  const inheritance: Inheritance = { from: process.pid, pipe: PIPE, sockets, settled }
  const child = spawn(node, args, {
    stdio: ['inherit', 'inherit', 'inherit', program.isLaunched ? LAUNCHER : 'ignore', 'pipe', ...all],
    env: {
      ...process.env,
      [VARIABLE]: JSON.stringify(inheritance),
      ...(program.isLaunched ? { BREAKWATER_LAUNCHED: String(process.pid) } : {}),
    },
  })
  return new Successor(child, heard)
}
