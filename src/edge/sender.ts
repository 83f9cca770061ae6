// Sends collected forms to the origin for the forms thread: holds the places that it asked for, sends each form under one of
// them through cache and origin room as a visitor's request would go, and tells what came back.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Seal } from '../base/seal.ts'
import type { Places } from '../board/places.ts'
import type { Ticket } from '../cache/forms/ticket.ts'
import { readWhole } from '../cache/whole.ts'
import { BytesBody } from '../exchange.ts'
import type { Answer, Next, Permit } from '../exchange.ts'
import { first } from '../http/fields.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Sites } from '../site/sites.ts'
import type { EdgeToForms, Form, FormsToEdge, RepairWay, SendResult } from '../threads/forms.ts'
import { FileBody } from './file-body.ts'
import { FormExchange } from './form-exchange.ts'
import { readText } from './read-text.ts'
import { repaired, ticketOf, tokensOf, withoutSession } from './repair.ts'

/** Milliseconds for which a place is held that nothing is sent under: the forms thread needs one commit. */
const HELD_FOR = 2000
/** Milliseconds between two looks for a second place, and how often: two seconds. */
const PLACE_AGAIN = 50
const PLACE_TRIES = 40
/** A form with more than this is not looked through for tokens: it takes this much memory while it is. */
const MOST_REPAIRED = 8 * 1024 * 1024
/** Nothing of the request had left when these happened. */
const UNSENT: ReadonlySet<ReasonCode | undefined> = new Set<ReasonCode>([
  'connect-failed',
  'connect-timeout',
  'no-origin',
  'origin-loop',
])

export interface SenderParts {
  /** The rest of the line, for an exchange that has its permit. */
  send: Next
  places: Places
  sites: Sites
  tell(message: EdgeToForms): void
  /** The folder of large bodies. */
  bodies: string
  seal: Seal
  /** The largest page that is read for its tokens, bytes. */
  maxBody(): number
}

type Send = Extract<FormsToEdge, { type: 'send' }>

interface Held {
  readonly permit: Permit
  readonly timer: NodeJS.Timeout
}

export class Sender {
  readonly #parts: SenderParts
  readonly #held = new Map<string, Held[]>()

  constructor(parts: SenderParts) {
    this.#parts = parts
  }

  hear(message: FormsToEdge): void {
    if (message.type === 'places') this.#hold(message.id, message.site, message.most)
    else if (message.type === 'release') for (let i = 0; i < message.places; i++) this.#take(message.site)?.free()
    else if (message.type === 'send') void this.#send(message)
  }

  /** Nobody will use the places that are held. */
  forget(): void {
    for (const site of this.#held.keys())
      for (let permit = this.#take(site); permit; permit = this.#take(site)) permit.free()
  }

  #hold(id: number, site: string, most: number): void {
    const held = this.#held.get(site) ?? []
    this.#held.set(site, held)
    let places = 0
    for (; places < most; places++) {
      const permit = this.#parts.places.takeSpare(site)
      if (permit === undefined) break
      const timer = setTimeout(() => {
        held.splice(
          held.findIndex(each => each.permit === permit),
          1,
        )
        permit.free()
      }, HELD_FOR)
      held.push({ permit, timer })
    }
    this.#parts.tell({ type: 'places', id, site, places })
  }

  #take(site: string): Permit | undefined {
    const held = this.#held.get(site)?.shift()
    clearTimeout(held?.timer)
    return held?.permit
  }

