// Questions to core whether a called visitor may come in. Core answers in a turn of its loop; where it shows no life whoever
// waits waits on, and asks again with the next poll, and whoever is in goes on.

import type { CoreToEdge, EdgeToCore } from '../../threads/messages.ts'
import { Open } from '../open.ts'

/** `silent`: core has not answered in time. */
type Entry = Extract<CoreToEdge, { type: 'entry' }>['entry'] | { type: 'silent' }
/** The number that an invitation is for, or why there is none. */
type Redeemed = Extract<CoreToEdge, { type: 'invited' }>['number']
type Taken = Extract<CoreToEdge, { type: 'numbered' }>['taken']

export class Entries {
  readonly #send: (message: EdgeToCore) => void
  readonly #entries = new Open<Entry>({ type: 'silent' })
  readonly #redeemed = new Open<Redeemed>('unkept')
  readonly #taken = new Open<Taken>('unkept')

  constructor(send: (message: EdgeToCore) => void) {
    this.#send = send
  }

  /** May this number come in? `hasSession`: it shows a session; `from` is a fingerprint of who brings it. */
  ask(room: number, number: number, hasSession: boolean, from: number): Promise<Entry> {
    return this.#entries.ask(id => this.#send({ type: 'enter', id, room, number, hasSession, from }))
  }

  /** Which number is this invitation for? */
  redeem(room: number, serial: number, from: number): Promise<Redeemed> {
    return this.#redeemed.ask(id => this.#send({ type: 'redeem', id, room, serial, from }))
  }

  /** The next number, where several nodes have the room in common. */
  number(room: number, length: number): Promise<Taken> {
    return this.#taken.ask(id => this.#send({ type: 'number', id, room, length }))
  }

  /** Core's word. */
  answered(id: number, entry: Entry): void {
    this.#entries.answered(id, entry)
  }

  invited(id: number, redeemed: Redeemed): void {
    this.#redeemed.answered(id, redeemed)
  }

  numbered(id: number, taken: Taken): void {
    this.#taken.answered(id, taken)
  }

  renew(room: number, number: number): void {
    this.#send({ type: 'renew', room, number })
  }

  end(room: number, number: number): void {
    this.#send({ type: 'end-session', room, number })
  }
}
