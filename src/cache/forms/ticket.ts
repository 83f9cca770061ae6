// What a form in a copied page carries, signed: on which page it stands and which of its fields are to be filled. Nobody else
// can make one, so no form can have Breakwater look for tokens on a page of somebody's choice.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Hole, HoledForm } from '../../html/holes.ts'
import { withAttribute } from '../../html/tag.ts'

export interface Ticket {
  /** Origin-form target of the page. */
  readonly page: string
  /** The form's own action and id as written. */
  readonly action: string
  readonly id: string
  /** Names of its fields, which are latin1 as the page's bytes are; none where it is the meta elements alone that are wanted. */
  readonly names: readonly string[]
  /** Names of the page's meta elements that hold its token. */
  readonly meta: readonly string[]
}

/** The parameter of a form's action that carries its ticket. */
export const TICKET_PARAMETER = 'breakwater-form'

const MAC_BYTES = 16
/** A target has 8 KiB at most by default; what is longer was not made here. */
const LONGEST = 32 * 1024

/** `where`: the site's name and the host, for which alone it holds. */
export function signed(ticket: Ticket, where: string, key: Uint8Array): string {
  const text = Buffer.from(JSON.stringify(ticket)).toString('base64url')
  return `${text}.${mac(text, where, key).toString('base64url')}`
}

/** Undefined for what was not signed with this key for this place. */
export function ticketFrom(text: string, where: string, key: Uint8Array): Ticket | undefined {
  const [payload = '', given = ''] = text.split('.')
  if (text.length > LONGEST) return undefined
  const [expected, told] = [mac(payload, where, key), Buffer.from(given, 'base64url')]
  if (expected.length !== told.length || !timingSafeEqual(expected, told)) return undefined
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Ticket
}

const mac = (text: string, where: string, key: Uint8Array): Buffer =>
  createHmac('sha256', key).update(`form\n${where}\n${text}`).digest().subarray(0, MAC_BYTES)

/** An action with the ticket, before its fragment. */
function withTicket(action: string, ticket: string): string {
  const [, place = '', fragment = ''] = /^([^#]*)(.*)$/s.exec(action) ?? []
  return `${place}${place.includes('?') ? '&' : '?'}${TICKET_PARAMETER}=${ticket}${fragment}`
}

/** The open tag of a form on this page, with the ticket in its action. */
export const ticketedTag = (html: string, { action, from, to }: HoledForm, page: string, ticket: string): string =>
  withAttribute(html.slice(from, to), 'action', withTicket(action.trim() === '' ? page : action, ticket))

/** The page's meta elements that hold its token, by name, each once. */
export const metaNames = (holes: readonly Hole[]): string[] => [
  ...new Set(holes.flatMap(({ kind, name }) => (kind === 'meta' ? [name] : []))),
]

/** A target without the ticket, and the ticket. Undefined where it has none. */
export function takeTicket(target: string): { target: string; ticket: string } | undefined {
  const mark = target.indexOf('?')
  if (mark === -1) return undefined
  const pairs = target.slice(mark + 1).split('&')
  const at = pairs.findIndex(pair => pair.startsWith(`${TICKET_PARAMETER}=`))
  if (at === -1) return undefined
  const rest = pairs.filter(pair => !pair.startsWith(`${TICKET_PARAMETER}=`))
  const path = target.slice(0, mark)
  return {
    target: rest.length === 0 ? path : `${path}?${rest.join('&')}`,
    ticket: pairs[at]!.slice(TICKET_PARAMETER.length + 1),
  }
}
