// The sign form's two safeguards: a token that only this site can make for this visitor's session (against forged posts
// from other sites), and a check of what was typed that says what to mend.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Signer } from './petitions.ts'

const COOKIE = 'petition_session'

/** What is wrong, by field; empty when all is well. */
export type Faults = Partial<Record<keyof Signer, string>>

export class Forms {
  readonly #secret = randomBytes(32)

  /** The visitor's session from their Cookie field, or a new one with the Set-Cookie value that starts it. */
  session(cookie: string | undefined): { id: string; setCookie?: string } {
    const known = readSession(cookie)
    if (known !== undefined) return { id: known }
    const id = randomBytes(16).toString('hex')
    return { id, setCookie: `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Lax` }
  }

  /** The hidden field's value for a session. */
  token(session: string): string {
    return createHmac('sha256', this.#secret).update(session).digest('base64url')
  }

  /** Whether `token` was made here for the session that the Cookie field names. */
  isGenuine(cookie: string | undefined, token: string): boolean {
    const session = readSession(cookie)
    if (session === undefined) return false
    const expected = Buffer.from(this.token(session))
    const given = Buffer.from(token)
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
}

/** The signer as typed, trimmed, and what is wrong with it. */
export function readSigner(form: URLSearchParams): { signer: Signer; faults: Faults } {
  const signer = { name: field(form, 'name'), email: field(form, 'email'), place: field(form, 'place') }
  const faults: Faults = {}
  if (signer.name.length < 2 || signer.name.length > 80) faults.name = 'Enter your name, 2 to 80 letters.'
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(signer.email) || signer.email.length > 120) {
    faults.email = 'Enter an email address such as ada@mail.example.'
  }
  if (signer.place.length < 2 || signer.place.length > 60) faults.place = 'Enter the part of town you live in.'
  return { signer, faults }
}

const field = (form: URLSearchParams, name: string): string => (form.get(name) ?? '').trim()

function readSession(cookie: string | undefined): string | undefined {
  return new RegExp(`(?:^|;\\s*)${COOKIE}=([0-9a-f]{32})(?:;|$)`).exec(cookie ?? '')?.[1]
}
