// Polls: "is it my turn?", at a path of ours, from everybody who waits, every few seconds. Both lanes answer them from the board
// alone. In the fast lane one costs about what a hit costs: all are written into the same bytes, whose head is made once a
// second; the signature of a ticket is checked once for each connection, since a browser repeats its header byte for byte.

import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Answer } from '../../exchange.ts'
import { all } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { formatDate } from '../../http/dates.ts'
import { FIELDS, placeMembers } from './answers.ts'
import { readTicket, timeIn } from './edge-rooms.ts'
import type { EdgeRoom, EdgeRooms, ReadTicket } from './edge-rooms.ts'
import { isTooOld } from './judge.ts'
import { behindAll, placeAt } from './place.ts'
import type { Place } from './place.ts'
import { takeCookies, takeQuery } from './visit.ts'

/** Every poll is below this path, with the room's name behind it. */
export const POLL_PATH = '/.breakwater/waiting/'
/** Bytes of every answer's body, filled up with blanks, so that its length stands in the head that is made beforehand. */
const BODY_LENGTH = 176

/** A header that stays the same from poll to poll: what it holds is read once, and kept with it. */
export interface RepeatedHeader {
  readonly fields: Fields
  standing?: unknown
}

/** Who polls, and where. */
class Standing {
  readonly site: string
  readonly target: string
  readonly room: EdgeRoom
  /** Undefined for a ticket that is none. */
  readonly number: number | undefined
  /** Given to who did not look like people: asking alone does not make it stand in the queue. */
  readonly isDoubtful: boolean
  /** Behind all others until nodes are together again. */
  readonly isApart: boolean
  /** The rooms that it was read for: another key may have signed it, or core told of other rooms. */
  readonly version: number

  constructor(site: string, target: string, room: EdgeRoom, ticket: ReadTicket | undefined, version: number) {
    this.site = site
    this.target = target
    this.room = room
    this.number = ticket?.number
    this.isDoubtful = ticket?.isDoubtful === true
    this.isApart = ticket?.isApart === true
    this.version = version
  }
}

/** A whole answer. It is written over by the next one, unless it is kept. */
export interface PollBytes {
  readonly whole: Buffer
  readonly headOnly: Buffer
}

export interface PollDeps {
  rooms: EdgeRooms
  clock: Clock
  random: Random
}

export class Polls {
  readonly #deps: PollDeps
  #second = 0
  #bytes: PollBytes | undefined

  constructor(deps: PollDeps) {
    this.#deps = deps
  }

  /** The whole answer to a GET for this target below POLL_PATH, or undefined where it is nothing to poll. */
  answer(site: string, target: string, header: RepeatedHeader): PollBytes | undefined {
    let standing = header.standing instanceof Standing ? header.standing : undefined
    if (standing?.target !== target || standing.version !== this.#deps.rooms.version || standing.site !== site) {
      standing = header.standing = this.#read(site, target, header.fields)
      if (standing === undefined) return undefined
    }
    const bytes = this.#bytesNow()
    bytes.whole.write(bodyOf(this.#placeOf(standing)), bytes.headOnly.length, 'latin1')
    return bytes
  }

  /** Whoever was given these bytes has not sent them yet: the next answer is written elsewhere. */
  keep(bytes: PollBytes): void {
    if (this.#bytes === bytes) this.#bytes = undefined
  }

  /** The same for the slow lane, and what else there is below the path. */
  page(site: string, target: string, fields: Fields): Answer | undefined {
    const path = takeQuery(target).target
    if (path.endsWith('/lottery')) return this.#lottery(site, path)
    const standing = this.#read(site, target, fields)
    if (standing === undefined) return undefined
    const body = Buffer.from(bodyOf(this.#placeOf(standing)))
    return { status: 200, fields: ['Content-Type', 'application/json', ...FIELDS], body }
  }

  #placeOf({ room, number, isDoubtful, isApart }: Standing): Place {
    const { clock, random } = this.#deps
    if (number !== undefined && isApart)
      return placeAt(room.row, behindAll(room.row, number), timeIn(room, clock), random)
    if (number !== undefined && !isDoubtful) room.row.markPresent(number)
    const place = placeAt(
      room.row,
      number === undefined ? undefined : room.row.positionOf(number),
      timeIn(room, clock),
      random,
    )
    const isIn = number !== undefined && room.row.isIn(number)
    // Who has no ticket is told to come to the door, where there are some.
    const hasNone = number === undefined && (place.state === 'waiting' || place.state === 'gathering')
    return isIn || hasNone ? { ...place, state: 'called' } : place
  }

  #read(site: string, target: string, fields: Fields): Standing | undefined {
    const { target: path, query } = takeQuery(target)
    const room = this.#deps.rooms.find(site, path.slice(POLL_PATH.length))
    if (room === undefined) return undefined
    const text = ticketIn(fields, room.name.room) ?? query['bw-ticket']
    const ticket = text === undefined ? undefined : readTicket(room, text)
    const isGood = ticket !== undefined && ticket.isVoid !== true && !isTooOld(ticket, timeIn(room, this.#deps.clock))
    return new Standing(site, target, room, isGood ? ticket : undefined, this.#deps.rooms.version)
  }

  #lottery(site: string, path: string): Answer | undefined {
    const room = this.#deps.rooms.find(site, path.slice(POLL_PATH.length, -'/lottery'.length))
    if (room?.lottery === undefined) return undefined
    const { opens, commitment, seed } = room.lottery
    const body = { ...room.name, opens: new Date(opens).toISOString(), commitment, seed }
    return {
      status: 200,
      fields: ['Content-Type', 'application/json', ...FIELDS],
      body: Buffer.from(JSON.stringify(body)),
    }
  }

  /** With the head of this second. */
  #bytesNow(): PollBytes {
    const second = Math.floor(this.#deps.clock.now() / 1000)
    if (second === this.#second && this.#bytes !== undefined) return this.#bytes
    this.#second = second
    const fields = [...FIELDS, 'Content-Type', 'application/json', 'Content-Length', String(BODY_LENGTH)]
    const lines = fields.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('')
    const head = `HTTP/1.1 200 OK\r\nDate: ${formatDate(second * 1000)}\r\n${lines}\r\n`
    const whole = Buffer.from(head + ' '.repeat(BODY_LENGTH), 'latin1')
    return (this.#bytes = { whole, headOnly: whole.subarray(0, head.length) })
  }
}

const bodyOf = (place: Place): string => JSON.stringify(placeMembers(place)).padEnd(BODY_LENGTH)

function ticketIn(fields: Fields, room: string): string | undefined {
  if (!all(fields, 'cookie').some(line => line.includes('bw-ticket-'))) return undefined
  return takeCookies(fields).cookies.get(room)?.['bw-ticket']
}
