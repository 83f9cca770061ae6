// The proof of a copy for everyone: what the first anonymous fetch brought is compared with what a second one brings, before
// anybody else gets it. The second goes through the limiter as the first did, and only when the first is all there: a page
// is never asked for twice at once. Once proven, a page is proven again when ten minutes are over.

import type { AnonymousSettings } from '../config/settings.ts'
import { NEVER_GONE } from '../exchange.ts'
import type { Answer, Exchange, FromOrigin, Next } from '../exchange.ts'
import { first } from '../http/fields.ts'
import { differencesOf } from '../html/differences.ts'
import type { HoleRule } from '../html/holes.ts'
import { prove } from '../html/proof.ts'
import type { Proof } from '../html/proof.ts'
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

/** What two fetches for nobody in particular came to. */
export interface ProofFound extends Proof {
  readonly site: string
  readonly host: string
  readonly target: string
  /** Why there is no copy, a sentence; undefined where there is one. */
  readonly why: string | undefined
  /** What the page is with the site's test session; undefined where there is none, or it was not to be had. */
  readonly member?: { readonly status: number; readonly differences: Proof['differences'] }
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
  const { verdict } = found
  cache.core.countProof(verdict !== 'refused')
  const place = { site: own.site.name, host: own.host, target: own.target }
  const told = verdict === 'refused' ? undefined : await memberOf(cache, own, next, claim, rule)
  cache.proved({ ...place, ...found, ...(told === undefined ? {} : { member: told }) })
  if (verdict === 'refused') return 'copy-differs'
  const noted = verdict === 'armed' ? verdict : 'armed-with-holes'
  return { body, note: { verdict: noted, learned: found.learned, provenAt: now } }
}

interface Second {
  readonly answer: Answer
  readonly body: Buffer
}

/**
 * The page as the site's test session gets it, for those who run the site to look at. It goes out as the second fetch does, so that
 * nothing of what it brings is stored.
 */
async function memberOf(
  cache: Cache,
  own: Exchange,
  next: Next,
  { answer, body }: Claim,
  rule: AnonymousSettings,
): Promise<ProofFound['member']> {
  const { testSession } = own.site
  if (testSession === undefined) return undefined
  const fields = [...own.fields, 'Cookie', testSession.secret]
  const seen = await fetchAgain(cache, { ...own, fields }, next)
  if (seen === undefined) return undefined
  const { status } = seen.answer
  const isReadable = isPage(answer) && isPage(seen.answer)
  const differences = isReadable
    ? prove(body.toString('latin1'), seen.body.toString('latin1'), own.host, holeRule(rule)).differences
    : differencesIn(answer, body, seen.body)
  return { status, differences }
}

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

type Compared = Pick<ProofFound, keyof Proof | 'why'>

/** What is common to both; refused where they differ in what is not made for each visitor. */
function compared(answer: Answer, body: Buffer, second: Second, host: string, rule: AnonymousSettings): Compared {
  const unlike = ['content-type', 'content-encoding', 'location'].find(
    name => first(answer.fields, name) !== first(second.answer.fields, name),
  )
  if (answer.status !== second.answer.status)
    return refused(`the first answer is ${answer.status}, the second ${second.answer.status}`)
  if (unlike !== undefined) return refused(`the two answers differ in ${unlike}`)
  if (!isPage(answer))
    return body.equals(second.body)
      ? { verdict: 'armed', holes: [], learned: [], differences: [], why: undefined }
      : refused('two fetches differ', differencesIn(answer, body, second.body))
  const proof = prove(body.toString('latin1'), second.body.toString('latin1'), host, holeRule(rule))
  return { ...proof, why: proof.verdict === 'refused' ? 'two fetches differ in what everyone would see' : undefined }
}

const refused = (why: string, differences: Proof['differences'] = []): Compared => ({
  ...{ verdict: 'refused', holes: [], learned: [] },
  ...{ differences, why },
})

/** What people can read of it, where it is text that came as it is. */
function differencesIn({ fields }: Answer, one: Buffer, other: Buffer): Proof['differences'] {
  const isText = /^text\/|json|xml|javascript/i.test(first(fields, 'content-type') ?? '')
  const isPlain = /^(identity)?$/i.test(first(fields, 'content-encoding') ?? '')
  return isText && isPlain ? differencesOf(one.toString('latin1'), other.toString('latin1')) : []
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
