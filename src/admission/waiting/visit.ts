// What a request brings along for the waiting room: its cookies and parameters of ours, which are taken out of the request
// before anybody else sees it. So no origin is sent a ticket, and the cache takes none for a session of the site.

import type { Fields } from '../../http/fields.ts'

const TICKET = 'bw-ticket'
const SESSION = 'bw-session'
const PASS = 'bw-pass'
const INVITATION = 'bw-invite'
const KINDS = [TICKET, SESSION, PASS, INVITATION] as const
type Kind = (typeof KINDS)[number]

/** Text that a visitor sent under our names, for one room, as it came. */
export type Brought = Readonly<Partial<Record<Kind, string>>>

/** As a cookie of this room is called. */
const cookieName = (kind: Kind, room: string): string => `${kind}-${room}`
export const kinds = { TICKET, SESSION, PASS, INVITATION } as const

/** Takes ours out of the Cookie lines. The same list comes back where there was none. */
export function takeCookies(fields: Fields): { fields: Fields; cookies: Map<string, Brought> } {
  const cookies = new Map<string, Brought>()
  let kept: Fields | undefined
  for (let i = 0; i < fields.length; i += 2) {
    if (!isCookie(fields[i]!)) continue
    // Nearly no request carries one: looking is all it costs.
    if (!fields[i + 1]!.includes('bw-')) continue
    const rest = takeFromLine(fields[i + 1]!, cookies)
    kept ??= [...fields]
    kept[i + 1] = rest
  }
  if (kept === undefined) return { fields, cookies }
  const whole = kept
  return { fields: whole.filter((_, i) => whole[i | 1] !== '' || !isCookie(whole[i & ~1]!)), cookies }
}

/** Takes ours out of the target's query. */
export function takeQuery(target: string): { target: string; query: Brought } {
  const mark = target.indexOf('?')
  if (mark === -1 || !target.includes('bw-', mark)) return { target, query: {} }
  const query: Partial<Record<Kind, string>> = {}
  const rest = target
    .slice(mark + 1)
    .split('&')
    .filter(pair => {
      const [name = '', value = ''] = pair.split('=', 2)
      const kind = KINDS.find(each => each === name)
      if (kind !== undefined) query[kind] = decoded(value)
      return kind === undefined
    })
  const path = target.slice(0, mark)
  return { target: rest.length === 0 ? path : `${path}?${rest.join('&')}`, query }
}

function takeFromLine(line: string, cookies: Map<string, Brought>): string {
  const others = line.split(';').filter(pair => {
    const [name = '', value = ''] = pair.trim().split('=', 2)
    const kind = KINDS.find(each => name.startsWith(`${each}-`))
    if (kind === undefined) return true
    const room = name.slice(kind.length + 1)
    cookies.set(room, { ...cookies.get(room), [kind]: value })
    return false
  })
  return others.join(';').trim()
}

const isCookie = (name: string): boolean => name.length === 6 && name.toLowerCase() === 'cookie'

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch {
    return value
  }
}

/** A cookie of ours: for this host and its scripts' eyes not. `seconds` of 0 takes it back. */
export function cookie(kind: Kind, room: string, value: string, seconds: number, isSecure: boolean): string {
  const secure = isSecure ? '; Secure' : ''
  return `${cookieName(kind, room)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`
}
