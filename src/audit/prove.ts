// The proof of one page before a spike: fetched twice as the shield fetches its copies for everyone, and where somebody's
// cookies are given once with those, and compared. `breakwater prove` prints what comes of it.
import { SYNTHETIC_ADDRESS, SYNTHETIC_HEADER, anonymousFields, mayBeAnonymous } from '../cache/policy/anonymous.ts'
import { differencesOf } from '../html/differences.ts'
import type { Difference } from '../html/differences.ts'
import type { HoleRule } from '../html/holes.ts'
import { prove } from '../html/proof.ts'
import type { Proof } from '../html/proof.ts'
import { mediaTypeOf, visit } from './visit.ts'
import type { Visit } from './visit.ts'

export interface ProofReport extends Proof {
  url: string
  /** Why it is refused, in a sentence; undefined where it is not. */
  why: string | undefined
  /** What is another thing with the cookies that were given; undefined where none were. */
  member: { status: number; differences: readonly Difference[] } | undefined
}

/** As the shield asks for its copies (cache/anonymous.ts). */
const HEADER = [...SYNTHETIC_HEADER, 'X-Forwarded-For', SYNTHETIC_ADDRESS, 'Breakwater-Mode', 'spike']
/** The lifetime has no part in the proof. */
const RULE = { lifetime: 10_000, staleWhileRevalidate: 0, staleIfError: 0 }

/**
 * `cookie`: a Cookie field's value of somebody who is logged in, empty for none. `host`: the Host to send, where it is not the
 * URL's. Rejects where the page cannot be had.
 */
export async function provePage(url: string, cookie: string, rule: HoleRule, host?: string): Promise<ProofReport> {
  const one = answered(await visit(url, '', HEADER, host))
  const other = answered(await visit(url, '', HEADER, host))
  const member = cookie === '' ? undefined : answered(await visit(url, cookie, HEADER, host))
  const proof = proofOf(one, other, rule)
  const isAlone = member !== undefined && proof.verdict !== 'refused'
  return {
    url,
    ...proof,
    member: isAlone ? { status: member.status, differences: proofOf(one, member, rule).differences } : undefined,
  }
}

function answered(seen: Visit): Visit {
  if (seen.status === 0) throw new Error(`${seen.url} does not answer: ${seen.error ?? ''}`)
  return seen
}

function proofOf(one: Visit, other: Visit, rule: HoleRule): Proof & { why: string | undefined } {
  const why = refusedBeforehand(one)
  if (why !== undefined) return refused(why)
  if (one.status !== other.status || mediaTypeOf(one) !== mediaTypeOf(other))
    return refused(`the second answer is another one: ${told(one)} and ${told(other)}`)
  if (mediaTypeOf(one) !== 'text/html') {
    if (one.body.equals(other.body)) return { verdict: 'armed', holes: [], learned: [], differences: [], why }
    const isText = /^text\/|json|xml|javascript/.test(mediaTypeOf(one))
    return refused(
      'two fetches differ',
      isText ? differencesOf(one.body.toString('utf8'), other.body.toString('utf8')) : [],
    )
  }
  const proof = prove(one.body.toString('utf8'), other.body.toString('utf8'), new URL(one.url).host, rule)
  return { ...proof, why: proof.verdict === 'refused' ? 'two fetches differ in what everyone would see' : undefined }
}

const refused = (why: string, differences: readonly Difference[] = []) =>
  ({ verdict: 'refused', holes: [], learned: [], differences, why }) as const

const told = (seen: Visit): string => `${seen.status} ${mediaTypeOf(seen)}`

/** What needs no comparison. */
function refusedBeforehand({ url, status, fields, cut }: Visit): string | undefined {
  const { pathname, search } = new URL(url)
  if (!mayBeAnonymous(pathname + search)) return 'the address looks like one person’s, or like one with a secret in it'
  if (cut) return 'the page is longer than 8 MiB'
  return anonymousFields({ status, fields }, pathname + search, RULE, Date.now()).isStored
    ? undefined
    : `the answer is none to be shared (status ${status}, or it varies by more than cookies)`
}
