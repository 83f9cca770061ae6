// What a visitor carries: a ticket (a number in a queue), a session (admitted), a pass (goes by), an invitation. Each is a few
// words and a signature, so that nothing has to be remembered for the many who wait. Site and room are signed but not
// written: what was signed for one room is worth nothing in another.

import { createHmac, timingSafeEqual } from 'node:crypto'

/** A ticket is good for so long from its issue, milliseconds. */
export const TICKET_LIFE = 24 * 3_600_000
/** Bytes of a signature: 2^128 guesses are more than anybody has. Of an invitation 8, since people type them. */
const SIGNATURE = 16
const SHORT_SIGNATURE = 8
/** Longer text is none of ours: four numbers in base 36 and a signature have 70 characters at most. */
const LONGEST = 80

export interface RoomName {
  readonly site: string
  readonly room: string
}

export interface Ticket {
  readonly number: number
  /** Milliseconds since the epoch, to the second. */
  readonly issued: number
  /** Given to who did not look like people then: it may stand behind all others (admission/waiting/judge.ts). */
  readonly isDoubtful?: boolean
  /** The number is one of those that a node of several gave out by itself, while it was apart from the others (cluster/room.ts). */
  readonly epoch?: number
}

export interface Session {
  readonly number: number
  /** Milliseconds since the epoch, to the second: when it began, and until when it is good. */
  readonly since: number
  readonly until: number
}

export interface Invitation {
  readonly serial: number
  readonly isForSeveral: boolean
}

/** Serials of a room's invitations are below this: core remembers 8 bytes of each, so 8 MiB. */
export const MOST_INVITATIONS = 2 ** 20

/** The third word of a doubtful one's ticket. */
const DOUBTFUL = 1

type Purpose = 'ticket' | 'session' | 'pass' | 'invitation'

/** Signs and checks with one key of 32 bytes. */
export class Signer {
  readonly #key: Uint8Array

  constructor(key: Uint8Array) {
    this.#key = Uint8Array.from(key)
  }

  ticket(name: RoomName, { number, issued, isDoubtful = false, epoch }: Ticket): string {
    const more = epoch === undefined ? (isDoubtful ? [DOUBTFUL] : []) : [isDoubtful ? DOUBTFUL : 0, epoch]
    return this.#sign('ticket', name, [number, seconds(issued), ...more])
  }

  /** Undefined for text that was not signed so. Its age is the caller's to judge. */
  readTicket(name: RoomName, text: string): Ticket | undefined {
    const read = [2, 3, 4].map(count => this.#read('ticket', name, text, count)).find(words => words !== undefined)
    if (read === undefined) return undefined
    const [number, issued, doubtful, epoch] = read as [number, number, number?, number?]
    return {
      ...{ number, issued: issued * 1000 },
      ...(doubtful === DOUBTFUL && { isDoubtful: true }),
      ...(epoch !== undefined && { epoch }),
    }
  }

  session(name: RoomName, { number, since, until }: Session): string {
    return this.#sign('session', name, [number, seconds(since), seconds(until)])
  }

  readSession(name: RoomName, text: string): Session | undefined {
    const read = this.#read('session', name, text, 3)
    return read && { number: read[0]!, since: read[1]! * 1000, until: read[2]! * 1000 }
  }

  /** Lets whoever has it go by the room until then, milliseconds since the epoch. */
  pass(name: RoomName, until: number): string {
    return this.#sign('pass', name, [seconds(until)])
  }

  /** Until when, or undefined. */
  readPass(name: RoomName, text: string): number | undefined {
    const read = this.#read('pass', name, text, 1)
    return read && read[0]! * 1000
  }

  /** A code for one who is invited, or for as many as have it: `serial`, below MOST_INVITATIONS, tells them apart. */
  invitation(name: RoomName, { serial, isForSeveral }: Invitation): string {
    const purpose = isForSeveral ? 'invitations' : 'invitation'
    return `${serial.toString(36)}-${this.#mac(`${purpose}\n${name.site}\n${name.room}\n${serial}`, SHORT_SIGNATURE, 'hex')}`
  }

  /** Undefined for a code that is none. Case and blanks around it make no difference. */
  readInvitation(name: RoomName, text: string): Invitation | undefined {
    const code = text.trim().toLowerCase()
    if (code.length > LONGEST || !/^[0-9a-z]{1,8}-[0-9a-f]+$/.test(code)) return undefined
    const serial = Number.parseInt(code, 36)
    if (serial >= MOST_INVITATIONS) return undefined
    const readings = [false, true].map(isForSeveral => ({ serial, isForSeveral }))
    return readings.find(each => same(this.invitation(name, each), code))
  }

  /** 32 bits of whoever asks, by address and User-Agent: tells one browser from another, and nobody who it is. */
  fingerprint(address: string, agent: string): number {
    return createHmac('sha256', this.#key).update(`client\n${address}\n${agent}`).digest().readInt32LE(0)
  }

  /** What the number is called in a lottery: 80 bits in hexadecimal, of which nobody can tell the number. */
  code(name: RoomName, number: number): string {
    return this.#mac(`code\n${name.site}\n${name.room}\n${number}`, 10, 'hex')
  }

  #sign(purpose: Purpose, name: RoomName, values: readonly number[]): string {
    const words = values.map(value => value.toString(36)).join('.')
    return `${words}.${this.#mac(`${purpose}\n${name.site}\n${name.room}\n${words}`, SIGNATURE, 'base64url')}`
  }

  #read(purpose: Purpose, name: RoomName, text: string, count: number): number[] | undefined {
    if (text.length > LONGEST) return undefined
    const parts = text.split('.')
    if (parts.length !== count + 1 || !parts.slice(0, count).every(part => /^[0-9a-z]{1,11}$/.test(part)))
      return undefined
    const values = parts.slice(0, count).map(part => Number.parseInt(part, 36))
    return same(this.#sign(purpose, name, values), text) ? values : undefined
  }

  #mac(text: string, bytes: number, as: 'hex' | 'base64url'): string {
    return createHmac('sha256', this.#key).update(text).digest().subarray(0, bytes).toString(as)
  }
}

/** In a time that does not tell how much of it is right. */
function same(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const seconds = (ms: number): number => Math.floor(ms / 1000)

/** The key as core put it onto the board (Board.signingKey), or undefined while it is not there. */
export function keyOnBoard(words: Int32Array<SharedArrayBuffer>): Uint8Array | undefined {
  if (Atomics.load(words, 0) !== 1) return undefined
  return Uint8Array.from(new Uint8Array(words.buffer, words.byteOffset + 4, KEY_BYTES))
}

/** Puts it there for every thread to see. */
export function putKeyOnBoard(words: Int32Array<SharedArrayBuffer>, key: Uint8Array): void {
  new Uint8Array(words.buffer, words.byteOffset + 4, KEY_BYTES).set(key.subarray(0, KEY_BYTES))
  Atomics.store(words, 0, 1)
}

export const KEY_BYTES = 32
