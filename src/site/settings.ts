// What a set of matching rules amounts to: each value from the last rule that gives one, and the name of that rule beside it.

import type { RateSettings, RuleConfig, RuleValues, Settings } from '../config/types.ts'
import type { Mode } from '../config/modes.ts'
import type { FieldEdits } from '../http/edits.ts'
import { compileGlobs } from './pattern.ts'

/** How many people one address may stand for where rules do not say: a household, an office, a few phones of one carrier. */
const CEILING = 20

/** The settings of these rules of the site, in their order, in this mode. */
export function resolveSettings(rules: readonly RuleConfig[], mode: Mode, site = ''): Settings {
  const why: Record<string, string> = {}
  const last = <K extends keyof RuleConfig['cache']>(name: K) => {
    const rule = rules.findLast(({ cache }) => cache[name]?.[mode] !== undefined)
    if (rule !== undefined) why[name] = rule.name
    return rule?.cache[name]?.[mode] as NonNullable<RuleConfig['cache'][K]>[Mode]
  }
  const values: RuleValues = {
    bypass: last('bypass') ?? false,
    lifetime: last('lifetime'),
    lifetimeFloor: last('lifetimeFloor'),
    lifetimeCeiling: last('lifetimeCeiling'),
    staleWhileRevalidate: last('staleWhileRevalidate'),
    staleIfError: last('staleIfError'),
    ignoresQuery: compileGlobs(last('ignoredQuery') ?? []),
    ignoresCookie: compileGlobs(last('ignoredCookies') ?? []),
    requestHeaders: mergeEdits(rules, 'requestHeaders', why),
    responseHeaders: mergeEdits(rules, 'responseHeaders', why),
    rate: rateOf(rules, mode, site, why),
  }
  return Object.freeze({ ...values, mode, why: Object.freeze(why) })
}

/** Field by field as well; what is counted together is what the rule that gave the rate matches. */
function rateOf(
  rules: readonly RuleConfig[],
  mode: Mode,
  site: string,
  why: Record<string, string>,
): RateSettings | null {
  const giving = rules.findLast(({ rate }) => rate.limit?.[mode] !== undefined)
  const windows = giving?.rate.limit?.[mode] ?? []
  if (giving === undefined) return null
  why['rate.limit'] = giving.name
  if (windows.length === 0) return null
  const last = <K extends 'by' | 'ceiling' | 'counts'>(name: K) => {
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
    counts: last('counts') ?? 'all',
  })
}

/** Field by field: for each name the last rule that sets or removes it. Within a rule, setting wins. */
function mergeEdits(
  rules: readonly RuleConfig[],
  side: 'requestHeaders' | 'responseHeaders',
  why: Record<string, string>,
): FieldEdits | null {
  const edits = new Map<string, [name: string, value: string] | null>()
  for (const rule of rules) {
    for (const name of rule[side].remove) edits.set(name.toLowerCase(), null)
    for (const [name, value] of rule[side].set) edits.set(name.toLowerCase(), [name, value])
    for (const name of [...rule[side].remove, ...rule[side].set.map(([name]) => name)])
      why[`${side}.${name.toLowerCase()}`] = rule.name
  }
  if (edits.size === 0) return null
  return { set: [...edits.values()].flatMap(edit => edit ?? []), remove: new Set(edits.keys()) }
}
