// A waiting room that several nodes have in common, as core of one of them keeps it. Numbers, who is called and who is in are the
// server's to say (cluster/room.ts); this node knows who asks here, and tells its edges by the board how things stand.

import { clockAhead } from '../../base/clock.ts'
import type { Clock } from '../../base/clock.ts'
import { Mark, PRESENCE_OFFSETS, ROOM_RING, RoomPhase, RoomWord, markAge } from '../../board/rooms.ts'
import type { NoNumber, RoomRow } from '../../board/rooms.ts'
import type { RoomHost, RoomLine, RoomReport, RoomView } from '../../cluster/room.ts'
import type { SharedRooms } from '../../cluster/rooms.ts'
import type { WaitingRoomConfig } from '../../config/types.ts'
import type { Epoch, MergedEpoch, RoomFacts, TakenNumber } from '../../threads/rooms.ts'
import type { RoomName, Signer } from '../../waiting/tickets.ts'
import { CallRate } from './call-rate.ts'
import { Capacity, OVERDUE } from './capacity.ts'
import type { OriginFacts } from './capacity.ts'
import { under } from './control.ts'
import type { Commanded } from './control.ts'
import type { KeptRoom } from './keeping.ts'
import type { Drawing } from './draw.ts'
import { countPresent, publishPresence } from './presence.ts'
import { ABSENT } from './queue.ts'
import type { Bears, Entrant, Entry } from './queue.ts'
import { UNCONFIRMED } from './sessions.ts'
import { SharedDraw } from './node-draw.ts'
import { tellBears, tellOpening, tellSecond } from './told.ts'

/** Positions that the others are told of: 2 KiB a message, and more than 10,000 a second call in a quarter of one. */
const WINDOW = 16_384
/** Numbers that may have been given out since the state was written last, as a block of a room by itself (room.ts). */
const SINCE_KEPT = 16_384
/** Milliseconds after which what was not merged never will be: longer than a node that was killed takes to come back. */
const WHOLE_AFTER = 60_000

interface Inside {
  until: number
  /** Over in any case. */
  over: number
}

export interface SharedRoomParts {
  clock: Clock
  /** What edges have to know has changed. */
  changed: () => void
  /** Tickets are signed with the key of all nodes. */
  isSigned: () => boolean
  signer: () => Signer
}

export class SharedRoom implements RoomHost {
  readonly index: number
  readonly name: RoomName
  readonly row: RoomRow
  readonly wantsNumbers = false
  readonly wantsSeal = false
  readonly #draw: SharedDraw
  settings: WaitingRoomConfig
  commanded: Commanded
  readonly #parts: SharedRoomParts
  readonly #keptEpochs: Epoch[]
  readonly #inside = new Map<number, Inside>()
  readonly #rate = new CallRate()
  readonly #capacity = new Capacity()
  #line: RoomLine | null = null
  #view: RoomView | null = null
  #bears: Bears = { sessions: 0, rate: 0 }
  #borne: Bears = this.#bears
  #begun = 0
  #ticks = 0
  #second = -1
  /** Called in each of the last seconds, by any node. */
  #called: number[] = []
  #present: number[] = PRESENCE_OFFSETS.map(() => 0)
  #apartAt: number
  #isWhole = false

  constructor(
    { index, name, row }: { index: number; name: RoomName; row: RoomRow },
    parts: SharedRoomParts,
    settings: WaitingRoomConfig,
    kept: KeptRoom | undefined,
  ) {
    this.index = index
    this.name = name
    this.row = row
    this.settings = settings
    this.commanded = kept?.commanded ?? {}
    this.#parts = parts
    const { signer, changed } = parts
    this.#draw = new SharedDraw({ name, row, signer, changed, line: () => (parts.isSigned() ? this.#line : null) })
    this.#apartAt = parts.clock.monotonic()
    this.#keptEpochs = (kept?.epochs ?? []).map(({ id, count }) => ({ id, count: count + SINCE_KEPT }))
    row.set(RoomWord.next, Math.max(row.get(RoomWord.next), kept?.reserved ?? 0))
    row.set(RoomWord.serving, Math.max(row.get(RoomWord.serving), kept?.serving ?? 0))
    // Whoever was in is asked about anew.
    row.marks.forEach((mark, at) => mark === Mark.entered && row.setMark(at, Mark.unknown))
    this.#enterPhase()
  }

  /** The server can be asked from now on. */
  join(rooms: SharedRooms): void {
    this.#line = rooms.open(this.name.site, this.name.room, this, this.#keptEpochs)
  }

