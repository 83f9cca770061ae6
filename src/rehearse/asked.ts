// What every connection of a visitor knows of the one request that it carries at a time, whatever it speaks: how it ends is said once,
// and a connection that has ended says so once.

import { ResponseReader } from './response.ts'
import type { Loss } from './tally.ts'

/** How a request ended. `untouched`: closed with no byte of a response, as an idle connection may be at any moment. */
export type Outcome = 'answered' | 'untouched' | Exclude<Loss, 'timeout' | 'status'>

/** Who is told what becomes of a connection: made once with it, since a crowd asks far more often than it connects. */
export interface Asker {
  /** Of each read. */
  read(bytes: number): void
  /** Once for each request, unless it was left. */
  ended(outcome: Outcome): void
  /** Once. */
  closed(): void
}

export abstract class Asked {
  /** The response being read, or read last. */
  readonly response = new ResponseReader()
  /** Requests written so far. */
  requests = 0
  closed = false
  /** Whether a response is awaited. */
  busy = false
  protected readonly asker: Asker
  protected connected = false
  /** A byte of the response has come. */
  protected touched = false

  constructor(asker: Asker) {
    this.asker = asker
  }

  /** Sends a whole request (latin1). `keepBody`: whether the answer's is wanted afterwards. */
  ask(request: string, keepBody: boolean): void {
    this.busy = true
    this.touched = false
    this.requests++
    this.response.begin(keepBody)
    this.send(request)
  }

  /** Closes at once; whatever was asked is given up without a word. */
  leave(): void {
    const isAwaited = this.busy
    this.busy = false
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
    const isAwaited = this.busy
    this.busy = false
    if (outcome !== 'answered' || !this.reusable) {
      this.destroy()
      this.shut()
    }
    if (isAwaited) this.asker.ended(outcome)
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
    this.asker.closed()
    this.fail()
  }
}