  async #send(message: Send): Promise<void> {
    const result = await this.#sent(message).catch((): SendResult => ({ type: 'lost', reason: 'room-failed' }))
    this.#parts.tell({ type: 'ended', number: message.number, result })
  }

  async #sent({ form, receipt, ask, wantsText, repair }: Send): Promise<SendResult> {
    // The place may have run out while the disk was slow; another one does as well.
    const permit = this.#take(form.site) ?? this.#parts.places.takeSpare(form.site)
    const site = this.#parts.sites.named(form.site)
    if (permit === undefined || site === undefined) {
      permit?.free()
      return { type: 'unsent', reason: 'no-origin' }
    }
    const { bodies, seal } = this.#parts
    const body = ask === null && form.file !== null ? await FileBody.open(bodies, form.file, seal) : null
    if (body === undefined) {
      permit.free()
      return { type: 'unsent', reason: 'journal-off' }
    }
    const exchange = new FormExchange(form, receipt, { ask, body, permit, site })
    const ticket = ask === null && repair !== 'no' ? ticketOf(form.head.ticket) : undefined
    if (ticket !== undefined) {
      const why = await this.#repair(exchange, form, ticket, repair)
      if (why !== undefined) return why
    }
    let answer: Answer
    try {
      answer = await this.#parts.send(exchange)
    } catch (error) {
      exchange.permit?.free()
      throw error
    }
    return resultOf(exchange, answer, wantsText)
  }

  /** Puts fresh tokens in, and another permit for the form itself; otherwise why it cannot be sent now. */
  async #repair(exchange: FormExchange, form: Form, ticket: Ticket, way: RepairWay): Promise<SendResult | undefined> {
    if (way === 'fresh') exchange.fields = withoutSession(exchange.fields)
    const fresh = await tokensOf(exchange, ticket, this.#parts.send, () => this.#parts.maxBody())
    exchange.permit?.free()
    exchange.permit = undefined
    const isTokens = 'values' in fresh
    // The page failed or did not come: another time. One that has no such form any more tells that the form goes as it came.
    if (!isTokens && (fresh.origin === undefined || fresh.status >= 500 || fresh.status === 429))
      return this.#unsent(exchange, exchange.reason ?? 'origin-reset')
    const body = exchange.body === null ? null : await readWhole(exchange.body, MOST_REPAIRED)
    if (typeof body === 'string') return this.#unsent(exchange, 'journal-off')
    const made = isTokens && body !== null ? repaired(exchange.fields, body, fresh) : { fields: exchange.fields, body }
    exchange.fields = made.fields
    exchange.body = made.body === null ? null : new BytesBody(made.body)
    exchange.permit = await this.#another(form.site)
    return exchange.permit === undefined ? { type: 'unsent', reason: 'no-origin' } : undefined
  }

  #unsent(exchange: FormExchange, reason: ReasonCode): SendResult {
    exchange.body?.cancel(new Error(reason))
    return { type: 'unsent', reason }
  }

  /** The place that the page took is gone; visitors may have taken it. */
  async #another(site: string): Promise<Permit | undefined> {
    for (let i = 0; i < PLACE_TRIES; i++) {
      const permit = this.#take(site) ?? this.#parts.places.takeSpare(site)
      if (permit !== undefined) return permit
      await sleep(PLACE_AGAIN)
    }
    return undefined
  }
}

/** An answer that is not the origin's tells by its reason whether anything had been sent. */
async function resultOf(exchange: FormExchange, answer: Answer, wantsText: boolean): Promise<SendResult> {
  if (answer.origin === undefined) {
    await readText(answer.body, 0)
    const reason = exchange.reason ?? 'origin-reset'
    return UNSENT.has(reason) ? { type: 'unsent', reason } : { type: 'lost', reason }
  }
  const text = await readText(answer.body, wantsText || answer.status >= 400 ? TEXT : 0)
  // The head says enough unless the rule asks for words that did not come.
  if (text === null && wantsText) return { type: 'lost', reason: 'idle-timeout' }
  const after = first(answer.fields, 'retry-after')
  return {
    type: 'answered',
    status: answer.status,
    location: first(answer.fields, 'location') ?? null,
    text: text ?? '',
    retryAfter: after !== undefined && /^\d{1,6}$/.test(after) ? Number(after) : null,
  }
}

/** Bytes of an answer in which words are looked for. */
const TEXT = 64 * 1024
