// Watch's side of the channel to core: questions with a number, each answered once or given up. Core's status is asked for
// each second and kept, so that no page of the admin address ever waits for a core that stalls.

import type { MessagePort } from 'node:worker_threads'
import type { Clock } from '../base/clock.ts'
import { Channel } from '../threads/channel.ts'
import type { CoreStatus, CoreToWatch, NotDone, OriginRow, WatchToCore } from '../threads/messages.ts'

/** Core answers within a millisecond; one that takes longer stalls. */
const ANSWER_WITHIN = 2_000

export type Command = Extract<WatchToCore, { site: string | null }>
export type CommandType = Command['type']
export type Outcome = { origins: OriginRow[] } | { code: NotDone | 'core-away'; message: string }

const away: Outcome = { code: 'core-away', message: 'The core thread does not answer. Try again in a few seconds.' }

export class CoreLink {
  readonly #clock: Clock
  #channel: Channel<WatchToCore, CoreToWatch> | undefined
  #nextId = 1
  readonly #asked = new Map<number, (outcome: Outcome) => void>()
  #status: CoreStatus | undefined
  #statusAt = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Speaks to the core at this port from now on. What was asked of the old one is given up. */
  connect(port: MessagePort): void {
    this.#channel?.close()
    for (const answer of this.#asked.values()) answer(away)
    const channel = new Channel<WatchToCore, CoreToWatch>(port)
    channel.onMessage(message => this.#heard(message))
    this.#channel = channel
    this.askStatus()
  }

  askStatus(): void {
    this.#channel?.send({ type: 'status', id: this.#nextId++ })
  }

  /** Core's last status, and how old it is in milliseconds. */
  get status(): { status: CoreStatus; age: number } | undefined {
    return this.#status && { status: this.#status, age: this.#clock.monotonic() - this.#statusAt }
  }

  command(type: CommandType, site: string | null, url: string): Promise<Outcome> {
    const channel = this.#channel
    if (channel === undefined || channel.closed) return Promise.resolve(away)
    const id = this.#nextId++
    return new Promise(resolve => {
      const timer = setTimeout(() => answer(away), ANSWER_WITHIN)
      const answer = (outcome: Outcome) => {
        clearTimeout(timer)
        this.#asked.delete(id)
        resolve(outcome)
      }
      this.#asked.set(id, answer)
      channel.send({ type, id, site, url })
    })
  }

  #heard(message: CoreToWatch): void {
    if (message.type === 'status') {
      this.#status = message.status
      this.#statusAt = this.#clock.monotonic()
    } else if (message.type === 'done') {
      if (this.#status !== undefined) this.#status = { ...this.#status, origins: message.origins }
      this.#asked.get(message.id)?.({ origins: message.origins })
    } else this.#asked.get(message.id)?.({ code: message.code, message: message.message })
  }
}
