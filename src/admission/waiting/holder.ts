// Whose ticket a request carries, for rates that are counted by it: one visitor is one however many share the address. Only what
// we have signed counts; who has none, or one that was made up, is counted by address.

import type { Visit } from '../../exchange.ts'
import type { Fields } from '../../http/fields.ts'
import { readTicket } from './edge-rooms.ts'
import type { EdgeRoom, EdgeRooms } from './edge-rooms.ts'
import { takeCookies, takeQuery } from './visit.ts'
import type { Brought } from './visit.ts'

/** A request before the door or behind it, where what it brought has been taken out. */
export interface Carrier {
  readonly fields: Fields
  readonly target: string
  readonly visit?: Visit | undefined
  readonly settings?: { readonly waitingRoom: { readonly name: string } | null } | undefined
}

/** The room and number of the ticket or session, or undefined. */
export type HolderOf = (carrier: Carrier) => string | undefined

export const holderIn =
  (rooms: Pick<EdgeRooms, 'called'>): HolderOf =>
  ({ fields, target, visit, settings }) => {
    const behind = settings?.waitingRoom?.name
    const own =
      behind === undefined ? undefined : holderOf(rooms.called(behind), visit?.brought ?? takeQuery(target).query)
    if (own !== undefined || visit !== undefined) return own
    for (const [name, brought] of takeCookies(fields).cookies) {
      const holder = holderOf(rooms.called(name), brought)
      if (holder !== undefined) return holder
    }
    return undefined
  }

/** Rooms of several sites may have one name. */
function holderOf(rooms: readonly EdgeRoom[], brought: Brought): string | undefined {
  const { 'bw-session': session, 'bw-ticket': ticket } = brought
  for (const room of rooms) {
    const { name, index, signer } = room
    const inside = session === undefined ? undefined : signer.readSession(name, session)
    if (inside !== undefined) return `${index} ${inside.number}`
    const held = ticket === undefined ? undefined : readTicket(room, ticket)
    if (held !== undefined) return `${index} ${held.isApart === true ? `${held.epoch} ` : ''}${held.number}`
  }
  return undefined
}
