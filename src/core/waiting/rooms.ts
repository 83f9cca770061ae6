// All waiting rooms of the process: which row of the board is whose, when each is looked at, what is written to disk. Nothing
// of it exists while the config names no room.

import type { Clock } from '../../base/clock.ts'
import type { Board } from '../../board/board.ts'
import { MAX_ROOMS, RoomWord } from '../../board/rooms.ts'
import type { NoNumber } from '../../board/rooms.ts'
import type { Config } from '../../config/types.ts'
import type { Log } from '../../threads/log.ts'
import type { CoreToEdge, EdgeToCore } from '../../threads/messages.ts'
import type { Admission, RoomChange, RoomFacts, RoomState } from '../../threads/rooms.ts'
import { finishHash, hashBytes } from '../../store/hash.ts'
import { Signer, keyOnBoard, putKeyOnBoard } from '../../waiting/tickets.ts'
import type { RoomName } from '../../waiting/tickets.ts'
import type { OriginFacts } from './capacity.ts'
import { changed } from './control.ts'
import type { Commanded } from './control.ts'
import { Keeping } from './keeping.ts'
import type { KeptRoom } from './keeping.ts'
import { Room } from './room.ts'

export interface WaitingRoomsDeps {
  board: Board
  clock: Clock
  log: Log
  /** What the site's origins bear and do now. */
  facts(site: string): OriginFacts
  tell(slot: number, message: CoreToEdge): void
  tellAll(message: CoreToEdge): void
}

type ToRooms = Extract<EdgeToCore, { room: number }>

/** Ticks, of 250 ms each, between two writes of what has changed. */
const KEEP_EVERY = 4

export class WaitingRooms {
  readonly #deps: WaitingRoomsDeps
  #rooms: Room[] = []
  /** Settings as the config has them, and what is to hold in their place, by site and room. */
  #configured = new Map<string, Room['settings']>()
  readonly #admissions = new Map<string, Admission>()
  #keeping: Keeping | undefined
  #signer: Signer | undefined
  #folder = ''
  #ticks = 0
  #kept = ''
  /** The next slice of a draw is on its way. */
  #isDrawing = false
  #hasLetGo = false

  constructor(deps: WaitingRoomsDeps) {
    this.#deps = deps
  }

  get facts(): RoomFacts[] {
    return this.#rooms.map(({ facts }) => facts)
  }

  configure({ sites, data }: Pick<Config, 'sites' | 'data'>): void {
    const wanted = sites.flatMap(site => site.waitingRoom.map(settings => ({ site: site.name, settings })))
    if (wanted.length === 0 && this.#rooms.length === 0) return
    this.#configured = new Map(
      wanted.map(each => [nameOf({ site: each.site, room: each.settings.name }), each.settings]),
    )
    this.#begin(data)
    const rooms: Room[] = []
    for (const { site, settings } of wanted) {
      const there = this.#rooms.find(({ name }) => name.site === site && name.room === settings.name)
      const now = this.#settingsOf({ site, room: settings.name }, settings)
      there?.schedule(now)
      const room = there ?? this.#make({ site, room: settings.name }, now, rooms)
      if (room !== undefined) rooms.push(room)
    }
    this.#rooms = rooms
    this.#tell()
    this.#keep()
  }

  /** How a room is to call in place of what its config says; null: as the config says. False where there is no such room. */
  admit(name: RoomName, admission: Admission | null): boolean {
    const room = this.#rooms.find(each => each.name.site === name.site && each.name.room === name.room)
    if (admission === null) this.#admissions.delete(nameOf(name))
    else this.#admissions.set(nameOf(name), admission)
    const configured = this.#configured.get(nameOf(name))
    if (room === undefined || configured === undefined) return admission === null
    room.schedule(this.#settingsOf(name, configured))
    this.#tell()
    this.#keep()
    return true
  }

  #settingsOf(name: RoomName, configured: Room['settings']): Room['settings'] {
    const admission = this.#admissions.get(nameOf(name))
    if (admission === undefined) return configured
    const { opens, sessions, rate } = admission
    return {
      ...configured,
      opens: opens ?? configured.opens,
      sessions: sessions === undefined ? configured.sessions : sessions,
      rate: rate === undefined ? configured.rate : rate,
    }
  }

  get states(): RoomState[] {
    return this.#rooms.map(({ index, name, commanded }) => ({ index, ...name, commanded }))
  }

