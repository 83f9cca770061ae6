// The page behind a receipt: whether the form waits, has arrived, or was refused and why. It says nothing of what is in the
// form, so whoever finds a receipt learns no more than that.

import type { Answer } from '../exchange.ts'
import { preferredType } from '../http/accept.ts'
import type { Fields } from '../http/fields.ts'
import { ownPage, refusalAnswer } from '../refusal.ts'
import type { FormState, ReceiptView } from '../threads/forms.ts'
import { escaped, pageFields } from './answer.ts'

/** What a visitor is told; a person's work looks like waiting from outside. */
const words: Record<FormState, { heading: string; text: string; isOver: boolean }> = {
  waiting: waiting(),
  'in-flight': waiting(),
  retry: waiting(),
  unknown: waiting(),
  'set-aside': {
    heading: 'Your form is being looked at',
    text: 'It was received and is kept. A person will see to it; you need not send it again.',
    isOver: false,
  },
  delivered: { heading: 'Your form has arrived', text: 'The site has taken it.', isOver: true },
  rejected: { heading: 'Your form was not accepted', text: 'The site has refused it.', isOver: true },
  // Another node sees to it.
  moved: waiting(),
  erased: { heading: 'Your form was erased', text: 'What was in it is no longer kept here.', isOver: true },
}

function waiting() {
  return {
    heading: 'Your form was received',
    text: 'It is kept safely and will be handed to the site soon. You need not send it again.',
    isOver: false,
  }
}

/** Seconds after which the page looks again by itself. */
const LOOK_AGAIN = 30

/** `view` is null where there is no such receipt here. */
export function receiptAnswer(fields: Fields, receipt: string, view: ReceiptView | null): Answer {
  if (view === null) return refusalAnswer({ fields }, 'receipt-unknown')
  const { heading, text, isOver } = words[view.state]
  if (preferredType(fields, ['text/html', 'application/json']) === 'application/json') {
    const { state, at, changed, reason } = view
    const told = { receipt, state, received: iso(at), changed: iso(changed), ...(reason === null ? {} : { reason }) }
    const body = Buffer.from(`${JSON.stringify(told)}\n`)
    return {
      status: 200,
      fields: ['Content-Type', 'application/json', 'Cache-Control', 'no-store', 'Vary', 'Accept'],
      body,
    }
  }
  const why = view.state === 'rejected' && view.reason !== null ? `\n<p>${escaped(view.reason)}</p>` : ''
  const content = `<h1>${heading}</h1>\n<p>${text}</p>${why}\n<p><small>Receipt <code>${receipt}</code><br>Received ${iso(view.at)}</small></p>`
  const head = isOver ? '' : `<meta http-equiv="refresh" content="${LOOK_AGAIN}">\n`
  return { status: 200, fields: pageFields(), body: Buffer.from(ownPage(heading, content, head)) }
}

const iso = (ms: number): string => new Date(ms).toISOString()
