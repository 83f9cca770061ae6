// What a set of matching rules amounts to: each value from the last rule that gives one, and the name of that rule beside it.

import type { CollectSettings, RateSettings, RuleConfig, RuleValues, Settings } from '../config/types.ts'
import type { AnonymousSettings, SnapshotSettings } from '../config/settings.ts'
import type { SiteConfig, WaitingRoomConfig } from '../config/types.ts'
import type { Keyed, NameTest } from '../config/settings.ts'
import type { Mode } from '../config/modes.ts'
import type { FieldEdits } from '../http/edits.ts'
import { editsIn } from './edits.ts'
import { insteadIn } from './instead.ts'
import { compileGlobs } from '../http/pattern.ts'
import { keyedCookie } from '../http/vary.ts'

/** How many people one address may stand for where rules do not say: a household, an office, a few phones of one carrier. */
const CEILING = 20

/** Ten seconds, in milliseconds: a thousand requests a second become one in ten seconds, and no page is older than people take for now. */
const DEFAULT_FOR = 10_000

type Giving = Pick<
  RuleConfig,
  | 'name'
  | 'cache'
  | 'requestHeaders'
  | 'responseHeaders'
  | 'rate'
  | 'collect'
  | 'spike'
  | 'waitingRoom'
  | 'class'
  | 'snapshot'
>

/** What does not depend on the set of rules that match. */
export interface Given {
  readonly mode: Mode
  /** The version of the snapshot that is in use, 0 for none. */
  readonly snapshot: number
  /** The site's name. */
  readonly site: string
  readonly keyed: Keyed | null
  /** Query parameters that some rule of the site matches by: they make a difference whatever else is said. */
  readonly asked: ReadonlySet<string>
  /** Names of the query parameters of campaigns. */
  readonly tracking: readonly string[]
  readonly rooms: readonly Room[]
}

/** A waiting room of the site, and whether it is for the whole site, since no rule names it. */
interface Room {
  readonly config: WaitingRoomConfig
  readonly forAll: boolean
}

/** The rooms of a site with what its rules make of them. */
export const roomsOf = ({ rules, waitingRoom }: Pick<SiteConfig, 'rules' | 'waitingRoom'>): Room[] =>
  waitingRoom.map(config => ({ config, forAll: !rules.some(rule => rule.waitingRoom === config.name) }))

function roomFor(rules: readonly Giving[], rooms: readonly Room[], why: Record<string, string>) {
  const rule = rooms.length === 0 ? undefined : rules.findLast(each => each.waitingRoom !== undefined)
  if (rule === undefined) return rooms.find(({ forAll }) => forAll)?.config ?? null
  why['waitingRoom'] = rule.name
  return rooms.find(({ config }) => config.name === rule.waitingRoom)?.config ?? null
}

function classFor(rules: readonly Giving[], why: Record<string, string>): string | null {
  const rule = rules.findLast(each => each.class !== undefined)
  if (rule?.class === undefined) return null
  why['class'] = rule.name
  return rule.class
}

