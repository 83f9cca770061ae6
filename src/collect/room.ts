// The collect room: takes the forms that a rule names into the journal, acknowledges them once they are on disk, and lets
// everything else go on to the origin. It stands before admission, because a form that is collected needs no permit.

import type { Seal } from '../base/seal.ts'
import { randomBytes } from 'node:crypto'
import type { FormField } from '../config/kinds/form.ts'
import type { CollectSettings } from '../config/types.ts'
import type { Answer, Exchange, Room } from '../exchange.ts'
import { becauseOf } from '../http/cachestatus.ts'
import { all } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { reasons } from '../reasons.ts'
import type { ReasonCode } from '../reasons.ts'
import { refusalAnswer } from '../refusal.ts'
import { Quota } from '../spool/quota.ts'
import type { Form } from '../threads/forms.ts'
import { acknowledged, invalid } from './answer.ts'
import { Intake } from './intake.ts'
import type { IntakeBounds, Whole } from './intake.ts'
import { keysOf } from './keys.ts'
import { formatOf } from './media.ts'
import type { Format } from './media.ts'
import { leastFaults } from './validate.ts'

export interface CollectDeps {
  /** The way to the journal of forms. */
  forms: { take(form: Form): Promise<{ receipt: string } | ReasonCode> }
  /** What the forms of the site’s own pages that are posted to this path ask of their fields. */
  learnt(site: string, path: string): readonly (readonly FormField[])[]
  /** Whether the request is part of a rehearsal: its forms are judged like any other, acknowledged and forgotten. */
  isRehearsal(fields: Fields): boolean
  /** True while no origin of the site bears another request. */
  isFull(site: string): boolean
  /** The folder of the journal's large bodies. */
  bodies: string
  /** What lies there is encrypted with it, where the config says so. */
  seal: Seal
}

/** How receipts of a rehearsal begin; 22 characters in all, as others have. */
export const REHEARSED = 'rehearsal-'

/** Memory for forms that are coming in, each edge: a thousand of the largest that stay in memory. */
const MEMORY = 64 * 1024 * 1024
/** Seconds after which a form that found no room may be sent again. */
const RETRY_AFTER = 10

/** Kept of the request in any case. What is not named here or by the rule stays out of the journal, cookies above all. */
// prettier-ignore
const KEPT = [
  'content-type', 'accept', 'accept-language', 'user-agent', 'origin', 'referer', 'x-requested-with', 'sec-fetch-site',
]

/** Where scripts send the page's token: Rails and Laravel, Django, Angular and those that do as it does. */
const TOKENS = ['x-csrf-token', 'x-csrftoken', 'x-xsrf-token']

export function createCollectRoom(deps: CollectDeps): Room {
  const memory = new Quota(MEMORY)
  return (exchange, next) => {
    const rule = exchange.settings.collect
    if (rule === null || (rule.onlyInOverload && !deps.isFull(exchange.site.name))) return next(exchange)
    return collect(deps, exchange, rule, { most: rule.body, memory, folder: deps.bodies, seal: deps.seal })
  }
}

async function collect(
  deps: CollectDeps,
  exchange: Exchange,
  rule: CollectSettings,
  bounds: IntakeBounds,
): Promise<Answer> {
  if (rule.repair !== 'no' && rule.unrepaired === 'refuse' && exchange.ticket === undefined)
    return refuse(exchange, 'form-ticket')
  const format = formatOf(exchange.fields)
  if (format === undefined) return refuse(exchange, 'form-type')
  if ((exchange.body?.length ?? 0) > bounds.most) return refuse(exchange, 'form-too-large')
  const whole = await takeIn(exchange, format, bounds)
  if (whole === 'gone') return nobodyThere(exchange)
  if (typeof whole === 'string') return refuse(exchange, whole)
  return journal(deps, exchange, rule, whole, format)
}

function takeIn(exchange: Exchange, format: Format, bounds: IntakeBounds): Promise<Whole | ReasonCode | 'gone'> {
  try {
    return new Intake(format, bounds).take(exchange.body)
  } catch {
    return Promise.resolve('form-broken')
  }
}

async function journal(
  deps: CollectDeps,
  exchange: Exchange,
  rule: CollectSettings,
  whole: Whole,
  { type }: Format,
): Promise<Answer> {
  const isJson = type === 'json'
  const asked = rule.learn && !isJson ? deps.learnt(exchange.site.name, exchange.target.split('?', 1)[0]!) : []
  const faults = leastFaults(rule.fields, asked, whole.content)
  if (faults.length > 0) {
    void whole.file?.remove()
    exchange.outcome = 'refused'
    exchange.reason = 'form-invalid'
    return because('form-invalid', invalid(exchange.fields, faults, isJson))
  }
  if (deps.isRehearsal(exchange.fields)) return rehearsed(exchange, rule, whole, isJson)
  const taken = await deps.forms.take(formOf(exchange, rule, whole))
  if (typeof taken === 'string') return refuse(exchange, taken)
  exchange.outcome = 'collected'
  exchange.reason = 'collected'
  return because('collected', acknowledged(exchange.fields, rule, taken.receipt, isJson))
}

const because = (reason: ReasonCode, answer: Answer): Answer => ({
  ...answer,
  fields: [...answer.fields, ...becauseOf(reason)],
})

/** As if it had been taken; nothing of it is kept, and its receipt says so. */
function rehearsed(exchange: Exchange, rule: CollectSettings, { file }: Whole, isJson: boolean): Answer {
  void file?.remove()
  exchange.outcome = 'own'
  exchange.reason = 'rehearsed'
  return because('rehearsed', acknowledged(exchange.fields, rule, REHEARSED + randomBytes(6).toString('hex'), isJson))
}

function formOf(exchange: Exchange, rule: CollectSettings, { content, bytes, length, file }: Whole): Form {
  const { site, client, host, method, target, fields } = exchange
  const ticket = rule.repair === 'no' || exchange.ticket === undefined ? {} : { ticket: exchange.ticket }
  return {
    site: site.name,
    rule: rule.rule,
    head: {
      ...{ scheme: client.scheme, host, client: client.address, method, target },
      ...{ fields: keptFields(fields, rule), ...ticket },
    },
    body: bytes.toString('latin1'),
    file: file?.name ?? null,
    bytes: length,
    ...keysOf(site.name, rule, fields, content),
  }
}

function keptFields(fields: Fields, rule: CollectSettings): Fields {
  const kept: Fields = []
  const session = rule.repair === 'visitor' ? ['cookie'] : []
  const tokens = rule.repair === 'no' ? [] : TOKENS
  for (const name of new Set([...KEPT, ...tokens, ...session, ...rule.headers.map(each => each.toLowerCase())]))
    for (const value of all(fields, name)) kept.push(name, value)
  return kept
}

function refuse(exchange: Exchange, reason: ReasonCode): Answer {
  const isBusy = reasons[reason].status === 503
  exchange.body?.cancel(new Error(reason))
  exchange.outcome = isBusy ? 'shed' : 'refused'
  exchange.reason = reason
  // A form that may have been kept is not to be sent again by a program that knows no better.
  return refusalAnswer(exchange, reason, isBusy && reason !== 'journal-unsure' ? { retryAfter: RETRY_AFTER } : {})
}

function nobodyThere(exchange: Exchange): Answer {
  exchange.outcome = 'gone'
  return { status: 503, fields: [], body: null }
}
