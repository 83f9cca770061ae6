// The proof of a copy for everyone: what the first anonymous fetch brought is compared with what a second one brings, before
// anybody else gets it. The second goes through the limiter as the first did, and only when the first is all there: a page
// is never asked for twice at once. Once proven, a page is proven again when ten minutes are over.

import type { AnonymousSettings } from '../config/settings.ts'
import type { Answer, Exchange, FromOrigin, Next } from '../exchange.ts'
import { first } from '../http/fields.ts'
import type { HoleRule } from '../html/holes.ts'
import { prove } from '../html/proof.ts'
import { selectorFrom } from '../html/selector.ts'
import type { CopyNote } from './copies.ts'
import type { Cache } from './types.ts'
import { readWhole } from './whole.ts'

/** Milliseconds: at a lifetime of 10 s this is one request in sixty. */
const PROVEN_FOR = 600_000

/** Why there is no copy. */
export type Unfit = NonNullable<FromOrigin['unfit']>

/** A page that may be anyone's: its bytes as the origin sent them, and what is known of it. */
export interface Proven {
  readonly body: Buffer
  readonly note: CopyNote
}

export interface Claim {
  /** The origin's answer to the first fetch, with all its bytes. */
  readonly answer: Answer
  readonly body: Buffer
  /** What is known of the copy that it takes the place of. */
  readonly before: CopyNote | undefined
  /** The response says itself that it is everyone's. */
  readonly isOpen: boolean
}

/** Compares with a second fetch, unless the page was proven of late or needs no proof. */
export async function proven(
  cache: Cache,
  own: Exchange,
  next: Next,
  claim: Claim,
  rule: AnonymousSettings,
): Promise<Proven | Unfit> {
  const { answer, body, before, isOpen } = claim
  const learned = before?.learned ?? []
  const now = cache.clock.now()
  const isKnown = before !== undefined && before.provenAt > now - PROVEN_FOR
  if (isOpen || !rule.isProven || isKnown) {
    return { body, note: { verdict: before?.verdict ?? 'unproven', provenAt: before?.provenAt ?? 0, learned } }
  }
  const second = await fetchAgain(cache, own, next)
  // Without the second nothing is known that was not known before: what was proven once goes on for now.
  if (second === undefined)
    return before === undefined || before.provenAt === 0 ? 'copy-unproven' : { body, note: before }
  const found = compared(answer, body, second, own.host, rule)
  cache.core.countProof(found !== undefined)
  return found === undefined ? 'copy-differs' : { body, note: { ...found, provenAt: now } }
}

interface Second {
  readonly answer: Answer
  readonly body: Buffer
}

const NEVER_GONE = new AbortController().signal

/** Undefined where the origin did not give it: it fails, or bears no more. */
async function fetchAgain(cache: Cache, own: Exchange, next: Next): Promise<Second | undefined> {
  const again: Exchange = {
    ...own,
    ...{ intent: 'pass', key: undefined, stale: undefined, seen: undefined, permit: undefined, gone: NEVER_GONE },
    ...{ outcome: 'pass', reason: undefined },
  }
  const answer = await next(again).catch(() => undefined)
  if (answer === undefined) return undefined
  const body = await readWhole(answer.body, cache.maxBody())
  const isOfTheMoment = answer.origin === undefined || answer.status >= 500 || answer.status === 429
  return isOfTheMoment || typeof body === 'string' ? undefined : { answer, body }
}

/** What is common to both; undefined where they differ in what is not made for each visitor. */
function compared(
  answer: Answer,
  body: Buffer,
  second: Second,
  host: string,
  rule: AnonymousSettings,
): Pick<CopyNote, 'verdict' | 'learned'> | undefined {
  const isAlike = ['content-type', 'content-encoding', 'location'].every(
    name => first(answer.fields, name) === first(second.answer.fields, name),
  )
  if (answer.status !== second.answer.status || !isAlike) return undefined
  if (body.equals(second.body) && !isPage(answer)) return { verdict: 'armed', learned: [] }
  if (!isPage(answer)) return undefined
  const { verdict, learned } = prove(body.toString('latin1'), second.body.toString('latin1'), host, holeRule(rule))
  if (verdict === 'refused') return undefined
  return { verdict: verdict === 'armed' ? 'armed' : 'armed-with-holes', learned }
}

/** HTML whose bytes can be read. */
export const isPage = ({ fields }: Answer): boolean =>
  /^text\/html\s*(;|$)/i.test(first(fields, 'content-type') ?? '') &&
  /^(identity)?$/i.test(first(fields, 'content-encoding') ?? '')

/** The rule as the reader of pages wants it, made once for the settings. */
export function holeRule(rule: AnonymousSettings): HoleRule {
  const known = rules.get(rule)
  if (known !== undefined) return known
  const omit = selectorFrom(rule.omit)
  // The config has read the selectors already.
  const made = {
    isToken: (name: string) => rule.isToken?.(name) === true,
    omit: typeof omit === 'string' ? null : omit,
  }
  rules.set(rule, made)
  return made
}

const rules = new WeakMap<AnonymousSettings, HoleRule>()
