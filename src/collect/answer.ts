// What whoever posted a form is answered: browsers go on to a page (303, so that a reload posts nothing again), programs
// that ask for JSON get JSON. What is wrong with a form is told field by field.

import type { CollectSettings } from '../config/types.ts'
import type { Answer } from '../exchange.ts'
import { preferredType } from '../http/accept.ts'
import type { Fields } from '../http/fields.ts'
import { OWN_PAGE_POLICY, ownPage } from '../refusal.ts'
import type { Fault } from './validate.ts'

const HTML = 'text/html'
const JSON_TYPE = 'application/json'

/** Where a receipt is looked at. */
const receiptUrl = (receipt: string): string => `/.breakwater/receipts/${receipt}`

const common = (type: string): Fields => [
  ...['Content-Type', type, 'Cache-Control', 'no-store', 'Vary', 'Accept'],
  ...['X-Robots-Tag', 'noindex', 'X-Content-Type-Options', 'nosniff'],
]

/** `isJson`: the form itself was JSON, so that a client which takes anything gets JSON. */
function wantsJson(fields: Fields, isJson: boolean): boolean {
  const offers = isJson ? [JSON_TYPE, HTML] : [HTML, JSON_TYPE]
  return preferredType(fields, offers) === JSON_TYPE
}

/** The acknowledgement. It is sent only once the form is on disk. */
export function acknowledged(fields: Fields, rule: CollectSettings, receipt: string, isJson: boolean): Answer {
  const url = receiptUrl(receipt)
  if (wantsJson(fields, isJson)) {
    const body = Buffer.from(`${JSON.stringify({ receipt, url, state: 'waiting' })}\n`)
    return { status: 202, fields: [...common(JSON_TYPE), 'Breakwater-Receipt', receipt], body }
  }
  if (rule.page !== undefined) {
    const body = Buffer.from(rule.page.replaceAll('{receipt}', receipt).replaceAll('{url}', url))
    return { status: 200, fields: [...common(`${HTML}; charset=utf-8`), 'Breakwater-Receipt', receipt], body }
  }
  const location = rule.redirect?.replaceAll('{receipt}', receipt) ?? url
  return {
    status: 303,
    fields: [...common(`${HTML}; charset=utf-8`), 'Location', location, 'Breakwater-Receipt', receipt],
    body: null,
  }
}

/** 422, naming each field and what is wrong with it. */
export function invalid(fields: Fields, faults: readonly Fault[], isJson: boolean): Answer {
  if (wantsJson(fields, isJson)) {
    const problem = {
      ...{ type: 'about:blank', title: 'Unprocessable Content', status: 422, reason: 'form-invalid' },
      detail: 'The form was not taken. Correct these fields and send it again.',
      errors: faults,
    }
    return { status: 422, fields: common('application/problem+json'), body: Buffer.from(JSON.stringify(problem)) }
  }
  const list = faults.map(({ field, fault }) => `<li><b>${escaped(field)}</b> ${escaped(fault)}</li>`).join('\n')
  const body = `<h1>This form is not complete</h1>\n<p>It was not taken. Please go back, correct these fields and send it again.</p>\n<ul>\n${list}\n</ul>`
  return { status: 422, fields: pageFields(), body: Buffer.from(ownPage('Please correct the form', body)) }
}

export const pageFields = (): Fields => [
  ...common(`${HTML}; charset=utf-8`),
  ...OWN_PAGE_POLICY,
  'Referrer-Policy',
  'no-referrer',
]

export const escaped = (text: string): string => text.replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`)
