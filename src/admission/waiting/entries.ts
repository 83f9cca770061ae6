// Questions to core whether a called visitor may come in. Core answers in a turn of its loop; where it shows no life the
// visitor waits on, and asks again with the next poll.

import type { CoreToEdge, EdgeToCore } from '../../threads/messages.ts'

export type Entry = Extract<CoreToEdge, { type: 'entry' }>['entry']

/** Milliseconds until a question that core has not answered counts as "not yet". */
const PATIENCE = 1000

export class Entries {
  readonly #send: (message: EdgeToCore) => void
  readonly #open = new Map<number, { done: (entry: Entry) => void; timer: NodeJS.Timeout }>()
  #last = 0

  constructor(send: (message: EdgeToCore) => void) {
    this.#send = send
  }

  /** May this number come in? `hasSession`: it has been in before. */
  ask(room: number, number: number, hasSession: boolean): Promise<Entry> {
    const id = ++this.#last
    return new Promise(resolve => {
      const timer = setTimeout(() => this.answered(id, { type: 'waits', ahead: 0 }), PATIENCE)
      this.#open.set(id, { done: resolve, timer })
      this.#send({ type: 'enter', id, room, number, hasSession })
    })
  }

  /** Core's word. */
  answered(id: number, entry: Entry): void {
    const open = this.#open.get(id)
    if (open === undefined) return
    this.#open.delete(id)
    clearTimeout(open.timer)
    open.done(entry)
  }

  renew(room: number, number: number): void {
    this.#send({ type: 'renew', room, number })
  }

  end(room: number, number: number): void {
    this.#send({ type: 'end-session', room, number })
  }
}
