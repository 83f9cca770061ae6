// What an origin's answer to a form means, by the rule that took the form: delivered, refused for good, or not now.

import type { CollectConfig } from '../config/types.ts'
import type { SendResult } from '../threads/forms.ts'
import type { FormEvent } from './states.ts'

type Delivered = CollectConfig['delivered']

/** The origin says itself that another try may do (RFC 9110 section 15, RFC 8470, RFC 6585). */
const NOT_NOW = new Set([408, 425, 429])
/** A gateway behind which nobody knows how far the form came. */
const NOBODY_KNOWS = new Set([502, 504])
/** Characters of the origin's words that are kept. */
const REASON_LENGTH = 200

/** `wait`: milliseconds until another try, unless the origin names a longer one. */
export function eventOf(result: SendResult, delivered: Delivered, wait: number): FormEvent {
  if (result.type !== 'answered') return { type: result.type, reason: result.reason, wait }
  const { status, retryAfter } = result
  const reason = reasonOf(result.status, result.text)
  if (NOBODY_KNOWS.has(status)) return { type: 'lost', reason, wait }
  if (status >= 500 || (NOT_NOW.has(status) && !delivered.status.includes(status)))
    return { type: 'failed', status, reason, wait: Math.max(wait, (retryAfter ?? 0) * 1000) }
  const missing = missingOf(result, delivered)
  return missing === undefined
    ? { type: 'delivered', status }
    : { type: 'rejected', status, reason: `${missing}${missing === reason ? '' : `; ${reason}`}` }
}

/** What a probe's answer tells: the origin has it, has it not, or does not say. */
export function foundBy(result: SendResult): boolean | null {
  if (result.type !== 'answered') return null
  if (result.status === 200 || result.status === 204) return true
  return result.status === 404 || result.status === 410 ? false : null
}

/** What of the rule does not hold. */
function missingOf(
  { status, location, text }: Extract<SendResult, { type: 'answered' }>,
  delivered: Delivered,
): string | undefined {
  const isStatus = delivered.status.length === 0 ? status < 400 : delivered.status.includes(status)
  if (!isStatus) return reasonOf(status, text)
  if (delivered.location !== undefined && !leadsTo(location, delivered.location))
    return `the answer leads to ${location ?? 'nowhere'}, not to ${delivered.location}`
  if (delivered.text !== undefined && !text.includes(delivered.text))
    return `the answer does not say ${JSON.stringify(delivered.text)}`
  return undefined
}

/** A path is compared with the path of the Location, however that is written. */
function leadsTo(location: string | null, wanted: string): boolean {
  if (location === null) return false
  if (location.startsWith(wanted)) return true
  const url = wanted.startsWith('/') ? URL.parse(location) : null
  return url !== null && (url.pathname + url.search).startsWith(wanted)
}

/** The status and the first of the origin's words: the title of a page, else its text. */
function reasonOf(status: number, text: string): string {
  const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1]
  const words = (title ?? text.replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim()
  return words === '' ? `status ${status}` : `status ${status}: ${words.slice(0, REASON_LENGTH)}`
}
