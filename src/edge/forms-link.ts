// The edge's way to the forms thread. Whoever waits for an answer gets one: where the thread has died meanwhile, or hangs in
// a disk which no longer answers, that nobody knows whether the form was kept.

import type { ReasonCode } from '../reasons.ts'
import { Channel } from '../threads/channel.ts'
import type { EdgeToForms, Form, FormsToEdge, ReceiptView } from '../threads/forms.ts'
import type { MessagePort } from 'node:worker_threads'

/** Milliseconds. A commit takes a few; a disk that takes longer than this has visitors waiting for nothing. */
const PATIENCE = 15_000
/** Forms on their way to disk at once, each edge: at 64 KiB each 128 MiB at most, and half a second of a slow disk. */
const MOST_OPEN = 2048

type Answer = Extract<FormsToEdge, { type: 'taken' | 'not-taken' | 'receipt' }>

export class FormsLink {
  #channel: Channel<EdgeToForms, FormsToEdge> | undefined
  readonly #open = new Map<number, { done: (answer: Answer | null) => void; until: number }>()
  #lastId = 0
  #timer: NodeJS.Timeout | undefined
  readonly #told: (message: FormsToEdge) => void
  readonly #gone: () => void

  /** `told` gets what is no answer; `gone` is called when the forms thread has died, or a new one has come. */
  constructor(told: (message: FormsToEdge) => void, gone: () => void) {
    this.#told = told
    this.#gone = gone
  }

  /** The forms thread, or a new one, stands at the other end. */
  connect(port: MessagePort): void {
    this.#channel?.close()
    this.#giveUp()
    const channel = new Channel<EdgeToForms, FormsToEdge>(port)
    this.#channel = channel
    channel.onMessage(message => this.#hear(message))
    channel.onClose(() => {
      if (this.#channel === channel) this.#giveUp()
    })
  }

  send(message: EdgeToForms): void {
    this.#channel?.send(message)
  }

  /** Resolves once the form is on disk, or with why it was not taken. What got no answer may be kept all the same. */
  async take(form: Form): Promise<{ receipt: string } | ReasonCode> {
    if (this.#open.size >= MOST_OPEN) return 'journal-busy'
    if (this.#channel === undefined || this.#channel.closed) return 'journal-away'
    const answer = await this.#ask(id => ({ type: 'take', id, form }))
    if (answer?.type === 'taken') return { receipt: answer.receipt }
    return answer?.type === 'not-taken' ? answer.reason : 'journal-unsure'
  }

  /** Null where there is no such receipt; undefined when the journal does not answer. */
  async receipt(receipt: string): Promise<ReceiptView | null | undefined> {
    const answer = await this.#ask(id => ({ type: 'receipt', id, receipt }))
    return answer?.type === 'receipt' ? answer.view : undefined
  }

  close(): void {
    this.#channel?.close()
    this.#giveUp()
    clearInterval(this.#timer)
  }

  #ask(question: (id: number) => EdgeToForms): Promise<Answer | null> {
    const channel = this.#channel
    if (channel === undefined || channel.closed) return Promise.resolve(null)
    const id = ++this.#lastId
    return new Promise(done => {
      this.#open.set(id, { done, until: performance.now() + PATIENCE })
      this.#timer ??= setInterval(() => this.#lookOver(), 1000)
      channel.send(question(id))
    })
  }

  #hear(message: FormsToEdge): void {
    if (message.type !== 'taken' && message.type !== 'not-taken' && message.type !== 'receipt')
      return this.#told(message)
    const open = this.#open.get(message.id)
    this.#open.delete(message.id)
    open?.done(message)
  }

  #lookOver(): void {
    const now = performance.now()
    for (const [id, { done, until }] of this.#open) {
      if (now < until) break
      this.#open.delete(id)
      done(null)
    }
    if (this.#open.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #giveUp(): void {
    const open = [...this.#open.values()]
    this.#open.clear()
    for (const { done } of open) done(null)
    this.#gone()
  }
}