  get kept(): KeptRoom {
    const next = this.row.get(RoomWord.next)
    const epochs = (this.#line?.epochs ?? this.#keptEpochs).map(({ id, count }) => ({ id, count }))
    const { commanded } = this
    return { reserved: next, next, serving: this.row.get(RoomWord.serving), active: 0, commanded, epochs }
  }

  get facts(): RoomFacts {
    const { index, name } = this
    const shared = { epochs: this.#view?.epochs ?? [], isWhole: this.#isWhole }
    return { index, site: name.site, room: name.room, lottery: this.#draw.lottery, shared }
  }

  schedule(settings: WaitingRoomConfig): void {
    this.settings = settings
    this.#enterPhase()
  }

  /** The next number; among those of all nodes, or of this one while it is apart. */
  async number(length: number): Promise<TakenNumber | NoNumber> {
    const line = this.#line
    if (line === null || !this.#parts.isSigned()) return 'unkept'
    const own = line.epochs.reduce((sum, { count }) => sum + count, 0)
    const refusal = this.row.refusal(length - own)
    if (refusal !== undefined) return refusal
    const taken = await new Promise<TakenNumber>(resolve => line.take(resolve))
    if (taken.epoch === null) this.#isHere(taken.number)
    return taken
  }

  async enter({ number, hasSession, from }: Entrant): Promise<Entry> {
    const { row } = this
    const { idle, longest } = this.settings
    const position = row.positionOf(number)
    const isShut = row.get(RoomWord.phase) !== RoomPhase.open
    const { sessions } = this.#bears
    const wish = { number, position, hasSession, from, idle, longest, sessions, isShut }
    const entered = (await this.#line?.enter(wish)) ?? { type: 'apart' }
    if (entered.type === 'in') {
      if (!hasSession) this.#begun++
      return this.#admit(number, entered.left)
    }
    if (entered.type === 'spent') {
      this.ended(number)
      return { type: 'spent' }
    }
    // Those inside go on, whichever node they come to: that they were let in is signed.
    if (entered.type === 'apart' && hasSession && row.mark(number) !== Mark.ended) return this.#admit(number, longest)
    row.markPresent(number)
    const before = entered.type === 'waits' ? entered.ahead : 0
    return { type: 'waits', ahead: before + (position < row.get(RoomWord.serving) ? 0 : row.presentBefore(position)) }
  }

  redeem(serial: number, from: number, done: (number: number | NoNumber | 'used') => void): void {
    const refusal = this.row.refusal(this.settings.length)
    if (this.#line === null || !this.#parts.isSigned()) return done('unkept')
    if (refusal !== undefined) return done(refusal)
    void this.#redeem(this.#line, serial, from, done)
  }

  async #redeem(line: RoomLine, serial: number, from: number, done: (answer: number | NoNumber | 'used') => void) {
    const number = await line.redeem(serial, from)
    if (typeof number === 'number') this.#isHere(number)
    done(number)
  }

  renew(number: number): void {
    const inside = this.#inside.get(number)
    const now = this.#parts.clock.monotonic()
    if (inside !== undefined) inside.until = Math.min(now + this.settings.idle, inside.over)
    this.#line?.renew(number)
  }

  /** The origin has ended a session. */
  end(number: number): void {
    this.ended(number)
    this.#line?.end(number)
  }

  /** Each 250 ms. */
  tick(facts: OriginFacts): void {
    if (this.#ticks++ % 4 === 0) {
      this.#capacity.second(facts, this.#begun)
      this.#begun = 0
    }
    const nodes = Math.max(1, this.#view?.nodes ?? 1)
    const awaited = (this.#view?.awaited ?? 0) / nodes
    const coming = (): number => Math.min(awaited, this.#called.reduce((sum, count) => sum + count, 0) / nodes)
    this.#borne = this.#capacity.bears(this.settings, facts, { awaited, coming })
    this.command(this.commanded)
    this.#enterPhase()
    this.#expire()
    this.#eachSecond()
    this.#watchWhole()
  }

  /** Goes by this from now on; `isNew`: said here, so that the other nodes have to hear of it. */
  command(commanded: Commanded, isNew = false): void {
    this.commanded = commanded
    if (isNew) this.#line?.command(commanded)
    this.#bears = under(commanded, this.#borne)
    tellBears(this.row, this.#bears)
  }

  get drawing(): Drawing | undefined {
    return this.#draw.drawing
  }

  get isDrawing(): boolean {
    return this.#draw.isDrawing
  }

  /** A slice of the draw's work; true when the order is there, and edges should be told. */
  draw(): boolean {
    return this.#draw.drawing?.turn() === true
  }

  report(): RoomReport {
    const { row, settings, commanded } = this
    const next = row.get(RoomWord.next)
    const from = Math.min(next, this.#view?.reached ?? row.get(RoomWord.serving))
    const upTo = Math.min(next, from + WINDOW)
    const bits = Buffer.alloc(Math.ceil((upTo - from) / 8))
    for (let at = from; at < upTo; at++) if (this.#isPresent(at)) bits[(at - from) >> 3]! |= 1 << ((at - from) & 7)
    const { rate, sessions } = this.#bears
    const isGuess = settings.rate === null && settings.sessions === null && commanded.rate === undefined
    const isOpen = row.get(RoomWord.phase) === RoomPhase.open
    const { idle, longest } = settings
    return {
      next,
      serving: from,
      from,
      upTo,
      bits,
      present: this.#present,
      rate,
      sessions,
      isGuess,
      isOpen,
      idle,
      longest,
    }
  }

  heard(view: RoomView): void {
    const { row } = this
    const before = this.#view
    this.#view = view
    row.set(RoomWord.next, Math.max(view.next, row.get(RoomWord.next)))
    row.set(RoomWord.serving, view.serving)
    row.set(RoomWord.active, view.active)
    row.set(RoomWord.awaited, view.awaited)
    row.set(RoomWord.ahead, this.#clockAhead(view))
    const called = Math.max(0, view.called - (before?.called ?? view.called))
    this.#rate.called(called)
    this.#called[0] = (this.#called[0] ?? 0) + called
    if (view.commanded !== null) this.command(view.commanded)
    if (JSON.stringify(before?.epochs ?? []) !== JSON.stringify(view.epochs)) this.#parts.changed()
  }

  merged(epoch: MergedEpoch): void {
    const { row } = this
    row.set(RoomWord.next, Math.max(row.get(RoomWord.next), epoch.base + epoch.count))
    // They have asked here: nobody is passed over before they ask again.
    for (let i = Math.max(0, epoch.count - ROOM_RING); i < epoch.count; i++) row.markPresent(epoch.base + i)
    if (this.#view !== null) this.#view = { ...this.#view, epochs: [...this.#view.epochs, epoch] }
    this.#parts.changed()
  }

  inside(): number[] {
    return [...this.#inside.keys()]
  }

  ended(number: number): void {
    this.#inside.delete(number)
    this.#mark(number, Mark.ended)
  }

  #admit(number: number, left: number): Entry {
    const now = this.#parts.clock.monotonic()
    const before = this.#inside.get(number)
    const over = now + left
    const until = Math.min(over, Math.max(before?.until ?? 0, now + Math.min(this.settings.idle, UNCONFIRMED)))
    this.#inside.set(number, { until, over })
    this.#mark(number, Mark.entered)
    return { type: 'admitted' }
  }

  /** Who has not shown life here may have done so elsewhere: the server is asked when they come again. */
  #expire(): void {
    const now = this.#parts.clock.monotonic()
    for (const [number, { until, over }] of this.#inside) {
      if (Math.min(until, over) > now) continue
      this.#inside.delete(number)
      if (this.row.mark(number) === Mark.entered) this.#mark(number, Mark.unknown)
    }
  }

  #mark(number: number, mark: number): void {
    if (this.row.get(RoomWord.next) - number <= ROOM_RING) this.row.setMark(number, mark)
  }

  /** A number was given out here. */
  #isHere(number: number): void {
    this.row.set(RoomWord.next, Math.max(this.row.get(RoomWord.next), number + 1))
    this.row.arrived(number)
  }

  #isPresent(position: number): boolean {
    return markAge(this.row.mark(this.#numberAt(position)), this.row.get(RoomWord.second)) < ABSENT
  }

  #numberAt(position: number): number {
    const { order } = this.#draw.drawing ?? {}
    const from = this.row.get(RoomWord.drawnFrom)
    const drawn = order?.[position - from]
    return drawn === undefined ? position : from + drawn
  }

  /** A word of the board holds 24 days of it. */
  #clockAhead({ time, asked }: RoomView): number {
    const ahead = clockAhead(this.#parts.clock, time, asked)
    return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, ahead))
  }

  #eachSecond(): void {
    const second = Math.floor(this.#parts.clock.monotonic() / 1000)
    if (second === this.#second) return
    this.#second = second
    const { row } = this
    const [serving, next] = [row.get(RoomWord.serving), row.get(RoomWord.next)]
    tellSecond(row, this.#rate, serving < next, this.#bears, this.settings.idle)
    this.#called = [0, ...this.#called.slice(0, OVERDUE - 1)]
    this.#tellPresence(serving, next)
  }

  /** Who is there at this node is counted here; the board has the sum over all. */
  #tellPresence(serving: number, next: number): void {
    const own = this.#present
    const sums = this.#view?.present ?? []
    const counted = countPresent([serving, next], [], position => this.#isPresent(position))
    const everywhere = PRESENCE_OFFSETS.map((offset, step) => {
      const others = Math.max(0, (sums[step] ?? 0) - (own[step] ?? 0))
      return Math.min(offset, Math.max(0, next - serving), counted[step]! + others)
    })
    publishPresence(this.row, next, [], everywhere)
    this.#present = counted
  }

  /** Edges hear once nothing can be merged any more that is not. */
  #watchWhole(): void {
    const now = this.#parts.clock.monotonic()
    if (this.#line === null || this.#line.isApart || this.#view?.isSettled !== true) this.#apartAt = now
    const isWhole = now - this.#apartAt >= WHOLE_AFTER
    if (isWhole === this.#isWhole) return
    this.#isWhole = isWhole
    this.#parts.changed()
  }

  #enterPhase(): void {
    const { row } = this
    const now = this.#parts.clock.now() + row.get(RoomWord.ahead)
    tellOpening(row, this.settings.opens, now)
    row.set(RoomWord.phase, this.#draw.phase(this.settings, now))
  }
}
