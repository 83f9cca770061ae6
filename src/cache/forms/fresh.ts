// A form's tokens, made for one visitor: the page that it stands on is asked for in the visitor's own session, through the
// limiter like any other request, and read. Nothing of it is stored, and nothing but the tokens is handed on.

import { UNSENT } from '../../exchange.ts'
import type { Answer, Exchange, Next } from '../../exchange.ts'
import { all, without } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { readPage } from '../../html/forms.ts'
import type { Page } from '../../html/forms.ts'
import { isPage } from '../proof.ts'
import type { Cache } from '../types.ts'
import { readWhole } from '../whole.ts'
import type { Ticket } from './ticket.ts'

export interface Fresh {
  /** By name; bytes as latin1. */
  readonly values: ReadonlyMap<string, string>
  /** What the page's own meta element says. */
  readonly token: string | undefined
  /** Of the page's meta elements, likewise. */
  readonly meta: ReadonlyMap<string, string>
  /** Set-Cookie values of the page: the tokens may be worth nothing without them. */
  readonly cookies: readonly string[]
}

/** The tokens, or the answer that came in place of the page: a refusal, an error, or a page without such a form. */
export async function freshTokens(
  cache: Pick<Cache, 'maxBody'>,
  exchange: Exchange,
  next: Next,
  ticket: Ticket,
): Promise<Fresh | Answer> {
  const asked = askingFor(exchange, ticket.page)
  const answer = await next(asked)
  if (answer.origin === undefined) {
    // What kept the page away keeps the form away.
    const { outcome, reason } = asked
    Object.assign(exchange, { outcome, reason })
    return answer
  }
  if (answer.status !== 200 || !isPage(answer)) return discarded(answer)
  const body = await readWhole(answer.body, cache.maxBody())
  if (typeof body === 'string') return { ...answer, body: null }
  const page = readPage(body.toString('latin1'))
  const values = valuesIn(page, ticket)
  if (values === undefined) return { ...answer, body: null }
  const meta = new Map(page.token === undefined ? [] : ticket.meta.map(name => [name, page.token!]))
  return { values, token: page.token, meta, cookies: all(answer.fields, 'set-cookie') }
}

function discarded(answer: Answer): Answer {
  const { body } = answer
  if (body !== null && !(body instanceof Uint8Array)) body.cancel(new Error('it is not the page of the form'))
  return { ...answer, body: null }
}

/** What would make the answer another than the whole page, or unreadable. */
const NOT_ASKED = /^(if-.*|range|accept|accept-encoding|content-.*|expect|origin|transfer-encoding|trailer|te)$/

function askingFor(exchange: Exchange, page: string): Exchange {
  const { startedAt, site, settingsOf, client, host, fields, peer, httpVersion, gone, visit } = exchange
  const asked: Fields = [...without(fields, name => NOT_ASKED.test(name)), 'Accept', 'text/html']
  return {
    ...UNSENT,
    ...{ startedAt, site, settingsOf, client, host, peer, httpVersion, gone, visit },
    method: 'GET',
    target: page,
    fields: asked,
    settings: settingsOf(page),
    intent: 'pass',
    outcome: 'pass',
  }
}

/** Of the form that was meant: by its id and action, else the first that has all the fields. */
function valuesIn({ forms }: Page, { names, action, id }: Ticket): Map<string, string> | undefined {
  if (names.length === 0) return new Map()
  const having = forms.filter(({ method, fields }) => method === 'POST' && names.every(name => fields.has(name)))
  const form =
    having.find(each => each.id === id && each.action === action) ??
    having.find(each => each.action === action) ??
    having[0]
  return form === undefined ? undefined : new Map(names.map(name => [name, form.fields.get(name)!]))
}