  /** An operator's word; null when it is taken, else why it is not. `site` and `name` are null where there is one only. */
  command(site: string | null, name: string | null, change: RoomChange): 'unknown-room' | 'which-room' | null {
    const meant = this.#rooms.filter(
      room => (site === null || room.name.site === site) && (name === null || room.name.room === name),
    )
    const [room] = meant
    if (room === undefined) return 'unknown-room'
    if (meant.length > 1) return 'which-room'
    const before = room.commanded
    room.command(changed(before, change))
    this.#deps.log('info', 'waiting-room-commanded', {
      ...room.name,
      ...auditOf(room.commanded),
      before: auditOf(before),
    })
    this.#keep()
    return null
  }

  /** Takes a message of an edge. */
  hear(slot: number, message: ToRooms): void {
    const room = this.#rooms.find(({ index }) => index === message.room)
    if (message.type === 'enter') {
      const entry = room?.enter(message) ?? { type: 'waits', ahead: 0 }
      this.#deps.tell(slot, { type: 'entry', id: message.id, entry })
    } else if (message.type === 'redeem') {
      const answer = (number: number | NoNumber | 'used'): void =>
        this.#deps.tell(slot, { type: 'invited', id: message.id, number })
      if (room === undefined) answer('unkept')
      else room.redeem(message.serial, message.from, answer)
    } else if (message.type === 'renew') room?.renew(message.number)
    else room?.queue.end(message.number)
  }

  /** Another process calls from now on, with what is on disk. */
  letGo(): void {
    this.#hasLetGo = true
  }

  /** Each 250 ms. */
  tick(): void {
    if (this.#rooms.length === 0 || this.#hasLetGo) return
    for (const room of this.#rooms) {
      room.tick(this.#deps.facts(room.name.site))
      this.#draw(room)
    }
    const isUrgent = this.#rooms.some(({ wantsNumbers, wantsSeal }) => wantsNumbers || wantsSeal)
    if (++this.#ticks % KEEP_EVERY === 0 || isUrgent) this.#keep()
  }

  /** A slice now; while a draw keeps people waiting, the next as soon as core has heard everybody else. */
  #draw(room: Room): void {
    if (room.draw()) {
      void room.drawing!.writeDown(this.#folder, this.#deps.log)
      this.#tell()
    }
    if (!room.isDrawing || this.#isDrawing) return
    this.#isDrawing = true
    setImmediate(() => {
      this.#isDrawing = false
      this.#draw(room)
    })
  }

  #begin(folder: string): void {
    if (this.#keeping !== undefined) return
    const words = this.#deps.board.signingKey
    this.#folder = folder
    this.#keeping = new Keeping(folder, this.#deps.log, keyOnBoard(words))
    this.#signer = new Signer(this.#keeping.key)
    putKeyOnBoard(words, this.#keeping.key)
  }

  /** In the row that it has had before, or a free one. */
  #make(name: RoomName, settings: Room['settings'], taken: readonly Room[]): Room | undefined {
    const identity = identityOf(name)
    const all = Array.from({ length: MAX_ROOMS }, (_, index) => ({ index, row: this.#deps.board.room(index) }))
    const free = all.filter(({ index }) => ![...taken, ...this.#rooms].some(room => room.index === index))
    const had = free.find(({ row }) => row.get(RoomWord.identity) === identity)
    const found = had ?? free[0]
    if (found === undefined) return undefined
    if (had === undefined) {
      found.row.words.fill(0)
      found.row.marks.fill(0)
    }
    found.row.set(RoomWord.identity, identity)
    const kept = this.#keeping!.before[`${name.site}/${name.room}`]
    const { clock, log } = this.#deps
    const parts = { clock, log, signer: this.#signer!, folder: this.#folder }
    return new Room({ ...found, name }, parts, settings, kept)
  }

  /** Edges may have been told already; they take the last word. */
  #tell(): void {
    this.#deps.tellAll({ type: 'rooms', rooms: this.facts })
  }

  /** Writes what has changed; numbers asked for may be given out once it is written. */
  #keep(): void {
    if (this.#hasLetGo) return
    const granted = this.#rooms.filter(({ wantsNumbers }) => wantsNumbers).map(room => room.askNumbers())
    granted.push(
      ...this.#rooms
        .filter(({ wantsSeal }) => wantsSeal)
        .map(
          ({ drawing }) =>
            () =>
              drawing!.seal(),
        ),
    )
    const state: Record<string, KeptRoom> = { ...this.#keeping!.before }
    for (const { name, kept } of this.#rooms) state[`${name.site}/${name.room}`] = kept
    const text = JSON.stringify(state)
    if (text === this.#kept && granted.length === 0) return
    this.#kept = text
    this.#keeping!.keep(state, () => {
      for (const grant of granted) grant()
    })
  }
}

const nameOf = ({ site, room }: RoomName): string => `${site}/${room}`

/** 32 bits, as for origins (core/rows.ts). */
function identityOf({ site, room }: RoomName): number {
  const bytes = Buffer.from(`${site}\n${room}`)
  return finishHash(hashBytes(0, bytes, 0, bytes.length))
}

/** For the log: what held before and what holds now. */
const auditOf = ({ rate, isPaused }: Commanded) => ({
  rate: rate === undefined ? 'as configured' : `${rate}/s`,
  paused: isPaused === true,
})
