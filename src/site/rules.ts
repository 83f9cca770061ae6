// The rules of a site, compiled when the config loads. For a request only the question is left which rules match; what a set
// of matching rules amounts to is worked out once and handed out again.

import { createHash } from 'node:crypto'
import type { Keyed } from '../config/settings.ts'
import type { RuleConfig, Settings, SiteConfig } from '../config/types.ts'
import type { Mode } from '../config/modes.ts'
import { carriesCookie } from '../http/cookies.ts'
import type { Fields } from '../http/fields.ts'
import { RULES_FIELD, keyedCookie } from '../http/vary.ts'
import { editsIn } from './edits.ts'
import { Facts } from './facts.ts'
import type { RequestFacts } from './facts.ts'
import { allPass, matchingsOf } from './matching.ts'
import type { Matching } from './matching.ts'
import { compileGlobs } from '../http/pattern.ts'
import { resolveSettings, roomsOf } from './settings.ts'
import type { Given } from './settings.ts'

export interface CompiledRules {
  /** The settings for a request. Equal sets of matching rules give the same object. */
  readonly settingsFor: (request: RequestFacts) => Settings
  /**
   * All that the rules make of a request's header fields: to two requests of one kind, for the same method, host and target,
   * they say the same. Null where they look at none.
   */
  readonly kindOf: ((fields: Fields) => string) | null
}

/**
 * Sets of matching rules remembered. Visitors choose which rules match, so 500 rules could give 2^500 sets; a real site has
 * a few dozen. At up to 1500 nodes of 40 bytes each this is 30 MB at worst; when it is full, remembering starts anew.
 */
const REMEMBERED = 512
/** Settings by response remembered for each of those: origins choose what they answer, and do not vary it much. */
const REMEMBERED_RESPONSES = 64

/** What a rule says to a request. `almost`: it is for the target, and the request's header fields are not what it wants. */
type Verdict = 'no' | 'almost' | 'yes'

/** One answer to one rule's question leads to the next; at the end of the way stand the settings for all the answers. */
interface Branch {
  next: { [V in Verdict]?: Branch }
  settings?: Settings
}

/** What a site may be without where rules alone matter. */
interface RoomsOf {
  readonly name?: string
  readonly waitingRoom?: SiteConfig['waitingRoom']
}

/** `mode` chooses among values that are given per mode; `snapshot`: the version of the site's that is in use, 0 for none. */
export function compileRules(
  site: Pick<SiteConfig, 'rules' | 'presetRules' | 'mode' | 'trackingQuery'> & RoomsOf,
  mode: Mode = site.mode,
  snapshot = 0,
): CompiledRules {
  const rules = [...site.presetRules, ...site.rules]
  const all = rules.flatMap(rule => matchingsOf(rule, mode))
  const parameters = rules.flatMap(({ match }) => (match.query ?? []).map(([name]) => name))
  const context = {
    ...{ mode, snapshot, site: site.name ?? '', asked: new Set(parameters), tracking: site.trackingQuery },
    rooms: roomsOf({ rules, waitingRoom: site.waitingRoom ?? [] }),
  }
  const asked = all.filter(each => each.ofTarget.length + each.ofFields.length > 0)
  const kindOf = kindsBy(all, mode)
  if (asked.length === 0) {
    const always = settle(all, () => 'yes', context)
    return { settingsFor: () => always, kindOf }
  }
  let root: Branch = { next: {} }
  let remembered = 0
  const settingsFor = (request: RequestFacts): Settings => {
    const facts = new Facts(request)
    let branch = root
    for (const each of asked) branch = branch.next[verdict(each, facts)] ??= { next: {} }
    if (branch.settings !== undefined) return branch.settings
    if (++remembered > REMEMBERED) [root, remembered] = [{ next: {} }, 0]
    return (branch.settings = settle(all, each => verdict(each, facts), context))
  }
  return { settingsFor, kindOf }
}

