// The draw of a scheduled opening where several nodes have the room in common: seed and list are one for all, so each of them
// makes the same order by itself. Who takes part is everybody who has a number by the server's clock when the doors open.

import { randomBytes } from 'node:crypto'
import { RoomPhase } from '../../board/rooms.ts'
import type { RoomRow } from '../../board/rooms.ts'
import type { KnownDraw, RoomLine } from '../../cluster/room.ts'
import type { RoomFacts } from '../../threads/rooms.ts'
import type { RoomName, Signer } from '../../waiting/tickets.ts'
import { Drawing } from './draw.ts'

export interface SharedDrawParts {
  name: RoomName
  row: RoomRow
  signer: () => Signer
  line: () => Pick<RoomLine, 'draw'> | null
  /** Edges have to be told. */
  changed: () => void
}

export class SharedDraw {
  readonly #parts: SharedDrawParts
  #drawing: Drawing | undefined
  /** An opening of before, of which nobody knows a draw. */
  #none: number | undefined
  #isAsking = false

  constructor(parts: SharedDrawParts) {
    this.#parts = parts
  }

  get drawing(): Drawing | undefined {
    return this.#drawing
  }

  get lottery(): RoomFacts['lottery'] {
    return this.#drawing?.facts
  }

  /** The list is closed, and nobody is called until the order is there. */
  get isDrawing(): boolean {
    return this.#drawing?.isClosed === true && this.#drawing.order === undefined
  }

  /** Where the room is at this time, milliseconds since the epoch by the server's clock; asks the server what it has to know. */
  phase({ opens, gather }: { opens?: number | undefined; gather: number }, now: number): number {
    if (opens === undefined) {
      if (!this.isDrawing && this.#drawing?.order === undefined) this.#drawing = undefined
      return this.isDrawing ? RoomPhase.drawing : RoomPhase.open
    }
    if (this.#none === opens) return RoomPhase.open
    const drawing = this.#drawing
    if (drawing?.kept.opens !== opens) {
      void this.#ask({ opens, seed: randomBytes(32).toString('hex'), isKnown: false }, false)
      return RoomPhase.before
    }
    if (drawing.order !== undefined) return RoomPhase.open
    if (drawing.isClosed) return RoomPhase.drawing
    if (now < opens) return now >= opens - gather ? RoomPhase.gathering : RoomPhase.before
    const { seed, from } = drawing.kept
    void this.#ask({ opens, seed, from, isKnown: true }, true)
    return RoomPhase.drawing
  }

  async #ask(known: KnownDraw, isOver: boolean): Promise<void> {
    const line = this.#parts.line()
    if (line === null || this.#isAsking) return
    this.#isAsking = true
    const draw = await line.draw(known, isOver)
    this.#isAsking = false
    if (draw === 'none') this.#none = known.opens
    else if (draw !== null) this.#heard(draw)
  }

  #heard({ opens, seed, from, to }: { opens: number; seed: string; from: number; to?: number }): void {
    const { name, row, signer, changed } = this.#parts
    if (this.#drawing?.kept.opens !== opens || this.#drawing.kept.seed !== seed) {
      // Numbers that nobody was given are in the list as well: nobody comes for them.
      this.#drawing = new Drawing({ opens, seed, from, to: null }, name, row, signer(), () => [])
      changed()
    }
    if (to === undefined || this.#drawing.isClosed) return
    this.#drawing.closeAt(to)
    this.#drawing.seal()
  }
}
