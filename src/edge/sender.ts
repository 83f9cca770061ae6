// Sends collected forms to the origin for the forms thread: holds the places that it asked for, sends each form under one of
// them through cache and origin room as a visitor's request would go, and tells what came back.

import { join } from 'node:path'
import type { Places } from '../board/places.ts'
import type { Answer, Next, Permit } from '../exchange.ts'
import { first } from '../http/fields.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Sites } from '../site/sites.ts'
import type { EdgeToForms, FormsToEdge, SendResult } from '../threads/forms.ts'
import { FileBody } from './file-body.ts'
import { FormExchange } from './form-exchange.ts'
import { readText } from './read-text.ts'

/** Milliseconds for which a place is held that nothing is sent under: the forms thread needs one commit. */
const HELD_FOR = 2000
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

  async #sent({ form, receipt, ask, wantsText }: Send): Promise<SendResult> {
    // The place may have run out while the disk was slow; another one does as well.
    const permit = this.#take(form.site) ?? this.#parts.places.takeSpare(form.site)
    const site = this.#parts.sites.named(form.site)
    if (permit === undefined || site === undefined) {
      permit?.free()
      return { type: 'unsent', reason: 'no-origin' }
    }
    const body = ask === null && form.file !== null ? await FileBody.open(join(this.#parts.bodies, form.file)) : null
    if (body === undefined) {
      permit.free()
      return { type: 'unsent', reason: 'journal-off' }
    }
    const exchange = new FormExchange(form, receipt, { ask, body, permit, site })
    let answer: Answer
    try {
      answer = await this.#parts.send(exchange)
    } catch (error) {
      permit.free()
      throw error
    }
    return resultOf(exchange, answer, wantsText)
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
