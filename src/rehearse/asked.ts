// What every connection of a visitor knows of the one request that it carries at a time, whatever it speaks: how it ends is said once,
// and a connection that has ended says so once.

import { ResponseReader } from './response.ts'
import type { Loss } from './tally.ts'

/** How a request ended. `untouched`: closed with no byte of a response, as an idle connection may be at any moment. */
export type Outcome = 'answered' | 'untouched' | Exclude<Loss, 'timeout' | 'status'>

export abstract class Asked {
  /** The response being read, or read last. */
  readonly response = new ResponseReader()
  /** Requests written so far. */
  requests = 0
  closed = false
  protected readonly onBytes: (bytes: number) => void
  protected connected = false
  /** A byte of the response has come. */
  protected touched = false
  readonly #onClose: (connection: Asked) => void
  #onEnd: ((outcome: Outcome) => void) | undefined

  /** `onBytes` is told of each read, `onClose` once of the end. */
  constructor(onBytes: (bytes: number) => void, onClose: (closed: Asked) => void) {
    this.onBytes = onBytes
    this.#onClose = onClose
  }

  /** Sends a whole request (latin1) and calls `onEnd` once, unless `leave` comes first. */
  ask(request: string, keepBody: boolean, onEnd: (outcome: Outcome) => void): void {
    this.#onEnd = onEnd
    this.touched = false
    this.requests++
    this.response.begin(keepBody)
    this.send(request)
  }

  /** Whether a response is awaited. */
  get busy(): boolean {
    return this.#onEnd !== undefined
  }

  /** Closes at once; whatever was asked is given up without a word. */
  leave(): void {
    const isAwaited = this.busy
    this.#onEnd = undefined
    if (isAwaited) this.breakOff()
    else this.destroy()
    this.shut()
  }

  protected abstract send(request: string): void
  protected abstract destroy(): void
  /** Closes while an answer is awaited. */
  protected breakOff(): void {
    this.destroy()
  }

  /** Whether another request may follow the one that was just answered. */
  protected abstract readonly reusable: boolean

  protected finish(outcome: Outcome): void {
    const onEnd = this.#onEnd
    this.#onEnd = undefined
    if (outcome !== 'answered' || !this.reusable) {
      this.destroy()
      this.shut()
    }
    onEnd?.(outcome)
  }

  /** It broke off. */
  protected fail(): void {
    this.finish(this.connected ? this.broken : 'refused')
  }

  protected get broken(): Outcome {
    return this.touched ? 'closed' : 'untouched'
  }

  protected shut(): void {
    if (this.closed) return
    this.closed = true
    this.#onClose(this)
    this.fail()
  }
}
