// A program that a demo or a scenario starts beside itself: its lines, its last words, and its end.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a program said last is told when it dies too early: about one screen. */
const LAST_WORDS_BYTES = 4000

/** A program that has not ended this long after SIGTERM is ended by force. */
const END_WITHIN_MS = 5000

export class Child {
  readonly name: string
  readonly #process: ChildProcess
  readonly #gone: Promise<unknown>
  #lastWords = ''

  /** Starts a TypeScript or JavaScript file with this program's own Node; `onLine` gets each line of its output. */
  constructor(name: string, args: string[], onLine: (line: string) => void, cwd = process.cwd()) {
    this.name = name
    this.#process = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#gone = once(this.#process, 'exit')
    this.#gone.catch(() => {})
    createInterface(this.#process.stdout!).on('line', onLine)
    this.#process.stderr!.on('data', (bytes: Buffer) => {
      this.#lastWords = (this.#lastWords + bytes.toString()).slice(-LAST_WORDS_BYTES)
    })
  }

  /** Settles like `ready`, but rejects when the program ends before, with what it said last, or when `ms` are over. */
  async ready<T>(ready: Promise<T>, ms: number): Promise<T> {
    const late = new AbortController()
    const tooLate = sleep(ms, undefined, { signal: late.signal }).then(() =>
      this.#failed(`was not ready in ${ms / 1000} s`),
    )
    const died = this.#gone.then(() => this.#failed('ended before it was ready'))
    try {
      return await Promise.race([ready, tooLate, died])
    } finally {
      late.abort()
      tooLate.catch(() => {})
      died.catch(() => {})
    }
  }

  /** Ends it, and waits until it has gone. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    this.#process.kill('SIGTERM')
    const force = setTimeout(() => this.#process.kill('SIGKILL'), END_WITHIN_MS)
    await this.#gone.catch(() => {})
    clearTimeout(force)
  }

  #failed(what: string): never {
    const said = this.#lastWords.trim()
    throw new Error(`${this.name} ${what}${said === '' ? '' : `; it said:\n${said}`}`)
  }
}
