// A collected form gets fresh tokens before it is sent: its page is asked for again, and what it says takes the place of what the
// form came with, in the field, the header or the cookie where that was. Only a form that carried our ticket, posted by the
// visitor's own hand, ever comes here (cache/forms/place.ts).

import { withSession, withValues } from '../cache/forms/fill.ts'
import { freshTokens } from '../cache/forms/fresh.ts'
import type { Fresh } from '../cache/forms/fresh.ts'
import type { Ticket } from '../cache/forms/ticket.ts'
import type { Answer, Next } from '../exchange.ts'
import { cookiesOf } from '../http/cookies.ts'
import { first, without } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { formBoundary, partName } from '../http/formdata.ts'
import type { FormExchange } from './form-exchange.ts'

/** What is sent: the header and the body with the tokens of now. */
export interface Repaired {
  readonly fields: Fields
  readonly body: Buffer
}

/** Asks for the form's page under the exchange's own permit; the tokens, or what came in place of the page. */
export function tokensOf(
  exchange: FormExchange,
  ticket: Ticket,
  send: Next,
  maxBody: () => number,
): Promise<Fresh | Answer> {
  const { permit } = exchange
  const asking: Next = each => {
    each.permit = permit
    each.settings = { ...each.settings, bypass: true }
    return send(each)
  }
  return freshTokens({ maxBody }, exchange, asking, ticket)
}

/** The form with these tokens. `body` is as it came. */
export function repaired(fields: Fields, body: Buffer, fresh: Fresh): Repaired {
  const made = withTokens(first(fields, 'content-type') ?? '', body, fresh.values)
  const session = withSession(fields, fresh.cookies, made.length)
  return { fields: withHeaders(session, fresh), body: made }
}

/** Fields that scripts send the token in, and the cookie that it is read from where it is no meta element. */
const FROM_COOKIE: Readonly<Record<string, string>> = { 'x-csrftoken': 'csrftoken', 'x-xsrf-token': 'XSRF-TOKEN' }
const FROM_PAGE = 'x-csrf-token'

function withHeaders(fields: Fields, fresh: Fresh): Fields {
  const cookies = new Map(cookiesOf(fields))
  return fields.map((value, i) => {
    if (i % 2 === 0) return value
    const name = fields[i - 1]!.toLowerCase()
    if (name === FROM_PAGE) return fresh.token ?? [...fresh.values.values()][0] ?? value
    const cookie = FROM_COOKIE[name]
    return cookie === undefined ? value : decoded(cookies.get(cookie) ?? value)
  })
}

/** Frameworks write the cookie percent-encoded, and scripts send it decoded. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function withTokens(contentType: string, body: Buffer, values: ReadonlyMap<string, string>): Buffer {
  const text = body.toString('latin1')
  const boundary = formBoundary(contentType)
  if (boundary !== undefined) return Buffer.from(inParts(boundary, text, values), 'latin1')
  if (/^application\/json/i.test(contentType)) return inJson(body, values)
  return Buffer.from(withValues(text.split('&'), values), 'latin1')
}

/** The members that are there get their value; a script that sends JSON has put in what the site wants. */
function inJson(body: Buffer, values: ReadonlyMap<string, string>): Buffer {
  const content = JSON.parse(body.toString('utf8')) as Record<string, unknown>
  for (const [name, value] of values) {
    const key = Buffer.from(name, 'latin1').toString('utf8')
    if (Object.hasOwn(content, key)) content[key] = Buffer.from(value, 'latin1').toString('utf8')
  }
  return Buffer.from(JSON.stringify(content))
}

/** The parts of these names get another content (RFC 7578); all other bytes stay. */
function inParts(boundary: string, text: string, values: ReadonlyMap<string, string>): string {
  return text
    .split(`--${boundary}`)
    .map(part => {
      const end = part.indexOf('\r\n\r\n')
      const name = end === -1 ? undefined : partName(part.slice(0, end))?.name
      const value = name === undefined ? undefined : values.get(name)
      return value === undefined ? part : `${part.slice(0, end)}\r\n\r\n${value}\r\n`
    })
    .join(`--${boundary}`)
}

/** In the form's own words where it has a page; undefined where it may not be repaired. */
export const ticketOf = (text: string | undefined): Ticket | undefined =>
  text === undefined ? undefined : (JSON.parse(text) as Ticket)

/** Without what only the visitor's own session needs: for a session of its own. */
export const withoutSession = (fields: Fields): Fields => without(fields, name => name === 'cookie')