function verdict({ ofTarget, ofFields }: Matching, facts: Facts): Verdict {
  if (!allPass(ofTarget, facts)) return 'no'
  return allPass(ofFields, facts) ? 'yes' : 'almost'
}

function settle(all: readonly Matching[], by: (each: Matching) => Verdict, context: Omit<Given, 'keyed'>): Settings {
  const near = all.filter(each => by(each) !== 'no')
  const met = near.filter(each => by(each) === 'yes')
  const given = { ...context, keyed: keyedBy(near, met, context.mode) }
  const settingsOf = (matchings: readonly Matching[]) => resolveSettings(ruleOf(matchings), given)
  const atOnce = settingsOf(met.filter(({ ofResponse }) => ofResponse.length === 0))
  if (met.every(({ ofResponse }) => ofResponse.length === 0))
    return Object.freeze({ ...atOnce, onResponse: null, isSettled: false })
  const settled = new Map<string, Settings>()
  const onResponse = (status: number, contentType = ''): Settings => {
    const type = contentType.split(';', 1)[0]!.trim().toLowerCase()
    const now = met.filter(({ ofResponse }) => ofResponse.every(test => test(status, type)))
    const name = now.map(each => met.indexOf(each)).join()
    const known = settled.get(name)
    if (known !== undefined) return known
    if (settled.size >= REMEMBERED_RESPONSES) settled.clear()
    const settings = Object.freeze({ ...settingsOf(now), onResponse, isSettled: true })
    settled.set(name, settings)
    return settings
  }
  return Object.freeze({ ...atOnce, onResponse, isSettled: false })
}

const ruleOf = (matchings: readonly Matching[]): RuleConfig[] => matchings.map(({ rule }) => rule)

/** `near`: the rules that are for the target; `met`: those of them that are for the request. */
function keyedBy(near: readonly Matching[], met: readonly Matching[], mode: Mode): Keyed | null {
  const names = new Set<string>()
  for (const { cache } of ruleOf(near)) {
    for (const name of cache.keyedHeaders?.[mode] ?? []) names.add(name.toLowerCase())
    for (const name of cache.keyedCookies?.[mode] ?? []) names.add(keyedCookie(name))
  }
  const apart = near.filter(each => each.ofFields.length > 0 && tellsApart(each.rule, mode))
  if (apart.length > 0) names.add(RULES_FIELD)
  if (names.size === 0) return null
  const rules = apart.filter(each => met.includes(each)).map(({ rule }) => signature(rule))
  return Object.freeze({ names: [...names].sort(), rules: rules.join(',') })
}

/** What changes nothing in what is stored, nor whether it is. */
const IN_PASSING = new Set(['bypass', 'ignoresReload', 'browserLifetime', 'cdnLifetime'])

/** Whether requests that the rule is for need stored responses of their own. */
function tellsApart({ cache, requestHeaders }: RuleConfig, mode: Mode): boolean {
  const { set, remove } = editsIn(requestHeaders, mode)
  if (set.length + remove.length > 0) return true
  return Object.entries(cache).some(([name, value]) => !IN_PASSING.has(name) && value?.[mode] !== undefined)
}

/** Another rule under the same name is not the same rule. */
const signature = ({ name, match }: RuleConfig): string =>
  `${encodeURIComponent(name)}-${createHash('sha256').update(JSON.stringify(match)).digest('hex').slice(0, 16)}`

function kindsBy(all: readonly Matching[], mode: Mode): CompiledRules['kindOf'] {
  const asking = all.filter(({ ofFields }) => ofFields.length > 0)
  const sessions = all.flatMap(({ rule }) => compileGlobs(rule.cache.sessionCookies?.[mode] ?? []) ?? [])
  if (asking.length + sessions.length === 0) return null
  return fields => {
    const facts = new Facts({ method: 'GET', host: '', target: '/', fields })
    const bits = [
      ...asking.map(({ ofFields }) => allPass(ofFields, facts)),
      ...sessions.map(isSession => carriesCookie(fields, isSession)),
    ]
    return bits.map(Number).join('')
  }
}