/** The settings of these rules, in their order. */
export function resolveSettings(rules: readonly Giving[], given: Given): Omit<Settings, 'onResponse' | 'isSettled'> {
  const { mode, site, keyed } = given
  const why: Record<string, string> = {}
  const last = <K extends keyof RuleConfig['cache']>(name: K) => {
    const rule = rules.findLast(({ cache }) => cache[name]?.[mode] !== undefined)
    if (rule !== undefined) why[name] = rule.name
    return rule?.cache[name]?.[mode] as NonNullable<RuleConfig['cache'][K]>[Mode]
  }
  const ignored = compileGlobs(last('ignoredCookies') ?? [])
  const isSession = compileGlobs(last('sessionCookies') ?? [])
  // All cookies may be left out of requests; but who begins a session with every response has not said so of it by a star.
  // Nor by keying it: the page that sets a cookie is made for its new value, and was asked for with another or none.
  const named = compileGlobs((last('ignoredCookies') ?? []).filter(pattern => /[^*]/.test(pattern)))
  const instead = insteadIn(rules, mode, why)
  const values: RuleValues = {
    // Nothing that is stored stands in the way of a call's fixed answer. What a funnel leaves alone is stored as ever.
    bypass: instead?.kind === 'stub' || (last('bypass') ?? false),
    instead,
    lifetime: last('lifetime'),
    lifetimeFloor: last('lifetimeFloor'),
    lifetimeCeiling: last('lifetimeCeiling'),
    staleWhileRevalidate: last('staleWhileRevalidate'),
    staleIfError: last('staleIfError'),
    browserLifetime: last('browserLifetime'),
    cdnLifetime: last('cdnLifetime'),
    ignoresReload: last('ignoresReload') ?? false,
    tags: last('tags') ?? [],
    ignoresQuery: compileQuery([...(last('ignoredQuery') ?? []), ...given.tracking], last('keptQuery'), given.asked),
    ignoresCookie: harmless(ignored, keyedCookies(keyed), isSession),
    ignoresSetCookie: harmless(named, null, isSession),
    dropsCookie: ignored === null ? null : name => ignored(name) && isSession?.(name) !== true,
    isSession,
    keyed,
    anonymous: anonymousIn(rules, mode, why, last('staleWhileRevalidate'), last('staleIfError')),
    snapshot: snapshotIn(rules, mode, given.snapshot, why),
    waitingRoom: roomFor(rules, given.rooms, why),
    routeClass: classFor(rules, why),
    requestHeaders: mergeEdits(rules, 'requestHeaders', mode, why),
    responseHeaders: mergeEdits(rules, 'responseHeaders', mode, why),
    rate: rateOf(rules, mode, site, why),
    collect: collectIn(rules, mode),
  }
  return { ...values, mode, why: Object.freeze(why), matched: [...new Set(rules.map(({ name }) => name))] }
}

/** Field by field as well; what is counted together is what the rule that gave the rate matches. */
function rateOf(rules: readonly Giving[], mode: Mode, site: string, why: Record<string, string>): RateSettings | null {
  const giving = rules.findLast(({ rate }) => rate.limit?.[mode] !== undefined)
  const windows = giving?.rate.limit?.[mode] ?? []
  if (giving === undefined) return null
  why['rate.limit'] = giving.name
  if (windows.length === 0) return null
  const last = <K extends 'by' | 'ceiling' | 'counts' | 'exact'>(name: K) => {
    const rule = rules.findLast(({ rate }) => rate[name] !== undefined)
    if (rule !== undefined) why[`rate.${name}`] = rule.name
    return rule?.rate[name]
  }
  return Object.freeze({
    name: `${site} ${giving.name}`,
    policy: giving.name,
    windows,
    by: last('by') ?? ['address'],
    ceiling: last('ceiling') ?? CEILING,
    exact: last('exact') ?? false,
    counts: last('counts') ?? 'all',
  })
}

/** Which parameters are left out. Names count as written, but one that a rule asks for counts however it is written. */
function compileQuery(
  ignored: readonly string[],
  kept: readonly string[] | undefined,
  asked: ReadonlySet<string>,
): NameTest | null {
  const ignores = compileGlobs(ignored)
  const keeps = kept === undefined ? null : compileGlobs(kept)
  if (ignores === null && kept === undefined) return null
  const isLeftOut: NameTest = name => ignores?.(name) === true || (kept !== undefined && keeps?.(name) !== true)
  if (asked.size === 0) return isLeftOut
  return name => isLeftOut(name) && !asked.has(nameRead(name))
}

/** As the rules' own reading of the query has it. */
const nameRead = (name: string): string => (/[%+]/.test(name) ? ([...new URLSearchParams(name)][0]?.[0] ?? '') : name)

function keyedCookies(keyed: Keyed | null): NameTest | null {
  const start = keyedCookie('')
  const names = keyed?.names.filter(name => name.startsWith(start)).map(name => name.slice(start.length)) ?? []
  return names.length === 0 ? null : compileGlobs(names)
}

