// Who may ask what of the admin address: the pure part. A web page in an operator's browser can send requests here, so its
// own names are refused (Host check against DNS rebinding), requests that other sites cause are refused (Origin,
// Sec-Fetch-Site), and whatever changes something needs a token that no page knows.

import { isIP } from 'node:net'
import { bearerOf, isSame } from '../threads/admin-token.ts'

/** What of a request is looked at. */
export interface Credentials {
  /** Each Host field line. */
  hosts: readonly string[]
  origin: string | undefined
  secFetchSite: string | undefined
  authorization: string | undefined
}

export interface Rules {
  /** Names besides localhost and IP addresses: config admin.hosts. */
  hosts: readonly string[]
  token: string
  /** Reading asks for the token too: the address is open to other machines. */
  isPrivate?: boolean
}

export interface Refusal {
  status: 400 | 401 | 403
  detail: string
}

/** Null when the request may pass. `changes` tells whether it asks to change something, `isOpen` whether anybody may read it. */
export function judge(credentials: Credentials, rules: Rules, changes: boolean, isOpen = false): Refusal | null {
  const host = hostRefusal(credentials.hosts, rules.hosts)
  if (host !== null || changes) return host ?? changeRefusal(credentials, rules.token)
  return rules.isPrivate !== true || isOpen || mayRead(credentials, rules.token) ? null : READ_REFUSAL
}

const READ_REFUSAL: Refusal = {
  status: 401,
  detail:
    'This address is open to other machines, so it asks who reads. Give the token as password, with any name, or as "Authorization: Bearer …".',
}

/** The token, or the password that a browser asks for; a page elsewhere can make a browser send it, but cannot read the answer. */
function mayRead({ authorization = '' }: Credentials, token: string): boolean {
  const [scheme = '', given = ''] = authorization.split(/ +/, 2)
  if (/^bearer$/i.test(scheme)) return isSame(given, token)
  if (!/^basic$/i.test(scheme)) return false
  const pair = Buffer.from(given, 'base64').toString()
  return isSame(pair.slice(pair.indexOf(':') + 1), token)
}

/** Without Host it is no browser: HTTP/1.0 health checks of load balancers send none. */
function hostRefusal(hosts: readonly string[], known: readonly string[]): Refusal | null {
  if (hosts.length > 1) return { status: 400, detail: 'The request has more than one Host.' }
  const [host] = hosts
  if (host === undefined || isKnownHost(nameOf(host), known)) return null
  return {
    status: 403,
    detail: `This host is not known here. To allow ${JSON.stringify(host)}, add it to admin.hosts.`,
  }
}

function isKnownHost(name: string, known: readonly string[]): boolean {
  if (name === 'localhost' || isIP(name) !== 0) return true
  return known.some(
    pattern => pattern === '*' || pattern === name || (pattern.startsWith('*.') && name.endsWith(pattern.slice(1))),
  )
}

/** Lower-case, without port, brackets and a last dot. */
function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}

function changeRefusal({ hosts, origin, secFetchSite, authorization }: Credentials, token: string): Refusal | null {
  const elsewhere = secFetchSite !== undefined && secFetchSite !== 'same-origin' && secFetchSite !== 'none'
  if (elsewhere || (origin !== undefined && URL.parse(origin)?.host !== hosts[0]?.toLowerCase()))
    return { status: 403, detail: 'Requests that another site causes may change nothing here.' }
  const given = bearerOf(authorization)
  if (given === undefined || !isSame(given, token))
    return {
      status: 401,
      detail:
        'Send the token as "Authorization: Bearer …". It is in the file admin-token of the data directory, unless the config names another (admin.token).',
    }
  return null
}
