// Watch's side of the channel to the forms thread: its status as it was told last, and commands of people, each answered
// once or given up.

import type { MessagePort } from 'node:worker_threads'
import { Channel } from '../threads/channel.ts'
import type { FormsToWatch, JournalCommand, JournalStatus, WatchToForms } from '../threads/forms.ts'

/** Milliseconds. Verifying reads the whole journal, at some hundred megabytes a second. */
const ANSWER_WITHIN = 60_000

export type Done = { value: unknown } | { status: number; message: string }

const AWAY: Done = { status: 503, message: 'The forms thread does not answer. Try again in a few seconds.' }

export class FormsLink {
  #channel: Channel<WatchToForms, FormsToWatch> | undefined
  readonly #asked = new Map<number, (done: Done) => void>()
  #nextId = 1
  #status: JournalStatus | null = null

  /** The forms thread, or a new one, stands at the other end. What was asked of the old one is given up. */
  connect(port: MessagePort): void {
    this.#channel?.close()
    for (const answer of this.#asked.values()) answer(AWAY)
    const channel = new Channel<WatchToForms, FormsToWatch>(port)
    channel.onMessage(message => this.#heard(message))
    this.#channel = channel
  }

  /** As told last; null where nothing collects forms, or before it was told. */
  get status(): JournalStatus | null {
    return this.#status?.open === null ? null : this.#status
  }

  command(command: JournalCommand): Promise<Done> {
    const channel = this.#channel
    if (channel === undefined || channel.closed) return Promise.resolve(AWAY)
    const id = this.#nextId++
    return new Promise(resolve => {
      const timer = setTimeout(() => answer(AWAY), ANSWER_WITHIN)
      const answer = (done: Done): void => {
        clearTimeout(timer)
        this.#asked.delete(id)
        resolve(done)
      }
      this.#asked.set(id, answer)
      channel.send({ type: 'command', id, command })
    })
  }

  #heard(message: FormsToWatch): void {
    if (message.type === 'status') this.#status = message.status
    else if (message.type === 'done') this.#asked.get(message.id)?.({ value: message.value })
    else this.#asked.get(message.id)?.({ status: message.status, message: message.message })
  }
}
