// A page made into the copy that is stored of it: without what a rule leaves out, and
// without the tokens of its forms, which each visitor gets later. What it changes it also calls another
// thing, so that no browser takes the copy for the page when the spike is over.

import { createHash } from 'node:crypto'
import type { AnonymousSettings } from '../config/settings.ts'
import type { Answer, Exchange } from '../exchange.ts'
import { without } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { readHoles } from '../html/holes.ts'
import type { HoledForm } from '../html/holes.ts'
import { edited, withAttribute } from '../html/tag.ts'
import type { Edit } from '../html/tag.ts'
import type { CopyNote } from './copies.ts'
import { placeOf } from './forms/place.ts'
import { metaNames, signed, ticketedTag } from './forms/ticket.ts'
import type { Ticket } from './forms/ticket.ts'
import { holeRule, isPage } from './proof.ts'
import type { Proven } from './proof.ts'

/**
 * The answer with the copy for its body; one that nothing is taken from keeps its bytes and its validators. `moved`: tags whose
 * addresses lead elsewhere.
 */
export function cutCopy(
  answer: Answer,
  { body, note }: Proven,
  own: Exchange,
  rule: AnonymousSettings,
  key: Uint8Array,
  moved: readonly Edit[],
): Answer {
  if (!isPage(answer)) return { ...answer, body }
  const html = body.toString('latin1')
  const edits = [...editsOf(html, own, rule, note, key), ...moved]
  if (edits.length === 0) return { ...answer, body }
  const made = Buffer.from(edited(html, edits), 'latin1')
  const entityTag = ['ETag', `"breakwater-${createHash('sha256').update(made).digest('base64url').slice(0, 22)}"`]
  const withOwn = (fields: Fields): Fields => [...without(fields, name => OF_BYTES.has(name)), ...entityTag]
  const origin = { ...answer.origin!, fields: withOwn(answer.origin!.fields) }
  return { ...answer, body: made, fields: withOwn(answer.fields), origin }
}

/** Fields that tell of the bytes as the origin sent them. */
const OF_BYTES = new Set([
  ...['content-length', 'etag', 'last-modified', 'accept-ranges'],
  ...['content-md5', 'digest', 'content-digest', 'repr-digest'],
])

/** What is left out, tokens emptied, their forms marked, and the script that fills them. */
function editsOf(
  html: string,
  own: Exchange,
  rule: AnonymousSettings,
  { learned }: CopyNote,
  key: Uint8Array,
): readonly Edit[] {
  const { target: page, host } = own
  const given = holeRule(rule)
  const isToken = (name: string): boolean => learned.includes(name) || given.isToken(name)
  const { holes, forms, omitted, end } = readHoles(html, host, { ...given, isToken })
  if (holes.length === 0) return omitted
  const sign = (ticket: Ticket): string => signed(ticket, placeOf(own), key)
  const meta = metaNames(holes)
  const told = meta.length === 0 ? '' : ` data-breakwater-page="${sign({ page, action: '', id: '', names: [], meta })}"`
  const script = `<script src="/.breakwater/forms.js"${told} defer></script>`
  const marked = forms.map(form =>
    markedForm(html, form, page, isSentLater(own, form.action), ticket => sign({ ...ticket, meta })),
  )
  return [...omitted, ...holes.map(({ edit }) => edit), ...marked, { from: end, to: end, text: script }]
}

/** The form's open tag with its ticket: in the action, which is sent with it, and beside it for the script. */
function markedForm(
  html: string,
  form: HoledForm,
  page: string,
  isLater: boolean,
  sign: (ticket: Omit<Ticket, 'meta'>) => string,
): Edit {
  const { action, id, names, from, to } = form
  const ticket = sign({ page, action, id, names })
  const tag = ticketedTag(html, form, page, ticket)
  return { from, to, text: isLater ? tag : withAttribute(tag, 'data-breakwater-form', ticket) }
}

/** A form that gets its tokens when it is sent needs none now: not even its touch costs the origin a request. */
function isSentLater({ host, target, settingsOf }: Exchange, action: string): boolean {
  const url = URL.parse(action.trim(), `http://${host}${target}`)
  const rule = url === null ? null : settingsOf(url.pathname + url.search, 'POST').collect
  return rule !== null && rule.repair !== 'no' && !rule.onlyInOverload
}
