// A session lasts as long as its visitor is active, and whoever reads stored pages is: nobody asks the gate for those, so core is
// told of it here. A header is read once; what it shows is kept with it, and of all that a hit costs one comparison is ours.

import type { Clock } from '../../base/clock.ts'
import type { Fields } from '../../http/fields.ts'
import type { EdgeRoom, EdgeRooms } from './edge-rooms.ts'
import type { Entries } from './entries.ts'
import { takeCookies } from './visit.ts'

/** A header that stays the same from request to request. */
export interface ShownHeader {
  readonly fields: Fields
  /** Null: it shows no session. */
  session?: unknown
}

/** Core is told after this share of the time that a session lasts without a request. */
const TELL_AFTER = 0.25

/** The sessions of one header. */
class Shown {
  readonly sessions: readonly { room: EdgeRoom; number: number }[]
  readonly version: number
  /** Monotonic milliseconds. */
  tellAt = 0

  constructor(sessions: Shown['sessions'], version: number) {
    this.sessions = sessions
    this.version = version
  }
}

export class Renewals {
  readonly #rooms: EdgeRooms
  readonly #entries: Pick<Entries, 'renew'>
  readonly #clock: Clock

  constructor(rooms: EdgeRooms, entries: Pick<Entries, 'renew'>, clock: Clock) {
    this.#rooms = rooms
    this.#entries = entries
    this.#clock = clock
  }

  /** A request with this header was answered from the store, at a site that has waiting rooms. */
  seen(site: string, header: ShownHeader): void {
    if (header.session === null) return
    let shown = header.session instanceof Shown ? header.session : undefined
    if (shown?.version !== this.#rooms.version) {
      shown = this.#read(site, header.fields)
      header.session = shown ?? null
    }
    const now = this.#clock.monotonic()
    if (shown === undefined || now < shown.tellAt) return
    const idle = Math.min(...shown.sessions.map(({ room }) => room.settings.idle))
    shown.tellAt = now + TELL_AFTER * idle
    // Core bounds it by how long a session may last in all.
    for (const { room, number } of shown.sessions) if (room.row.isIn(number)) this.#entries.renew(room.index, number)
  }

  #read(site: string, fields: Fields): Shown | undefined {
    const sessions = [...takeCookies(fields).cookies].flatMap(([name, brought]) => {
      const room = this.#rooms.find(site, name)
      const text = brought['bw-session']
      const session = text === undefined ? undefined : room?.signer.readSession(room.name, text)
      return room === undefined || session === undefined ? [] : [{ room, number: session.number }]
    })
    return sessions.length === 0 ? undefined : new Shown(sessions, this.#rooms.version)
  }
}
