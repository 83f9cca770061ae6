// Core's part where one process takes the place of another: what it gives up as the old one, and what it hears as the new one.

import type { Clock } from '../base/clock.ts'
import type { Gone, OriginLoad } from '../threads/handover.ts'
import type { Copies } from './copies.ts'
import type { Origins } from './origins.ts'
import type { Purging } from './purging.ts'
import type { WaitingRooms } from './waiting/rooms.ts'

export interface SuccessionParts {
  clock: Clock
  rooms: WaitingRooms
  origins: Origins
  purging: Purging
  copies: Copies
  /** Limits have changed. */
  changed: () => void
  /** Places may have become free. */
  turn: () => void
  /** There is no journal any more. */
  journalGone: () => void
}

export class Succession {
  readonly #parts: SuccessionParts

  constructor(parts: SuccessionParts) {
    this.#parts = parts
  }

  /** Another process has the data directory, lets visitors in and probes; here only what is under way ends. */
  letGo(): void {
    const { rooms, origins, copies, clock, changed, journalGone } = this.#parts
    rooms.letGo()
    copies.isElsewhere = true
    origins.letGo(clock.monotonic())
    changed()
    journalGone()
  }

  /** The process before this one still has so much in flight. */
  standBeside(loads: readonly OriginLoad[]): void {
    const { origins, clock, changed } = this.#parts
    origins.standBeside(loads, clock.monotonic())
    changed()
  }

  /** Takes out what was made untrue there; `done` is called once it does not come back. */
  takeOut(gone: Gone, done: () => void): void {
    const { purging, copies, clock, turn } = this.#parts
    if (gone.type === 'removed') purging.takeOut(gone.keys)
    else if (gone.type === 'tagged') purging.noteTags(gone.hashes, gone.soft)
    else purging.purge([gone.prefix], gone.soft, () => undefined)
    copies.settle(false, clock.monotonic(), done)
    turn()
  }
}
