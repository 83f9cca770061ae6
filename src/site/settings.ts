// What a set of matching rules amounts to: each value from the last rule that gives one, and the name of that rule beside it.

import type { RuleConfig, RuleValues, Settings } from '../config/types.ts'
import type { Mode } from '../config/modes.ts'
import type { FieldEdits } from '../http/edits.ts'
import { compileGlobs } from './pattern.ts'

/** The settings of these rules, in their order, in this mode. */
export function resolveSettings(rules: readonly RuleConfig[], mode: Mode): Settings {
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
  }
  return Object.freeze({ ...values, mode, why: Object.freeze(why) })
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
