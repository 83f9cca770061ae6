// The page of those who wait. It says everything without a script and reloads itself then; with the script it asks for the
// place by itself. No part of it comes from anywhere else, and nothing of it is stored anywhere.

import type { Answer } from '../../exchange.ts'
import type { WaitingRoomConfig } from '../../config/types.ts'
import type { Fields } from '../../http/fields.ts'
import { FIELDS, placeMembers, retryAfter } from './answers.ts'
import type { KeptFile, KeptForm } from './form.ts'
import type { Place } from './place.ts'
import { SCRIPT, SCRIPT_HASH } from './script.ts'
import { PAGE_STYLE, STYLE } from './style.ts'
import type { Words } from './words.ts'

export interface PageFacts {
  readonly settings: WaitingRoomConfig
  readonly language: string
  readonly words: Words
  readonly status: number
  readonly place: Place
  /** What the visitor asked for. */
  readonly target: string
  /** Where to ask for the place; undefined for those who have none. */
  readonly poll: string | undefined
  readonly token: string | undefined
  readonly commitment: string | undefined
  readonly notice: 'full' | 'invitation-needed' | 'invitation-unknown' | 'invitation-used' | 'ticket' | undefined
  /** A form that was sent without a session: kept, or not to be kept. */
  readonly form: KeptForm | 'not-kept' | undefined
}

