// What a visitor's browser sends for a page or with a form.
import { REHEARSAL_FIELD } from '../http/rehearsal.ts'

/** Marks the crowd in logs, and for whoever wants to count it apart. */
export const USER_AGENT = 'Mozilla/5.0 (compatible; Breakwater-Rehearsal)'

/** One request, before cookies: visible ASCII throughout, since it is written as latin1. */
export interface Ask {
  method: 'GET' | 'POST'
  /** Path and query. */
  path: string
  /** A form's fields, urlencoded; for POST only. */
  form?: string
  /** The token for X-CSRF-Token, where a page gave one in its head. */
  token?: string
}

interface Site {
  authority: string
  secure: boolean
  mark?: string | undefined
}

/** Plain requests that are written out once and kept: a thousand of some 300 bytes. */
const MOST_KEPT = 1000

/** The requests of one site. */
export class Requests {
  readonly #site: Site
  readonly #plain = new Map<string, string>()

  constructor(site: Site) {
    this.#site = site
  }

  /** A whole request; `cookie` is the Cookie field's value or empty. */
  bytes(ask: Ask, cookie: string): string {
    if (ask.method !== 'GET' || cookie !== '' || ask.token !== undefined) return written(this.#site, ask, cookie)
    const kept = this.#plain.get(ask.path)
    if (kept !== undefined) return kept
    const bytes = written(this.#site, ask, '')
    if (this.#plain.size < MOST_KEPT) this.#plain.set(ask.path, bytes)
    return bytes
  }
}

function written(site: Site, ask: Ask, cookie: string): string {
  // prettier-ignore
  const { method, path, form, token } = ask
  let fields = `Host: ${site.authority}\r\nUser-Agent: ${USER_AGENT}\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: en\r\n`
  if (site.mark !== undefined) fields += `${REHEARSAL_FIELD}: ${site.mark}\r\n`
  if (cookie !== '') fields += `Cookie: ${cookie}\r\n`
  if (token !== undefined) fields += `X-CSRF-Token: ${token}\r\n`
  if (method === 'GET') return `GET ${path} HTTP/1.1\r\n${fields}\r\n`
  const body = form ?? ''
  fields += `Origin: http${site.secure ? 's' : ''}://${site.authority}\r\n`
  fields += `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n`
  return `POST ${path} HTTP/1.1\r\n${fields}\r\n${body}`
}
