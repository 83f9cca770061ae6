// One place for a thread: the thread that fills it now, and its story. A place outlives the threads in it.

import type { Thread } from '../threads/spawn.ts'
import type { Listening } from '../threads/handover.ts'
import type { ThreadRow } from '../threads/messages.ts'
import type { Role } from './roles.ts'
import { unborn } from './restarts.ts'
import type { Life } from './restarts.ts'

export class Place {
  readonly role: Role
  /** The row on the board, for edges; 0 for the others. */
  slot = 0
  life: Life = unborn
  thread: Thread | null = null
  /** What it listens on. */
  sockets: Listening[] = []
  /** Starts the next thread, or ends one that does not get ready. */
  timer: NodeJS.Timeout | undefined
  /** Why the supervisor itself ended the thread, where it did. */
  verdict: string | null = null
  /** It may be filled anew as soon as core has cleared the slot. */
  waitsForSlot = false
  /** Settles when the thread has applied the config posted last, or is gone. */
  applied = Promise.withResolvers<void>()
  /** Settles when the thread is gone. */
  gone = Promise.withResolvers<void>()

  constructor(role: Role) {
    this.role = role
  }

  get name(): string {
    return this.role.many ? `${this.role.name} ${this.slot}` : this.role.name
  }

  get row(): ThreadRow {
    const { state, restarts, lastDeath } = this.life
    return { role: this.role.name, slot: this.slot, state, restarts, lastDeath }
  }

  /** A new thread is about to fill it. */
  reborn(): void {
    this.gone = Promise.withResolvers()
    this.verdict = null
  }

  /** Its thread is gone. */
  bury(): void {
    clearTimeout(this.timer)
    this.thread = null
    this.sockets = []
    this.gone.resolve()
    this.applied.resolve()
  }

  /** Ends its thread at once; `verdict` tells why. */
  judge(verdict: string): void {
    this.verdict = verdict
    this.thread?.terminate()
  }
}
