// Why a page is answered from the store or not: the decisions of every room on one request, tried on the real origin without
// a visitor noticing. What `breakwater explain` prints.

import { provePage } from '../audit/prove.ts'
import type { ProofReport } from '../audit/prove.ts'
import { visit } from '../audit/visit.ts'
import { keyFields, keyTarget } from '../cache/key.ts'
import { responsibleFor } from '../cache/policy/responsible.ts'
import { objectionToCopy } from '../cache/policy/strangers.ts'
import type { Mode } from '../config/modes.ts'
import type { AnonymousSettings } from '../config/settings.ts'
import type { Settings, SiteConfig } from '../config/types.ts'
import { first, without } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { selectorFrom } from '../html/selector.ts'
import { compileRules } from '../site/rules.ts'
import { remarks, statusOf, verdictOf, verdictOn } from './afterwards.ts'
import type { Verdict } from './afterwards.ts'
import { beforehand } from './beforehand.ts'
import type { Asked } from './beforehand.ts'
import type { Decision } from './decision.ts'

/** What is to be explained. */
export interface Question {
  /** As a visitor would type it. */
  readonly url: URL
  readonly method: string
  /** The visitor's, with Host and Cookie. */
  readonly fields: Fields
  readonly site: SiteConfig
  readonly mode: Mode
}

export interface Explanation {
  url: string
  site: string
  mode: Mode
  decisions: readonly Decision[]
  /** Null where the origin was not asked, for its answer would change something. */
  verdict: Verdict | null
  /** Our member of Cache-Status, as the visitor who fetches it sees it. */
  cacheStatus: string | null
}

/** Asks the origin for safe methods alone: with a GET at most three times. */
export async function explain(question: Question): Promise<Explanation> {
  const { url, method, fields, site, mode } = question
  const asked: Asked = { method, host: url.host, target: url.pathname + url.search, fields }
  const settings = compileRules(site, mode).settingsFor(asked)
  const told = { url: url.href, site: site.name, mode }
  const before: Decision[] = [
    { room: 'site', says: `The site "${site.name}", in mode ${mode}.` },
    ...beforehand(asked, settings),
  ]
  if (method !== 'GET') return { ...told, decisions: before, verdict: null, cacheStatus: null }
  const { decisions, verdict, status } = await tried(question, asked, settings)
  const cacheStatus = status === 0 ? null : statusOf(asked, verdict, status, settings.bypass)
  return { ...told, decisions: [...before, ...decisions], verdict, cacheStatus }
}

interface Tried {
  decisions: Decision[]
  verdict: Verdict
  status: number
}

async function tried(question: Question, asked: Asked, settings: Settings): Promise<Tried> {
  const { anonymous } = settings
  const isForCopy = anonymous !== undefined && !settings.bypass
  const copy = isForCopy && objectionToCopy({ ...asked, settings }, anonymous) === undefined
  const proof = copy ? await proofOf(question, asked, settings, anonymous) : undefined
  if (proof === undefined) return ordinarily(question, asked, settings)
  const decision = sayProof(proof)
  if (proof.verdict === 'refused') {
    const other = await ordinarily(question, asked, settings)
    return { ...other, decisions: [decision, ...other.decisions] }
  }
  const because = responsibleFor('stored-anonymous', [], [], settings)
  const verdict = verdictOf('stored-anonymous', because, {
    stored: true,
    freshSeconds: anonymous!.lifetime / 1000,
    staleWhileRevalidateSeconds: anonymous!.staleWhileRevalidate / 1000,
    staleIfErrorSeconds: anonymous!.staleIfError / 1000,
  })
  return { decisions: [decision], verdict, status: 200 }
}

async function ordinarily(question: Question, asked: Asked, settings: Settings): Promise<Tried> {
  const { href, host } = originFor(question, asked, settings)
  const fields = settings.bypass ? asked.fields : keyFields(asked.fields, settings)
  const header = [
    ...without(fields, name => name === 'host' || name === 'cookie'),
    ...['Breakwater-Mode', question.mode],
  ]
  const seen = await visit(href, first(fields, 'cookie') ?? '', header, host)
  const verdict =
    seen.status === 0
      ? verdictOf('connect-failed', [])
      : verdictOn(asked, question.url.protocol.slice(0, -1), seen, settings)
  return { decisions: remarks(seen), verdict, status: seen.status }
}

/** Where the site's first origin has it, and the Host to send. */
function originFor({ site, url }: Question, { target }: Asked, settings: Settings): { href: string; host: string } {
  const [origin] = site.origins
  const kept = settings.bypass ? target : keyTarget(target, settings.ignoresQuery)
  const { protocol, authority } = origin!.url
  return { href: `${protocol}://${authority}${kept}`, host: origin!.host ?? url.host }
}

async function proofOf(
  question: Question,
  asked: Asked,
  settings: Settings,
  rule: AnonymousSettings,
): Promise<ProofReport> {
  const { href, host } = originFor(question, asked, settings)
  const omit = selectorFrom(rule.omit)
  const isToken = (name: string): boolean => rule.isToken?.(name) === true
  return provePage(href, '', { isToken, omit: typeof omit === 'string' ? null : omit }, host)
}

function sayProof({ verdict, why, holes }: ProofReport): Decision {
  if (verdict === 'refused')
    return {
      room: 'cache',
      says: `No copy for strangers is made of it: ${why ?? 'two fetches differ'}.`,
      mend: '`breakwater prove URL` shows what differs.',
    }
  const filled =
    holes.length === 0 ? '' : ` Filled for each visitor at the first touch of the form: ${holes.join(', ')}.`
  return { room: 'cache', says: `Two fetches for nobody in particular brought the same page.${filled}` }
}
