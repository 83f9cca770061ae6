// The rules of a site, compiled when the config loads. For a request only the question is left which rules match; what a set
// of matching rules amounts to is worked out once and handed out again.

import type { RuleConfig, Settings, SiteConfig } from '../config/types.ts'
import type { NameAndValue } from '../config/kinds/http.ts'
import type { Mode } from '../config/modes.ts'
import { Facts } from './facts.ts'
import type { RequestFacts } from './facts.ts'
import { compileHosts } from './hosts.ts'
import { compileGlob, compilePath } from './pattern.ts'
import { resolveSettings } from './settings.ts'

export interface CompiledRules {
  /** The settings for a request. Equal sets of matching rules give the same object. */
  readonly settingsFor: (request: RequestFacts) => Settings
  /** What of a request can make a difference, for those who want to remember settings by less than the whole request. */
  readonly reads: RuleReads
}

interface RuleReads {
  readonly method: boolean
  readonly host: boolean
  readonly target: boolean
  /** Lower-case names of header fields. */
  readonly fields: ReadonlySet<string>
}

/**
 * Sets of matching rules remembered. Visitors choose which rules match, so 500 rules could give 2^500 sets; a real site has
 * a few dozen. At up to 500 nodes of 32 bytes each this is 8 MB at worst; when it is full, remembering starts anew.
 */
const REMEMBERED = 512

/** One answer to one rule's question leads to the next; at the end of the way stand the settings for all the answers. */
interface Branch {
  yes?: Branch
  no?: Branch
  settings?: Settings
}

/** `mode` chooses among values that are given per mode. */
export function compileRules(
  site: Pick<SiteConfig, 'rules' | 'mode'> & { name?: string },
  mode: Mode = site.mode,
): CompiledRules {
  const rules = site.rules.map(rule => ({ rule, tests: compileMatch(rule.match) }))
  const reads = readsOf(site.rules)
  const asked = rules.filter(({ tests }) => tests.length > 0)
  const settle = (applies: (each: (typeof rules)[number]) => boolean) =>
    resolveSettings(
      rules.filter(applies).map(({ rule }) => rule),
      mode,
      site.name,
    )
  if (asked.length === 0) {
    const always = settle(() => true)
    return { settingsFor: () => always, reads }
  }
  let root: Branch = {}
  let remembered = 0
  const settingsFor = (request: RequestFacts): Settings => {
    const facts = new Facts(request)
    let branch = root
    for (const { tests } of asked) branch = allPass(tests, facts) ? (branch.yes ??= {}) : (branch.no ??= {})
    if (branch.settings !== undefined) return branch.settings
    if (++remembered > REMEMBERED) [root, remembered] = [{}, 0]
    return (branch.settings = settle(({ tests }) => allPass(tests, facts)))
  }
  return { settingsFor, reads }
}

type Test = (facts: Facts) => boolean

function allPass(tests: readonly Test[], facts: Facts): boolean {
  for (const test of tests) if (!test(facts)) return false
  return true
}

/** The tests of a rule, cheapest first; a rule without any is for every request. */
function compileMatch({ method, host, path, query, header, cookie }: RuleConfig['match']): Test[] {
  const tests: Test[] = []
  if (method !== undefined) {
    const methods = new Set(method.map(each => (each === 'HEAD' ? 'GET' : each)))
    tests.push(facts => methods.has(facts.method))
  }
  if (path !== undefined) {
    const patterns = path.map(compilePath)
    tests.push(facts => patterns.some(matches => matches(facts.path)))
  }
  if (host !== undefined) {
    const find = compileHosts([{ hosts: host }])
    tests.push(facts => find(facts.request.host) !== undefined)
  }
  for (const each of query ?? []) tests.push(valueTest(each, (facts, name) => facts.parameters(name)))
  for (const each of header ?? []) tests.push(valueTest(each, fieldValues))
  for (const each of cookie ?? []) tests.push(valueTest(each, (facts, name) => facts.cookies(name)))
  return tests
}

function valueTest([name, pattern]: NameAndValue, valuesOf: (facts: Facts, name: string) => string[]): Test {
  if (pattern === undefined) return facts => valuesOf(facts, name).length > 0
  const matches = compileGlob(pattern)
  return facts => valuesOf(facts, name).some(matches)
}

const fieldValues = (facts: Facts, name: string): string[] => facts.fields(name)

function readsOf(rules: readonly RuleConfig[]): RuleReads {
  const matches = rules.map(rule => rule.match)
  const fields = matches.flatMap(({ header, cookie }) => [
    ...(header ?? []).map(([name]) => name),
    ...(cookie === undefined ? [] : ['cookie']),
  ])
  return {
    method: matches.some(match => match.method !== undefined),
    host: matches.some(match => match.host !== undefined),
    target: matches.some(match => match.path !== undefined || match.query !== undefined),
    fields: new Set(fields),
  }
}
