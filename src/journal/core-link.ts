// The journal's questions to core. What was asked of a core that has died is never answered: whoever waits is told so.

import type { Channel } from '../threads/channel.ts'
import type { AskId, CopyState, CoreToJournal, JournalToCore, Ref } from '../threads/messages.ts'

/** Core went away before it answered. */
export class CoreGone extends Error {}
const GONE = 'core ended while the store was being loaded'

interface Open {
  resolve: (refs: Ref[]) => void
  reject: (why: Error) => void
}

export class CoreLink {
  readonly #open = new Map<AskId, Open>()
  #channel: Channel<JournalToCore, CoreToJournal> | undefined
  #lastId = 0

  /** A new core stands at the other end. */
  connect(channel: Channel<JournalToCore, CoreToJournal>): void {
    this.#channel?.close()
    this.#channel = channel
    this.#giveUp()
    channel.onClose(() => {
      if (this.#channel === channel) this.#giveUp()
    })
  }

  serial(serial: number): void {
    this.#channel?.send({ type: 'serial', serial })
  }

  place(bytes: number[]): Promise<Ref[]> {
    return this.#ask(id => ({ type: 'place', id, bytes }))
  }

  async restore(refs: Ref[]): Promise<void> {
    await this.#ask(id => ({ type: 'restore', id, refs }))
  }

  settled(id: AskId): void {
    this.#channel?.send({ type: 'settled', id })
  }

  tell(copy: CopyState): void {
    this.#channel?.send({ type: 'copy', copy })
  }

  answered(id: AskId, refs: Ref[]): void {
    this.#open.get(id)?.resolve(refs)
    this.#open.delete(id)
  }

  /** All that was sent has been posted; the other end hears nothing more. */
  close(): void {
    this.#channel?.close()
  }

  #giveUp(): void {
    const open = [...this.#open.values()]
    this.#open.clear()
    for (const { reject } of open) reject(new CoreGone(GONE))
  }

  #ask(question: (id: AskId) => JournalToCore): Promise<Ref[]> {
    const channel = this.#channel
    if (channel === undefined || channel.closed) return Promise.reject(new CoreGone(GONE))
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject })
      channel.send(question(id))
    })
  }
}
