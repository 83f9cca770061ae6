// The waiting rooms as an edge sees them: their rows on the board, the key, the settings, and what core has told of them.

import type { Clock } from '../../base/clock.ts'
import type { Board } from '../../board/board.ts'
import { RoomWord } from '../../board/rooms.ts'
import type { RoomRow } from '../../board/rooms.ts'
import type { Config, WaitingRoomConfig } from '../../config/types.ts'
import type { RoomFacts } from '../../threads/rooms.ts'
import { Signer, keyOnBoard } from '../../waiting/tickets.ts'
import type { RoomName, Ticket } from '../../waiting/tickets.ts'

export interface EdgeRoom {
  readonly name: RoomName
  readonly index: number
  readonly row: RoomRow
  readonly signer: Signer
  readonly settings: WaitingRoomConfig
  readonly lottery: RoomFacts['lottery']
  /** Several nodes have it in common. */
  readonly shared: RoomFacts['shared']
}

/** `isApart`: its number is one that a node gave out by itself, and nobody knows yet where that will stand. `isVoid`: nor ever will. */
export type ReadTicket = Ticket & { readonly isApart?: boolean; readonly isVoid?: boolean }

/** What this text is worth in the room, with the number that it has for every node. Undefined for what is none of ours. */
export function readTicket({ signer, name, shared }: EdgeRoom, text: string): ReadTicket | undefined {
  const ticket = signer.readTicket(name, text)
  if (ticket?.epoch === undefined) return ticket
  const merged = shared?.epochs.find(({ id }) => id === ticket.epoch)
  if (merged !== undefined && ticket.number < merged.count) return { ...ticket, number: merged.base + ticket.number }
  return { ...ticket, isApart: true, ...(shared?.isWhole !== false && { isVoid: true }) }
}

/** Milliseconds since the epoch: by the clock of the nodes' server, where several have the room in common. */
export const timeIn = ({ row }: Pick<EdgeRoom, 'row'>, clock: Pick<Clock, 'now'>): number =>
  clock.now() + row.get(RoomWord.ahead)

export class EdgeRooms {
  readonly #board: Board
  #config: Pick<Config, 'sites'>
  #facts: readonly RoomFacts[] = []
  #rooms = new Map<string, EdgeRoom>()
  /** Counts how often they have been made anew. */
  version = 0

  constructor(board: Board, config: Pick<Config, 'sites'>) {
    this.#board = board
    this.#config = config
  }

  configure(config: Pick<Config, 'sites'>): void {
    this.#config = config
    this.#build()
  }

  /** Core's word of which rooms there are. */
  update(facts: readonly RoomFacts[]): void {
    this.#facts = facts
    this.#build()
  }

  /** Undefined until core has told of it. */
  find(site: string, room: string): EdgeRoom | undefined {
    return this.#rooms.get(`${site}/${room}`)
  }

  /** Those of this name, of whatever site. */
  called(room: string): EdgeRoom[] {
    return [...this.#rooms.values()].filter(({ name }) => name.room === room)
  }

  get size(): number {
    return this.#rooms.size
  }

  #build(): void {
    this.#rooms = new Map()
    this.version++
    const key = keyOnBoard(this.#board.signingKey)
    if (key === undefined) return
    const signer = new Signer(key)
    for (const { index, site, room, lottery, shared } of this.#facts) {
      const found = this.#config.sites.find(({ name }) => name === site)
      const settings = found?.waitingRoom.find(({ name }) => name === room)
      if (settings === undefined) continue
      const row = this.#board.room(index)
      this.#rooms.set(`${site}/${room}`, { name: { site, room }, index, row, signer, settings, lottery, shared })
    }
  }
}
