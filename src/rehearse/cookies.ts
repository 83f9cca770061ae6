// A visitor's cookies for one site, as a browser would keep them (RFC 6265 sections 5.2 to 5.4), less what needs a second
// host: a Domain that names this site or one above it counts as this site, any other is refused.

/** Browsers keep at least 50 cookies a host (RFC 6265 section 6.1) and 4 KiB each; a site that sets more drops the oldest. */
const MOST_COOKIES = 50
const LONGEST_COOKIE = 4096

interface Cookie {
  name: string
  value: string
  path: string
  /** Milliseconds since the epoch; Infinity for the session. */
  expires: number
  secure: boolean
}

export class CookieJar {
  readonly #host: string
  readonly #secure: boolean
  readonly #cookies = new Map<string, Cookie>()

  /** `host` without its port; `secure` for https. */
  constructor(host: string, secure: boolean) {
    this.#host = host
    this.#secure = secure
  }

  get size(): number {
    return this.#cookies.size
  }

  /** Takes one Set-Cookie value that came with the answer for `path`; `now` in milliseconds since the epoch. */
  take(setCookie: string, path: string, now: number): void {
    if (setCookie.length > LONGEST_COOKIE) return
    const [pair = '', ...attributes] = setCookie.split(';')
    const equals = pair.indexOf('=')
    const name = pair.slice(0, Math.max(0, equals)).trim()
    if (name === '') return
    const cookie: Cookie = {
      name,
      value: pair.slice(equals + 1).trim(),
      path: defaultPath(path),
      expires: Infinity,
      secure: false,
    }
    if (this.#applies(cookie, attributes, now)) this.#keep(cookie, now)
  }

  /** The Cookie field's value for a request to `path`, or empty; longer paths first (section 5.4). */
  fieldFor(path: string, now: number): string {
    if (this.#cookies.size === 0) return ''
    return [...this.#cookies.values()]
      .filter(cookie => cookie.expires > now && (!cookie.secure || this.#secure) && matches(path, cookie.path))
      .sort((a, b) => b.path.length - a.path.length)
      .map(cookie => `${cookie.name}=${cookie.value}`)
      .join('; ')
  }

  /** Reads the attributes into the cookie; false when it is for another site. */
  #applies(cookie: Cookie, attributes: string[], now: number): boolean {
    let maxAge: number | undefined
    for (const attribute of attributes) {
      const [key = '', ...rest] = attribute.split('=')
      const value = rest.join('=').trim()
      const name = key.trim().toLowerCase()
      if (name === 'secure') cookie.secure = true
      if (name === 'path' && value.startsWith('/')) cookie.path = value
      if (name === 'domain' && !this.#isHere(value.replace(/^\./, '').toLowerCase())) return false
      if (name === 'max-age' && /^-?\d{1,12}$/.test(value)) maxAge = now + Number(value) * 1000
      if (name === 'expires') cookie.expires = dateOr(value, cookie.expires)
    }
    cookie.expires = maxAge ?? cookie.expires
    return true
  }

  #isHere(domain: string): boolean {
    return domain === '' || this.#host === domain || this.#host.endsWith(`.${domain}`)
  }

  #keep(cookie: Cookie, now: number): void {
    const key = `${cookie.name};${cookie.path}`
    this.#cookies.delete(key)
    if (cookie.expires <= now) return
    this.#cookies.set(key, cookie)
    if (this.#cookies.size > MOST_COOKIES) this.#cookies.delete(this.#cookies.keys().next().value!)
  }
}

const dateOr = (text: string, otherwise: number): number => {
  const time = Date.parse(text.replaceAll('-', ' '))
  return Number.isNaN(time) ? otherwise : time
}

/** Section 5.1.4: the folder of the request's path. */
function defaultPath(target: string): string {
  const path = target.split('?', 1)[0]!
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

function matches(target: string, path: string): boolean {
  const asked = target.split('?', 1)[0]!
  return asked === path || (asked.startsWith(path) && (path.endsWith('/') || asked[path.length] === '/'))
}
