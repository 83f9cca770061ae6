// What was seen of each page, judged: would it be stored, for whom, and is it the same for everyone? Pure.
import type { PageSeen, Seen } from './crawl.ts'
import { callsIn } from './calls.ts'
import { harmless } from './cookies.ts'
import type { HoleRule } from '../html/holes.ts'
import { prove } from '../html/proof.ts'
import { judge } from './judge.ts'
import type { Judgement } from './judge.ts'
import { isPublic } from './public.ts'
import type { Visit } from './visit.ts'

export interface PageReport {
  url: string
  status: number
  error: string | null
  isPage: boolean
  /** For a stranger; for one who comes back with the cookies of the first page; the same if harmless cookies were named in a rule. */
  stranger: Judgement
  returning: Judgement
  forgiven: Judgement
  /** Its bytes were the same both times. */
  isStable: boolean
  /** In a spike one copy of it could be for all strangers: it was the same, but for the tokens of its forms. */
  isCopyable: boolean
  /** What of it was not: the first place where the two differ. */
  difference: { before: string; after: string } | null
  /** Its response calls itself everyone's, and yet a visitor with the given cookie got other bytes than a stranger. */
  leaks: boolean
  wireBytes: number
  bytes: number
  firstByteMs: number
  assets: number
  calls: string[]
  forms: number
}

const isHarmless = (name: string): boolean => harmless(name) !== undefined

export const reportPages = ({ pages }: Seen): PageReport[] => pages.map(reportPage)

function reportPage({ first, again, member, links }: PageSeen): PageReport {
  const isStable = first.body.equals(again.body)
  const calls = new Set(links?.scripts.flatMap(script => callsIn(script, first.url)))
  return {
    ...{ url: first.url, status: first.status, error: first.error ?? null, isPage: links !== undefined },
    ...{ stranger: judge(first), returning: judge(again), forgiven: judge(again, isHarmless) },
    ...{ isStable, isCopyable: isStable || (links !== undefined && differsInTokens(first, again)) },
    ...{ difference: isStable ? null : firstDifference(first.body.toString(), again.body.toString()) },
    leaks: member !== undefined && isPublic(member) && isStable && !member.body.equals(first.body),
    ...{ wireBytes: first.wireBytes, bytes: first.body.length, firstByteMs: Math.round(first.firstByteMs) },
    ...{ assets: links?.assets.size ?? 0, calls: [...calls], forms: links?.forms.length ?? 0 },
  }
}

/** Tokens that differ are found by having differed, as in the proof of a spike rule. */
const NO_RULE: HoleRule = { omit: null, isToken: () => false }

function differsInTokens(first: Visit, again: Visit): boolean {
  const { host } = new URL(first.url)
  return prove(first.body.toString('latin1'), again.body.toString('latin1'), host, NO_RULE).verdict !== 'refused'
}

/** Characters shown around the place where two texts differ. */
const AROUND = 40

/** The first place where they differ, with what stands around it in each. */
function firstDifference(one: string, other: string): { before: string; after: string } {
  let at = 0
  while (at < one.length && one[at] === other[at]) at++
  const cut = (text: string): string => text.slice(Math.max(0, at - AROUND), at + AROUND).replaceAll(/\s+/g, ' ')
  return { before: cut(one), after: cut(other) }
}