function harmless(ignored: NameTest | null, keyed: NameTest | null, isSession: NameTest | null): NameTest | null {
  if (ignored === null && keyed === null) return null
  return name => (ignored?.(name) === true || keyed?.(name) === true) && isSession?.(name) !== true
}

/** The last rule that says when forms are collected, as a whole: what one form must be says nothing of another. */
function collectIn(rules: readonly Giving[], mode: Mode): CollectSettings | null {
  const rule = rules.findLast(({ collect }) => collect.when !== undefined)
  const when = rule?.collect.when ?? []
  if (rule === undefined || when.includes('never')) return null
  const holds =
    when.includes('always') ||
    (when.includes('spike') && mode !== 'normal') ||
    (when.includes('frozen') && mode === 'frozen')
  if (!holds && !when.includes('overload')) return null
  return Object.freeze({ ...rule.collect, rule: rule.name, onlyInOverload: !holds })
}

/** A copy for everyone in a spike, where the rules want one. What they leave open of its time after its lifetime is as long as that. */
function anonymousIn(
  rules: readonly Giving[],
  mode: Mode,
  why: Record<string, string>,
  staleWhileRevalidate: number | undefined,
  staleIfError: number | undefined,
): AnonymousSettings | undefined {
  const lastOf = (name: keyof RuleConfig['spike']['cache']) =>
    rules.findLast(({ spike }) => spike.cache[name] !== undefined)
  const rule = lastOf('anonymous')
  if (mode === 'normal' || rule?.spike.cache.anonymous !== true) return undefined
  why['anonymous'] = rule.name
  const value = <K extends keyof RuleConfig['spike']['cache']>(name: K) => lastOf(name)?.spike.cache[name]
  const lifetime = value('for') ?? DEFAULT_FOR
  return {
    lifetime,
    staleWhileRevalidate: staleWhileRevalidate ?? lifetime,
    staleIfError: staleIfError ?? lifetime,
    seenBy: value('seenBy') ?? 'strangers',
    isProven: value('proof') ?? true,
    isToken: compileGlobs(value('tokens') ?? []),
    omit: value('omit') ?? [],
    offload: value('offload') === 'none' ? undefined : value('offload'),
  }
}

/** The snapshot that answers, where there is one: in `frozen` mode unless rules say otherwise. */
function snapshotIn(
  rules: readonly Giving[],
  mode: Mode,
  version: number,
  why: Record<string, string>,
): SnapshotSettings | null {
  if (version === 0) return null
  const lastOf = (name: keyof RuleConfig['snapshot']) => rules.findLast(rule => rule.snapshot[name] !== undefined)
  const rule = lastOf('when')
  const when = rule?.snapshot.when ?? 'frozen'
  if (when === 'never' || (when === 'frozen' && mode !== 'frozen')) return null
  if (rule !== undefined) why['snapshot'] = rule.name
  return Object.freeze({ version, missing: lastOf('missing')?.snapshot.missing ?? 'refuse' })
}

/** Field by field: for each name the last rule that sets or removes it. Within a rule, setting wins. */
function mergeEdits(
  rules: readonly Giving[],
  side: 'requestHeaders' | 'responseHeaders',
  mode: Mode,
  why: Record<string, string>,
): FieldEdits | null {
  const edits = new Map<string, [name: string, value: string] | null>()
  for (const rule of rules) {
    const { set, remove } = editsIn(rule[side], mode)
    for (const name of remove) edits.set(name.toLowerCase(), null)
    for (const [name, value] of set) edits.set(name.toLowerCase(), [name, value])
    for (const name of [...remove, ...set.map(([name]) => name)]) why[`${side}.${name.toLowerCase()}`] = rule.name
  }
  if (edits.size === 0) return null
  return { set: [...edits.values()].flatMap(edit => edit ?? []), remove: new Set(edits.keys()) }
}
