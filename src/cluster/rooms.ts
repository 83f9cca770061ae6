// The waiting rooms that nodes have in common, and the key that all of them sign tickets with: one ticket is good on every node.

import type { RoomStanding } from '../threads/cluster.ts'
import type { Epoch } from '../threads/rooms.ts'
import { RoomLine } from './room.ts'
import type { RoomHost, RoomLineParts } from './room.ts'

export interface SecretHost {
  /** What this node signs with, in hexadecimal. */
  secret(): string
  /** All nodes sign with this one. */
  agreed(secret: string): void
}

type Parts = Omit<RoomLineParts, 'site' | 'room' | 'host' | 'epochs'>

export class SharedRooms {
  readonly #parts: Parts
  readonly #lines = new Map<string, { line: RoomLine; host: RoomHost }>()
  #secrets: SecretHost | null = null
  #isAgreed = false

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
    const { link, keys } = this.#parts
    try {
      secrets.agreed(String(await link.run('secret', [keys.secret], [secrets.secret()])))
      this.#isAgreed = true
    } catch {
      // The link knows; the next round tries again.
    }
  }
}
