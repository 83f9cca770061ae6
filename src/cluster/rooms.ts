// The waiting rooms that nodes have in common, and the key that all of them sign tickets with: one ticket is good on every node.

import type { RoomStanding } from '../threads/cluster.ts'
import type { Epoch } from '../threads/rooms.ts'
import { RoomLine } from './room.ts'
import type { RoomHost, RoomLineParts } from './room.ts'
import type { Words } from './words.ts'

export interface SecretHost {
  /** What this node signs with, in hexadecimal. */
  secret(): string
  /** All nodes sign with this one. */
  agreed(secret: string): void
}

interface Parts extends Omit<RoomLineParts, 'site' | 'room' | 'host' | 'epochs'> {
  /** Null where nodes have no secret in common: then the key lies on the server as it is. */
  words: Words | null
}

const WHAT = 'key of waiting rooms'

export class SharedRooms {
  readonly #parts: Parts
  readonly #lines = new Map<string, { line: RoomLine; host: RoomHost }>()
  #secrets: SecretHost | null = null
  #isAgreed = false
  #isWarned = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Rooms are there: from now on nodes sign with one key. */
  begin(secrets: SecretHost): void {
    this.#secrets = secrets
  }

  open(site: string, room: string, host: RoomHost, epochs: readonly Epoch[]): RoomLine {
    const line = new RoomLine({ ...this.#parts, site, room, host, epochs })
    this.#lines.set(`${site} ${room}`, { line, host })
    return line
  }

  close(site: string, room: string): void {
    this.#lines.delete(`${site} ${room}`)
  }

  get states(): RoomStanding[] {
    return [...this.#lines.values()].map(({ line }) => line.state)
  }

  /** Ten times a second while this node is joined. */
  async round(token: number | null): Promise<void> {
    if (this.#secrets === null) return
    if (!this.#isAgreed) await this.#agree(this.#secrets)
    if (this.#isAgreed) await Promise.all([...this.#lines.values()].map(({ line }) => line.round(token)))
  }

  /** The server does not answer. */
  part(): void {
    // One that has lost everything is told the key again.
    this.#isAgreed = false
    for (const { line } of this.#lines.values()) line.part()
  }

  news(text: string): void {
    const [what, site = '', room = '', number] = text.split(' ')
    if (what === 'ended') this.#lines.get(`${site} ${room}`)?.host.ended(Number(number))
  }

  async #agree(secrets: SecretHost): Promise<void> {
    const { link, keys, words } = this.#parts
    const own = secrets.secret()
    try {
      const args = [words?.close(own, WHAT) ?? own]
      const found = String(await link.run('secret', keys.secret(words?.mark ?? null), args))
      const key = words === null ? found : words.open(found, WHAT, why => this.#warn(why))
      // Nobody is called by a key that somebody else may have put there.
      if (key === undefined) return
      this.#isWarned = false
      secrets.agreed(key)
      this.#isAgreed = true
    } catch {
      // The link knows; the next round tries again.
    }
  }

  #warn(why: string): void {
    if (!this.#isWarned) this.#parts.log('error', 'waiting-room-key-unreadable', { why })
    this.#isWarned = true
  }
}
