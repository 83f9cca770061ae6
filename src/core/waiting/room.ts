// One waiting room as core keeps it: its queue, what its origin bears, and when it opens.

import { randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { RoomPhase, RoomWord } from '../../board/rooms.ts'
import type { NoNumber, RoomRow } from '../../board/rooms.ts'
import type { WaitingRoomConfig } from '../../config/types.ts'
import type { Log } from '../../threads/log.ts'
import type { RoomFacts } from '../../threads/rooms.ts'
import type { RoomName, Signer } from '../../waiting/tickets.ts'
import { Capacity, OVERDUE } from './capacity.ts'
import type { OriginFacts } from './capacity.ts'
import { under } from './control.ts'
import type { Commanded } from './control.ts'
import { Drawing } from './draw.ts'
import { Invitations } from './invitations.ts'
import type { KeptDraw, KeptRoom } from './keeping.ts'
import { WaitingQueue } from './queue.ts'
import type { Bears, Entrant, Entry } from './queue.ts'
import { tellBears, tellOpening } from './told.ts'

/** Numbers kept ahead on disk: 1.6 s of 10,000 arrivals a second, and it is renewed at half of it, each 250 ms. */
const BLOCK = 16_384

export class Room {
  readonly index: number
  readonly name: RoomName
  readonly row: RoomRow
  readonly queue: WaitingQueue
  settings: WaitingRoomConfig
  drawing: Drawing | undefined
  /** By an operator, while it runs. */
  commanded: Commanded
  /** What `reserved` will be once that is on disk. */
  #asked: number
  #bears: Bears = { sessions: 0, rate: 0 }
  /** The same without what an operator commanded. */
  #borne: Bears = this.#bears
  #begun = 0
  #ticks = 0
  readonly #clock: Clock
  readonly #signer: Signer
  readonly #openInvitations: () => Invitations
  #invitations: Invitations | undefined
  readonly #capacity = new Capacity()

  constructor(
    { index, name, row }: { index: number; name: RoomName; row: RoomRow },
    { clock, signer, folder, log }: { clock: Clock; signer: Signer; folder: string; log: Log },
    settings: WaitingRoomConfig,
    kept: KeptRoom | undefined,
  ) {
    this.index = index
    this.name = name
    this.row = row
    this.settings = settings
    this.commanded = kept?.commanded ?? {}
    this.#clock = clock
    this.#signer = signer
    this.#openInvitations = () => new Invitations(folder, name, signer, log)
    const isRestart = kept !== undefined && row.get(RoomWord.reserved) === 0
    if (isRestart) {
      row.set(RoomWord.next, kept.reserved)
      row.set(RoomWord.serving, kept.serving)
    }
    this.#asked = row.get(RoomWord.reserved)
    this.queue = new WaitingQueue(row, clock.monotonic(), kept)
    // Kept ahead, and given to nobody but those who came in the last second: they are there when they ask.
    if (isRestart) this.queue.skip([kept.next, kept.reserved])
    if (kept?.draw !== undefined) this.drawing = this.#makeDrawing(kept.draw)
    this.schedule(settings)
  }

  /** What of it outlives the process. */
  get kept(): KeptRoom {
    const { row, drawing } = this
    return {
      reserved: this.#asked,
      next: row.get(RoomWord.next),
      serving: this.queue.serving,
      active: this.queue.sessions,
      gaps: [...this.queue.gaps],
      commanded: this.commanded,
      ...(drawing === undefined ? {} : { draw: drawing.kept }),
    }
  }

  /** What edges have to know besides the board. */
  get facts(): RoomFacts {
    const { index, drawing, name } = this
    return { index, site: name.site, room: name.room, lottery: drawing?.facts }
  }

  /** Takes new settings; a new opening gets a draw of its own. */
  schedule(settings: WaitingRoomConfig): void {
    this.settings = settings
    if (settings.invited) this.#invitations ??= this.#openInvitations()
    const { opens } = settings
    if (opens === undefined) {
      if (this.drawing?.isClosed === false) this.drawing = undefined
    } else if (opens > this.#clock.now() && this.drawing?.kept.opens !== opens) {
      const from = Math.max(this.row.get(RoomWord.next), this.#asked)
      this.drawing = this.#makeDrawing({ opens, seed: randomBytes(32).toString('hex'), from, to: null })
    }
    this.#enterPhase()
  }

  #makeDrawing(kept: KeptDraw): Drawing {
    return new Drawing(kept, this.name, this.row, this.#signer, () => this.queue.gaps)
  }

  enter(entrant: Entrant): Entry {
    const entry = this.queue.enter(entrant, this.#clock.monotonic(), this.#bears, this.settings)
    if (entry.type === 'admitted' && !entrant.hasSession) this.#begun++
    return entry
  }

  /** `done` is called once it is on disk that the invitation has this number; none where the room is not by invitation. */
  redeem(serial: number, from: number, done: (number: number | NoNumber | 'used') => void): void {
    if (this.#invitations === undefined) return done('unkept')
    this.#invitations.redeem(serial, from, () => this.row.take(this.settings.length), done)
  }

  /** The origin has ended a session. */
  end(number: number): void {
    this.queue.end(number)
  }

  renew(number: number): void {
    this.queue.renew(number, this.#clock.monotonic(), this.settings)
  }

  /** Each 250 ms. */
  tick(facts: OriginFacts): void {
    if (this.#ticks++ % 4 === 0) {
      this.#capacity.second(facts, this.#begun)
      this.#begun = 0
    }
    const { awaited } = this.queue
    const coming = (): number => this.queue.coming(this.#clock.monotonic(), OVERDUE * 1000)
    this.#bears = this.#capacity.bears(this.settings, facts, { awaited, coming })
    this.#borne = this.#bears
    this.command(this.commanded)
    this.#enterPhase()
    this.queue.turn(this.#clock.monotonic(), this.#bears, this.settings)
  }

  /** Goes by this from now on, and tells so on the board. */
  command(commanded: Commanded): void {
    this.commanded = commanded
    this.#bears = under(commanded, this.#borne)
    tellBears(this.row, this.#bears)
  }

  /** More numbers are wanted on disk. */
  get wantsNumbers(): boolean {
    return this.#asked - this.row.get(RoomWord.next) < BLOCK / 2
  }

  /** Asks for a block; what is handed back tells that it is on disk. */
  askNumbers(): () => void {
    const asked = Math.max(this.#asked, this.row.get(RoomWord.next)) + BLOCK
    this.#asked = asked
    return () => this.row.set(RoomWord.reserved, Math.max(asked, this.row.get(RoomWord.reserved)))
  }

  /** A list that was closed just now has to be on disk before its order is shown. */
  get wantsSeal(): boolean {
    return this.drawing?.isClosed === true && !this.drawing.isSealed
  }

  /** Nobody is called until the order is there: there is more work to do at once. */
  get isDrawing(): boolean {
    return this.drawing?.isClosed === true && this.drawing.isSealed && this.drawing.order === undefined
  }

  /** A slice of the draw's work; true when the order is there, and edges should be told. */
  draw(): boolean {
    const { drawing } = this
    if (drawing?.turn() !== true) return false
    // In the same turn in which the board says that it is open: nobody is called by the order in which they came.
    this.queue.drawn(drawing.order!, drawing.tickets)
    return true
  }

  #enterPhase(): void {
    const { row, drawing } = this
    const now = this.#clock.now()
    const opens = drawing?.kept.opens
    tellOpening(row, opens, now)
    if (drawing === undefined) return row.set(RoomWord.phase, RoomPhase.open)
    if (drawing.order !== undefined) return
    if (now >= opens! && !drawing.isClosed) drawing.close()
    if (drawing.isClosed) return row.set(RoomWord.phase, RoomPhase.drawing)
    const isGathering = now >= opens! - this.settings.gather
    // Numbers of the draw begin where those before it end.
    const next = row.get(RoomWord.next)
    if (isGathering && row.get(RoomWord.phase) === RoomPhase.before && next < drawing.kept.from) {
      row.set(RoomWord.next, drawing.kept.from)
      this.queue.skip([next, drawing.kept.from])
    }
    row.set(RoomWord.phase, isGathering ? RoomPhase.gathering : RoomPhase.before)
  }
}
