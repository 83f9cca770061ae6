// A page made into the copy that is stored of it: without what a rule leaves out. What it changes it also calls another
// thing, so that no browser takes the copy for the page when the spike is over.

import { createHash } from 'node:crypto'
import type { AnonymousSettings } from '../config/settings.ts'
import type { Answer, Exchange } from '../exchange.ts'
import { without } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { readHoles } from '../html/holes.ts'
import { edited } from '../html/tag.ts'
import type { CopyNote } from './copies.ts'
import { holeRule, isPage } from './proof.ts'
import type { Proven } from './proof.ts'

/** The answer with the copy for its body; one that nothing is taken from keeps its bytes and its validators. */
export function cutCopy(answer: Answer, { body, note }: Proven, own: Exchange, rule: AnonymousSettings): Answer {
  if (!isPage(answer)) return { ...answer, body }
  const html = body.toString('latin1')
  const edits = editsOf(html, own, rule, note)
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

const editsOf = (html: string, { host }: Exchange, rule: AnonymousSettings, { learned }: CopyNote) => {
  const holes = holeRule(rule)
  const isToken = (name: string): boolean => learned.includes(name) || holes.isToken(name)
  return readHoles(html, host, { ...holes, isToken }).omitted
}
