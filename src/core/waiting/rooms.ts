// All waiting rooms of the process: which row of the board is whose, when each is looked at, what is written to disk. Nothing
// of it exists while the config names no room.

import type { Clock } from '../../base/clock.ts'
import type { Board } from '../../board/board.ts'
import type { SharedRooms } from '../../cluster/rooms.ts'
import { MAX_ROOMS, RoomWord } from '../../board/rooms.ts'
import type { NoNumber, RoomRow } from '../../board/rooms.ts'
import type { Config } from '../../config/types.ts'
import type { Log } from '../../threads/log.ts'
import type { CoreToEdge, EdgeToCore } from '../../threads/messages.ts'
import type { Admission, RoomChange, RoomFacts, RoomState, TakenNumber } from '../../threads/rooms.ts'
import { finishHash, hashBytes } from '../../store/hash.ts'
import { Signer, keyOnBoard, putKeyOnBoard } from '../../waiting/tickets.ts'
import type { RoomName } from '../../waiting/tickets.ts'
import type { OriginFacts } from './capacity.ts'
import { changed } from './control.ts'
import type { Commanded } from './control.ts'
import { Keeping } from './keeping.ts'
import type { KeptRoom } from './keeping.ts'
import type { Entry } from './queue.ts'
import { Room } from './room.ts'
import { SharedRoom } from './node-room.ts'

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
  #rooms: (Room | SharedRoom)[] = []
  /** Other nodes have the rooms too; null until it is known how to ask them. */
  #others: SharedRooms | null = null
  #isShared = false
  /** Tickets are signed with the key of all nodes. */
  #isSigned = false
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

  configure({ sites, data, cluster }: Pick<Config, 'sites' | 'data' | 'cluster'>): void {
    this.#isShared = cluster.url.length > 0
    const wanted = sites.flatMap(site => site.waitingRoom.map(settings => ({ site: site.name, settings })))
    if (wanted.length === 0 && this.#rooms.length === 0) return
    this.#configured = new Map(
      wanted.map(each => [nameOf({ site: each.site, room: each.settings.name }), each.settings]),
    )
    this.#begin(data)
    const rooms: (Room | SharedRoom)[] = []
    for (const { site, settings } of wanted) {
      const there = this.#rooms.find(({ name }) => name.site === site && name.room === settings.name)
      const now = this.#settingsOf({ site, room: settings.name }, settings)
      there?.schedule(now)
      const room = there ?? this.#make({ site, room: settings.name }, now, rooms)
      if (room !== undefined) rooms.push(room)
    }
    for (const { name } of this.#rooms.filter(room => !rooms.includes(room))) this.#others?.close(name.site, name.room)
    this.#rooms = rooms
    this.#tell()
    this.#keep()
    if (this.#others !== null) this.#others.begin(this.#secrets)
  }

  /** Other nodes have these rooms as well. */
  share(others: SharedRooms): void {
    this.#others = others
    for (const room of this.#rooms) if (room instanceof SharedRoom) room.join(others)
    if (this.#rooms.length > 0) others.begin(this.#secrets)
  }

  /** What nodes sign with: the one that comes first has it, the others take it. */
  readonly #secrets = {
    secret: (): string => Buffer.from(this.#keeping!.key).toString('hex'),
    agreed: (secret: string): void => {
      if (secret !== this.#secrets.secret()) {
        this.#keeping!.sign(Buffer.from(secret, 'hex'))
        this.#signWith(this.#keeping!.key)
        this.#tell()
      }
      this.#isSigned = true
    },
  }

  #signWith(key: Uint8Array): void {
    this.#signer = new Signer(key)
    putKeyOnBoard(this.#deps.board.signingKey, key)
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
    room.command(changed(before, change), true)
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
      const answer = (entry: Entry): void => this.#deps.tell(slot, { type: 'entry', id: message.id, entry })
      const entry = room?.enter(message) ?? { type: 'waits', ahead: 0 }
      if (entry instanceof Promise) void entry.then(answer)
      else answer(entry)
    } else if (message.type === 'number') {
      const answer = (taken: TakenNumber | NoNumber): void =>
        this.#deps.tell(slot, { type: 'numbered', id: message.id, taken })
      if (room instanceof SharedRoom) void room.number(message.length).then(answer)
      else answer('unkept')
    } else if (message.type === 'redeem') {
      const answer = (number: number | NoNumber | 'used'): void =>
        this.#deps.tell(slot, { type: 'invited', id: message.id, number })
      if (room === undefined) answer('unkept')
      else room.redeem(message.serial, message.from, answer)
    } else if (message.type === 'renew') room?.renew(message.number)
    else room?.end(message.number)
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
  #draw(room: Room | SharedRoom): void {
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
    // Who has shared rooms before has the key of all nodes.
    this.#isSigned = Object.values(this.#keeping.before).some(({ epochs }) => epochs !== undefined)
    this.#signWith(this.#keeping.key)
  }

  /** In the row that it has had before, or a free one. */
  #make(
    name: RoomName,
    settings: Room['settings'],
    taken: readonly (Room | SharedRoom)[],
  ): Room | SharedRoom | undefined {
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
    if (this.#isShared) return this.#makeShared({ ...found, name }, settings, kept)
    const parts = { clock, log, signer: this.#signer!, folder: this.#folder }
    return new Room({ ...found, name }, parts, settings, kept)
  }

  #makeShared(
    place: { index: number; name: RoomName; row: RoomRow },
    settings: Room['settings'],
    kept: KeptRoom | undefined,
  ): SharedRoom {
    const parts = {
      clock: this.#deps.clock,
      changed: () => this.#tell(),
      isSigned: () => this.#isSigned,
      signer: () => this.#signer!,
    }
    const room = new SharedRoom(place, parts, settings, kept)
    if (this.#others !== null) room.join(this.#others)
    return room
  }

  /** Edges may have been told already; they take the last word. */
  #tell(): void {
    this.#deps.tellAll({ type: 'rooms', rooms: this.facts })
  }

  /** Writes what has changed; numbers asked for may be given out once it is written. */
  #keep(): void {
    if (this.#hasLetGo) return
    const granted = this.#rooms.flatMap(room => (room instanceof Room && room.wantsNumbers ? [room.askNumbers()] : []))
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
