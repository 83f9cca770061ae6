// The answer to a request that is not served: one plain page, or problem details (RFC 9457) for programs, for every
// reason in the table. All rooms that refuse use it, so that a visitor never meets a blank page or a dropped connection.

import { STATUS_CODES } from 'node:http'
import type { Answer } from './exchange.ts'
import { preferredType } from './http/accept.ts'
import { becauseOf } from './http/cachestatus.ts'
import type { Fields } from './http/fields.ts'
import { type ReasonCode, reasons } from './reasons.ts'

const PAGE = 'text/html'
const PROBLEM = 'application/problem+json'
/** `application/json` stands for problem details: a program that asks for JSON reads them. */
const OFFERS = [PAGE, PROBLEM, 'application/json'] as const

/** What the page says to a person, by status; what failed inside is the operator's business and not told here. */
const words: Record<number, { heading: string; advice: string }> = {
  400: { heading: 'This request could not be understood', advice: 'Please check the address and try again.' },
  403: {
    heading: 'You cannot come in from here',
    advice: 'If you think that this is a mistake, please tell those who run the site.',
  },
  404: { heading: 'There is nothing here', advice: 'Please check the address.' },
  405: { heading: 'This is not allowed here', advice: 'Please go back and try another way.' },
  408: { heading: 'The request took too long', advice: 'Please try again.' },
  413: { heading: 'This is too large', advice: 'Please send something smaller.' },
  414: { heading: 'This address is too long', advice: 'Please check the address.' },
  421: { heading: 'This site is not served here', advice: 'Please check the address.' },
  429: { heading: 'You are asking too often', advice: 'Please wait a moment and try again.' },
  431: { heading: 'The request is too large', advice: 'Deleting the cookies of this site may help.' },
  417: { heading: 'This request could not be understood', advice: 'Please try again.' },
  500: { heading: 'Something went wrong', advice: 'It is not your fault. Please try again in a moment.' },
  502: { heading: 'The site has a problem', advice: 'It is not your fault. Please try again in a moment.' },
  503: { heading: 'The site is very busy', advice: 'It is not your fault. Please try again in a moment.' },
  504: { heading: 'The site takes too long', advice: 'It is not your fault. Please try again in a moment.' },
}
/** Whoever filled in a form wants to know what became of it, and what to do with it. */
const again = 'Nothing of it was kept. Please send it again in a moment.'
const byReason: Partial<Record<ReasonCode, { heading: string; advice: string }>> = {
  'form-type': {
    heading: 'This form cannot be read here',
    advice: 'It was not taken: it has to be sent as a web form (urlencoded or multipart) or as JSON.',
  },
  'receipt-unknown': {
    heading: 'No form here has this receipt',
    advice: 'Please check the number. It may be mistyped, or what it was for is no longer kept.',
  },
  'form-broken': {
    heading: 'This form arrived damaged',
    advice: 'It was not taken: it is cut short or malformed. Please send it again.',
  },
  'form-ticket': {
    heading: 'This form was not sent from our own page',
    advice: 'It was not taken. Please open its page again and send it from there.',
  },
  'form-too-large': {
    heading: 'This form is too large',
    advice: 'It was not taken. Please send it with less, or smaller files.',
  },
  'form-key-reused': {
    heading: 'This form was sent with the key of another one',
    advice: 'It was not taken. Each form needs an Idempotency-Key of its own.',
  },
  'not-in-snapshot': {
    heading: 'This page is not here at the moment',
    advice: 'The site stands still for a while, and shows the most of itself. Please go back, or come again later.',
  },
  'journal-full': { heading: 'Your form could not be kept', advice: again },
  'journal-off': { heading: 'Your form could not be kept', advice: again },
  'journal-busy': { heading: 'Your form could not be kept', advice: again },
  'journal-unsure': {
    heading: 'We do not know whether your form was kept',
    advice: 'Please look whether it has arrived before you send it again.',
  },
}
const otherwise = { heading: 'This request was not served', advice: 'Please try again.' }

/** Bodies once made: two for each reason, so the map is as bounded as the table of reasons. */
const made = new Map<string, Buffer>()

/**
 * The answer for `code`: the status from the table of reasons, as a page or as problem details, whichever the request's
 * Accept prefers. `retryAfter` is in seconds and rounded up; `fields` are added as they are (Allow, …).
 * It sets nothing on the exchange: the room that refuses writes outcome and reason there.
 */
export function refusalAnswer(
  request: { readonly fields: Fields },
  code: ReasonCode,
  more: { retryAfter?: number; fields?: Fields } = {},
): Answer {
  const type = preferredType(request.fields, OFFERS) ?? PAGE
  const isPage = type === PAGE
  const fields: Fields = [
    'Content-Type',
    isPage ? 'text/html; charset=utf-8' : PROBLEM,
    'Cache-Control',
    'no-store',
    'X-Robots-Tag',
    'noindex',
    'Vary',
    'Accept',
    'X-Content-Type-Options',
    'nosniff',
    ...becauseOf(code),
  ]
  if (isPage) fields.push(...OWN_PAGE_POLICY)
  if (more.retryAfter !== undefined) fields.push('Retry-After', String(Math.max(0, Math.ceil(more.retryAfter))))
  if (more.fields !== undefined) fields.push(...more.fields)
  return { status: statusOf(code), fields, body: bodyOf(code, isPage) }
}

/** Reasons without a status are not refusals; should one get here, the fault is ours. */
const statusOf = (code: ReasonCode): number => reasons[code].status ?? 500

function bodyOf(code: ReasonCode, isPage: boolean): Buffer {
  const key = `${code} ${isPage ? 'page' : 'problem'}`
  let body = made.get(key)
  if (body === undefined) made.set(key, (body = Buffer.from(isPage ? pageFor(code) : problem(code))))
  return body
}

/** RFC 9457 section 4.2.1: with `about:blank` the title is the status's own phrase. `reason` is our extension member. */
function problem(code: ReasonCode): string {
  const status = statusOf(code)
  return JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail: reasons[code].prose,
    reason: code,
  })
}

function pageFor(code: ReasonCode): string {
  const status = statusOf(code)
  const { heading, advice } = byReason[code] ?? words[status] ?? otherwise
  const content = `<h1>${heading}</h1>\n<p>${advice}</p>\n<p><small>${status} ${STATUS_CODES[status]} (${code})</small></p>`
  return ownPage(heading, content)
}

/** A page of ours, `content` inside its main part. */
export const ownPage = (title: string, content: string, head = ''): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${head}<style>body{font:1.125rem/1.5 system-ui,sans-serif;max-width:34em;margin:15vh auto;padding:0 1.5em}code{word-break:break-all}small{opacity:.75}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`

/** The field with which it goes: nothing is loaded for it, and no other site frames it. */
export const OWN_PAGE_POLICY = [
  'Content-Security-Policy',
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
] as const