const POLICY = [
  "default-src 'none'",
  `script-src ${SCRIPT_HASH}`,
  "style-src 'unsafe-inline' 'self'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ')

export function pageAnswer(facts: PageFacts): Answer {
  const fields: Fields = [...FIELDS, 'Content-Type', 'text/html; charset=utf-8', 'Content-Security-Policy', POLICY]
  fields.push('Content-Language', facts.language, ...retryAfter(facts.place))
  return { status: facts.status, fields, body: Buffer.from(pageText(facts)) }
}

function pageText(facts: PageFacts): string {
  const { settings, language } = facts
  const title = escape(headingOf(facts))
  const refresh = `<noscript><meta http-equiv="refresh" content="${refreshOf(facts)}"></noscript>`
  const room = roomText(facts)
  if (settings.template === undefined) return ownPage(language, title, refresh, room)
  const whole = settings.template.includes('{{room}}') ? settings.template : `${settings.template}{{room}}`
  // One pass, so that nothing a visitor sent is taken for a placeholder.
  return whole.replaceAll(/\{\{(room|title|language)\}\}/g, (_, name: string) =>
    name === 'room' ? refresh + room : name === 'title' ? title : escape(language),
  )
}

const ownPage = (language: string, title: string, refresh: string, room: string): string => `<!doctype html>
<html lang="${escape(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
${refresh}
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
${room}
</main>
</body>
</html>
`

function roomText(facts: PageFacts): string {
  const { words, place } = facts
  return `<style>${STYLE}</style>
<section id="bw-room" aria-labelledby="bw-heading">
<h1 id="bw-heading">${escape(headingOf(facts))}</h1>
${noticeText(facts)}${place.opensIn > 0 ? countdownText(facts) : positionText(facts)}${formText(facts)}
<p class="bw-note" data-bw="unreachable" role="status" hidden>${escape(words.unreachable)}</p>
${restText(facts)}
<div class="bw-live" role="status" aria-live="polite" data-bw="live"></div>
</section>
<script type="application/json" id="bw-facts">${scriptFacts(facts)}</script>
<script>${SCRIPT}</script>`
}

function headingOf({ words, place, notice }: PageFacts): string {
  if (notice === 'full') return words.full
  if (notice?.startsWith('invitation') === true) return words.invited
  return place.opensIn > 0 ? words.before : words.heading
}

function noticeText({ words, notice, target }: PageFacts): string {
  if (notice === undefined) return ''
  if (notice === 'full') return `<p>${escape(words.fullText)}</p>\n`
  if (notice === 'ticket') return `<p class="bw-note">${escape(words.expired)}</p>\n`
  const text = { 'invitation-needed': '', 'invitation-unknown': words.codeWrong, 'invitation-used': words.codeUsed }[
    notice
  ]
  const wrong = text === '' ? '' : `<p class="bw-note" role="alert">${escape(text)}</p>\n`
  const [path = '/', query = ''] = target.split('?', 2)
  const kept = [...new URLSearchParams(query)].map(([name, value]) => hidden(name, value)).join('')
  return `<p>${escape(words.invitedText)}</p>
${wrong}<form method="get" action="${escape(path)}">${kept}<label class="bw-label" for="bw-code">${escape(words.code)}</label>
<input id="bw-code" name="bw-invite" autocomplete="off" autocapitalize="off" required>
<button>${escape(words.enter)}</button></form>
`
}

function positionText({ words, place, language, poll, notice }: PageFacts): string {
  if (poll === undefined || (notice !== undefined && notice !== 'ticket')) return ''
  if (place.state === 'drawing') return `<p class="bw-note">${escape(words.drawing)}</p>\n`
  const number = new Intl.NumberFormat(language).format(place.ahead + 1)
  return `<div data-bw="position"><dl>
<div><dt>${escape(words.place)}</dt><dd class="bw-place" data-bw="place">${number}</dd></div>
<div><dt>${escape(words.wait)}</dt><dd data-bw="wait">${escape(waitText(place, words, language))}</dd></div>
</dl>
<progress data-bw="bar" max="1" value="0" aria-hidden="true"></progress></div>
`
}

function countdownText({ words, place, commitment }: PageFacts): string {
  const left = [3600, 60, 1].map(size =>
    String(Math.floor(place.opensIn / size) % (size === 3600 ? 1e6 : 60)).padStart(2, '0'),
  )
  const proof =
    commitment === undefined
      ? ''
      : `<p class="bw-soft">${escape(words.promise)} (SHA-256): <code>${escape(commitment)}</code></p>\n`
  return `<p class="bw-label">${escape(words.opens)}</p>
<p class="bw-clock" role="timer" aria-live="off" data-bw="countdown">${left.join(':')}</p>
<p>${escape(place.state === 'gathering' ? words.gathering : words.early)}</p>
${proof}`
}

function formText({ form, words, target, token }: PageFacts): string {
  if (form === undefined) return ''
  if (form === 'not-kept') return `<p class="bw-note">${escape(words.notKept)}</p>\n`
  const inputs = form.pairs.map(([name, value]) =>
    typeof value === 'string' ? hidden(name, value) : file(name, value),
  )
  // Without the script nobody can put files back into a form.
  const isWhole = form.pairs.every(([, value]) => typeof value === 'string' || isEmpty(value))
  const byHand = isWhole ? `<button>${escape(words.send)}</button>` : `<p class="bw-note">${escape(words.notKept)}</p>`
  return `<p class="bw-note" data-bw="kept"${isWhole ? '' : ' hidden'}>${escape(words.kept)}</p>
<form id="bw-form" method="post" enctype="${form.type}" action="${escape(withTicket(target, token))}">${inputs.join('')}<noscript>${byHand}</noscript></form>
`
}

/** A field for a file that nobody chose one for. */
const isEmpty = ({ name, base64 }: KeptFile): boolean => name === '' && base64 === ''

function file(field: string, kept: KeptFile): string {
  const data = isEmpty(kept) ? '' : ` data-bw-file="${escape(JSON.stringify(kept))}"`
  return `<input type="file" hidden name="${escape(field)}"${data}>`
}

const restText = ({ words, poll }: PageFacts): string =>
  poll === undefined ? '' : `<p class="bw-soft">${escape(words.keep)} ${escape(words.turn)}</p>`

/** A form stays on its page: a reload would lose it, so its visitor sends it by hand there. */
function refreshOf({ place, target, token, form }: PageFacts): string {
  const seconds = form === undefined ? Math.ceil(place.next) : 86_400
  return `${seconds}; url=${escape(withTicket(target, token))}`
}

const withTicket = (target: string, token: string | undefined): string =>
  token === undefined ? target : `${target}${target.includes('?') ? '&' : '?'}bw-ticket=${token}`

function scriptFacts({ words, place, target, poll, token, settings, notice }: PageFacts): string {
  const { heading, place: placeWord, wait, unknown, soon, called } = words
  const facts = {
    words: { heading, place: placeWord, wait, unknown, soon, called },
    place: placeMembers(place),
    state: place.state,
    target,
    again: notice === undefined || notice === 'full' || notice === 'ticket',
    withTicket: withTicket(target, token),
    poll: poll === undefined || token === undefined ? null : withTicket(poll, token),
    memory: `bw-${settings.name}`,
  }
  // Inside of a script element only `<` could end it.
  return JSON.stringify(facts).replaceAll('<', '\\u003c')
}

/** Seconds that may be called nearly. */
const SOON = 60

function waitText({ estimate, ahead }: Place, words: Words, language: string): string {
  if (ahead === 0 && (estimate?.[1] ?? 0) <= SOON) return words.soon
  if (estimate === null) return words.unknown
  const [from, to] = estimate
  const [unit, size] =
    to < 60 ? (['second', 1] as const) : to < 5400 ? (['minute', 60] as const) : (['hour', 3600] as const)
  const digits = size === 3600 ? 1 : 0
  const format = new Intl.NumberFormat(language, {
    style: 'unit',
    unit,
    unitDisplay: 'long',
    maximumFractionDigits: digits,
  })
  return format.formatRange(from / size, to / size)
}

const hidden = (name: string, value: string): string =>
  `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, each => ENTITIES[each]!)
