// A rule made ready to be asked: what it wants of the target, of the request's fields and of the response, apart, because
// each is known at another time and to others. A rule that promises a kind of file by its path becomes two: what lengthens
// lifetimes waits for the response to say that it is of that kind.

import type { RuleConfig } from '../config/types.ts'
import type { NameAndValue } from '../config/kinds/http.ts'
import type { Mode } from '../config/modes.ts'
import { typesPromised } from './extensions.ts'
import type { Facts } from './facts.ts'
import { compileHosts } from './hosts.ts'
import { compileGlob, compileGlobs, compilePath } from '../http/pattern.ts'

export type Test = (facts: Facts) => boolean
export type ResponseTest = (status: number, contentType: string) => boolean

export interface Matching {
  readonly rule: RuleConfig
  /** Method, path, host, query: with equal ones, every request gets the same answer. */
  readonly ofTarget: readonly Test[]
  /** Header fields and cookies. */
  readonly ofFields: readonly Test[]
  readonly ofResponse: readonly ResponseTest[]
}

/** What of a rule may make a page last longer than its origin wants. */
const LASTING = new Set([
  'lifetime',
  'lifetimeFloor',
  'staleWhileRevalidate',
  'staleIfError',
  'browserLifetime',
  'cdnLifetime',
])

const NO_RATE = { limit: undefined, by: undefined, ceiling: undefined, counts: undefined, exact: undefined }

/** The rule, or the two or three rules that it amounts to, in their order. */
export function matchingsOf(rule: RuleConfig, mode: Mode): Matching[] {
  const { path, contentType } = rule.match
  const promised = (path ?? []).map(typesPromised)
  const isAskedAnyway = contentType !== undefined || promised.every(types => types === undefined)
  const lasts = Object.entries(rule.cache).some(([name, value]) => LASTING.has(name) && value?.[mode] !== undefined)
  if (isAskedAnyway || !lasts) return [compile(rule)]
  const plain = path!.filter((_, i) => promised[i] === undefined)
  const files = path!.filter((_, i) => promised[i] !== undefined)
  const types = [...new Set(promised.flatMap(each => each ?? []))]
  const only = (isKept: (name: string) => boolean): RuleConfig['cache'] =>
    Object.fromEntries(Object.entries(rule.cache).filter(([name]) => isKept(name))) as RuleConfig['cache']
  const none = { set: [], remove: { normal: [], spike: [], frozen: [] } }
  return [
    ...(plain.length === 0 ? [] : [compile({ ...rule, match: { ...rule.match, path: plain } })]),
    compile({ ...rule, match: { ...rule.match, path: files }, cache: only(name => !LASTING.has(name)) }),
    compile({
      ...rule,
      match: { ...rule.match, path: files, contentType: types },
      cache: only(name => LASTING.has(name)),
      ...{ requestHeaders: none, responseHeaders: none, rate: NO_RATE },
    }),
  ]
}

/** The tests of a rule, cheapest first; a rule without any is for every request. */
function compile(rule: RuleConfig): Matching {
  const { method, host, path, query, header, cookie, contentType, status } = rule.match
  const ofTarget: Test[] = []
  const ofResponse: ResponseTest[] = []
  if (method !== undefined) {
    const methods = new Set(method.map(each => (each === 'HEAD' ? 'GET' : each)))
    ofTarget.push(facts => methods.has(facts.method))
  }
  if (path !== undefined) {
    const patterns = path.map(compilePath)
    ofTarget.push(facts => patterns.some(matches => matches(facts.path)))
  }
  if (host !== undefined) {
    const find = compileHosts([{ hosts: host }])
    ofTarget.push(facts => find(facts.request.host) !== undefined)
  }
  for (const each of query ?? []) ofTarget.push(valueTest(each, (facts, name) => facts.parameters(name)))
  if (status !== undefined) ofResponse.push(code => status.some(({ from, to }) => code >= from && code <= to))
  if (contentType !== undefined) {
    const matches = compileGlobs(contentType)
    ofResponse.push((_, type) => matches?.(type) === true)
  }
  const ofFields = [
    ...(header ?? []).map(each => valueTest(each, (facts, name) => facts.fields(name))),
    ...(cookie ?? []).map(each => valueTest(each, (facts, name) => facts.cookies(name))),
  ]
  return { rule, ofTarget, ofFields, ofResponse }
}

function valueTest([name, pattern]: NameAndValue, valuesOf: (facts: Facts, name: string) => string[]): Test {
  if (pattern === undefined) return facts => valuesOf(facts, name).length > 0
  const matches = compileGlob(pattern)
  return facts => valuesOf(facts, name).some(matches)
}

export function allPass(tests: readonly Test[], facts: Facts): boolean {
  for (const test of tests) if (!test(facts)) return false
  return true
}
