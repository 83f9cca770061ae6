// The header of the origin server's response as it goes on: without the fields of the connection, with Via and a Date,
// and with the origin's own name taken out of where visitors would follow it.

import type { Exchange } from '../exchange.ts'
import type { Fields } from '../http/fields.ts'
import { connectionOptions, isHopByHop } from '../http/hopbyhop.ts'
import { formatDate } from '../http/dates.ts'
import { visitorsCookie, visitorsUrl, visitorsRefresh } from './rewrite.ts'
import type { OriginTarget } from './target.ts'

export interface AnswerHead {
  fields: Fields
  /** Bytes of the body where the header tells. */
  length: number | undefined
  isEventStream: boolean
}

/** What happens to a field of the response. */
type Fate = 'keep' | 'drop' | 'length' | 'type' | 'date' | 'connection' | 'location' | 'refresh' | 'cookie'

const FATES: Readonly<Record<string, Fate>> = {
  __proto__: null as never,
  'content-length': 'length',
  'content-type': 'type',
  date: 'date',
  connection: 'connection',
  location: 'location',
  'content-location': 'location',
  refresh: 'refresh',
  'set-cookie': 'cookie',
  // It would send visitors past the shield, to where only the origin listens.
  'alt-svc': 'drop',
  // Names for purging, meant for us (cache/policy/tags.ts): they tell how a site is built, and are long.
  'surrogate-key': 'drop',
  'cache-tag': 'drop',
  xkey: 'drop',
}

/** By the name as it was spelled. */
const fates = new Map<string, Fate>()
/** Spellings remembered: an application uses a few dozen. */
const REMEMBERED = 1024

/**
 * `raw` as received. `keepsLength` where the length tells of a body that is not sent along (HEAD, 304); elsewhere it is the
 * listener's to say. `now` is wall time in milliseconds, null where no Date is due (1xx).
 */
export function answerFields(
  raw: Fields,
  exchange: Exchange,
  target: OriginTarget,
  keepsLength: boolean,
  now: number | null,
): AnswerHead {
  const head: AnswerHead = { fields: [], length: undefined, isEventStream: false }
  const { fields } = head
  let named: ReadonlySet<string> | undefined
  let isDated = false
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!
    const value = raw[i + 1]!
    switch (fateOf(name)) {
      case 'drop':
        break
      case 'connection':
        if (value !== 'keep-alive' && value !== 'close') named ??= connectionOptions(raw)
        break
      case 'length':
        head.length = Number(value)
        if (keepsLength) fields.push(name, value)
        break
      case 'location':
        fields.push(name, visitorsUrl(value, exchange, target))
        break
      case 'refresh':
        fields.push(name, visitorsRefresh(value, exchange, target))
        break
      case 'cookie':
        fields.push(name, visitorsCookie(value, exchange, target))
        break
      case 'type':
        head.isEventStream = isEventStream(value)
        fields.push(name, value)
        break
      case 'date':
        isDated = true
        fields.push(name, value)
        break
      case 'keep':
        fields.push(name, value)
    }
  }
  if (named !== undefined && named.size > 0) head.fields = withoutNamed(fields, named)
  // RFC 9110 section 6.6.1: who receives a response without Date notes when it came.
  if (!isDated && now !== null) head.fields.push('Date', formatDate(now))
  head.fields.push('Via', '1.1 breakwater')
  return head
}

function fateOf(field: string): Fate {
  const known = fates.get(field)
  if (known !== undefined) return known
  const name = field.toLowerCase()
  const fate = FATES[name] ?? (isHopByHop(name) ? 'drop' : 'keep')
  if (fates.size < REMEMBERED) fates.set(field, fate)
  return fate
}

const isEventStream = (type: string): boolean => type.length >= 17 && /^text\/event-stream\s*(?:;|$)/i.test(type)

const withoutNamed = (fields: Fields, named: ReadonlySet<string>): Fields => {
  const kept: Fields = []
  for (let i = 0; i < fields.length; i += 2) {
    if (!named.has(fields[i]!.toLowerCase())) kept.push(fields[i]!, fields[i + 1]!)
  }
  return kept
}
