// Using stored responses (RFC 9111 section 4), the request's directives (section 5.2.1), serving stale (section 4.2.4 and
// RFC 5861).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { freshnessOf } from '../../src/cache/policy/freshness.ts'
import type { Freshness } from '../../src/cache/policy/freshness.ts'
import { reuse, wantsStoredOnly } from '../../src/cache/policy/reuse.ts'
import type { Use } from '../../src/cache/policy/reuse.ts'
import { NO_RULES } from '../../src/cache/policy/rules.ts'
import type { ReuseRules, StoringRules } from '../../src/cache/policy/rules.ts'
import { reasons } from '../../src/reasons.ts'
import { Flag } from '../../src/store/layout.ts'

const STORED = Date.UTC(2026, 0, 2)
const cc = (value: string) => ['Cache-Control', value]

function stored(control: string, rules: Partial<StoringRules> = {}): Freshness {
  const response = { status: 200, fields: cc(control) }
  return freshnessOf(response, { requested: STORED, received: STORED }, { ...NO_RULES, ...rules })
}
const after = (seconds: number, record: string | Freshness, request: string[] = [], rules: ReuseRules = {}) =>
  reuse(typeof record === 'string' ? stored(record) : record, request, STORED + seconds * 1000, rules)
const use = (...args: Parameters<typeof after>): Use => after(...args).use
const purged = (control: string) => ({ ...stored(control), flags: stored(control).flags | Flag.purged })

test('a response is served until its lifetime ends, and validated from then on', () => {
  assert.equal(use(9.9, 'max-age=10'), 'fresh')
  assert.deepEqual(after(10, 'max-age=10'), { use: 'validate', reason: 'stale' })
})

test('no-cache validates each time', () => {
  assert.deepEqual(after(0, 'no-cache, max-age=10'), { use: 'validate', reason: 'response-no-cache' })
  assert.equal(use(0, 'no-cache="a", max-age=10'), 'fresh')
  assert.equal(use(0, 'no-cache, max-age=10', cc('max-stale')), 'validate')
})

test('stale-while-revalidate holds for its window', () => {
  const control = 'max-age=10, stale-while-revalidate=20'
  assert.equal(use(9, control), 'fresh')
  assert.deepEqual(after(10, control), { use: 'stale, serve and refresh', reason: 'stale-while-revalidate' })
  assert.equal(use(29.9, control), 'stale, serve and refresh')
  assert.equal(use(30, control), 'validate')
})

test('stale-if-error holds for its window', () => {
  assert.equal(use(10, 'max-age=10, stale-if-error=20'), 'stale if error')
  assert.equal(use(30, 'max-age=10, stale-if-error=20'), 'validate')
  assert.equal(use(15, 'max-age=10, stale-while-revalidate=1, stale-if-error=20'), 'stale if error')
})

test('the request may bring a stale-if-error of its own', () => {
  assert.equal(use(15, 'max-age=10', cc('stale-if-error=10')), 'stale if error')
  assert.equal(use(25, 'max-age=10', cc('stale-if-error=10')), 'validate')
  assert.equal(use(15, 'max-age=10, must-revalidate', cc('stale-if-error=10')), 'validate')
})

test('a window that cannot be read is none', () => {
  for (const value of ['x', '-1', '20.0', "'20'", '20, stale-while-revalidate=21']) {
    assert.equal(use(11, `max-age=10, stale-while-revalidate=${value}`), 'validate', value)
  }
})

test('must-revalidate, proxy-revalidate and no-cache forbid every stale answer', () => {
  for (const forbidding of ['must-revalidate', 'proxy-revalidate', 'no-cache']) {
    const record = stored(`max-age=10, ${forbidding}, stale-while-revalidate=100, stale-if-error=100`, {
      staleIfError: 100_000,
    })
    assert.equal(use(11, record), 'validate', forbidding)
    assert.equal(use(11, record, cc('max-stale')), 'validate', forbidding)
  }
})

test('s-maxage forbids it too, unless a window is written beside it or in a rule', () => {
  assert.deepEqual(after(11, 's-maxage=10', cc('max-stale')), { use: 'validate', reason: 'must-revalidate' })
  assert.equal(use(11, 's-maxage=10, stale-while-revalidate=5'), 'stale, serve and refresh')
  assert.equal(use(11, stored('s-maxage=10', { staleIfError: 5000 })), 'stale if error')
  assert.equal(use(11, 's-maxage=10, must-revalidate, stale-while-revalidate=5'), 'validate')
})

test('rules give windows only where the response says nothing', () => {
  const rules = { staleWhileRevalidate: 20_000, staleIfError: 40_000 }
  assert.equal(use(15, stored('max-age=10', rules)), 'stale, serve and refresh')
  assert.equal(use(35, stored('max-age=10', rules)), 'stale if error')
  assert.equal(use(15, stored('max-age=10, stale-while-revalidate=0', rules)), 'stale if error')
})

test('max-stale takes a stale response, of any age or up to a limit', () => {
  assert.deepEqual(after(1000, 'max-age=10', cc('max-stale')), { use: 'stale', reason: 'request-max-stale' })
  assert.equal(use(15, 'max-age=10', cc('max-stale=5')), 'stale')
  assert.equal(use(16, 'max-age=10', cc('max-stale=5')), 'validate')
  assert.equal(use(11, 'max-age=10', cc('max-stale=x')), 'validate')
})

test('the request’s max-age limits the age', () => {
  assert.equal(use(5, 'max-age=10', cc('max-age=5')), 'fresh')
  assert.deepEqual(after(5.1, 'max-age=10', cc('max-age=5')), { use: 'stale if error', reason: 'request-max-age' })
  assert.equal(after(0, 'max-age=10', cc('max-age=0')).reason, 'request-max-age')
  assert.equal(after(0, 'max-age=10', cc('max-age=x')).reason, 'request-max-age')
  assert.equal(use(11, 'max-age=10, stale-while-revalidate=9', cc('max-age=60')), 'validate')
})

test('min-fresh wants freshness left', () => {
  assert.equal(use(5, 'max-age=10', cc('min-fresh=5')), 'fresh')
  assert.equal(after(6, 'max-age=10', cc('min-fresh=5')).reason, 'request-min-fresh')
  assert.equal(after(0, 'max-age=10', cc('min-fresh=x')).reason, 'request-min-fresh')
})

test('no-cache wants the origin asked, and so does Pragma where there is no Cache-Control', () => {
  assert.deepEqual(after(0, 'max-age=10', cc('no-cache')), { use: 'validate', reason: 'request-no-cache' })
  assert.equal(use(0, 'max-age=10', ['Pragma', 'foo, No-Cache']), 'validate')
  assert.equal(use(0, 'max-age=10', ['Pragma', 'no-cache', ...cc('max-age=60')]), 'fresh')
})

test('no-store in a request says nothing of what is stored already', () => {
  assert.equal(use(0, 'max-age=10', cc('no-store')), 'fresh')
})

test('only-if-cached never reaches the origin', () => {
  assert.equal(use(0, 'max-age=10', cc('only-if-cached')), 'fresh')
  assert.deepEqual(after(11, 'max-age=10', cc('only-if-cached')), { use: 'gateway timeout', reason: 'only-if-cached' })
  assert.equal(use(11, 'max-age=10', cc('only-if-cached, max-stale')), 'stale')
  assert.equal(wantsStoredOnly(cc('Only-If-Cached')), true)
  assert.equal(wantsStoredOnly(cc('no-cache')), false)
  assert.equal(reasons['only-if-cached'].status, 504)
})

test('a rule can turn a deaf ear to reloads, but not to only-if-cached', () => {
  const rules = { ignoresReload: true }
  for (const value of ['no-cache', 'max-age=0', 'min-fresh=100'])
    assert.equal(use(5, 'max-age=10', cc(value), rules), 'fresh', value)
  assert.equal(use(5, 'max-age=10', ['Pragma', 'no-cache'], rules), 'fresh')
  assert.equal(use(11, 'max-age=10', cc('only-if-cached'), rules), 'gateway timeout')
})

test('a response that was purged softly is served while it is fetched anew, and after its lifetime like any stale one', () => {
  assert.deepEqual(after(0, purged('max-age=10')), { use: 'stale, serve and refresh', reason: 'purged' })
  assert.equal(use(0, purged('max-age=10, must-revalidate')), 'stale, serve and refresh')
  assert.equal(use(0, purged('max-age=10'), cc('no-cache')), 'validate')
  assert.equal(use(0, purged('no-cache')), 'validate')
  assert.equal(use(11, purged('max-age=10')), 'validate')
  assert.equal(use(11, purged('max-age=10, stale-if-error=9')), 'stale if error')
  assert.equal(use(11, purged('max-age=10'), cc('max-stale')), 'validate')
})

test('nothing past its lifetime is served where it is forbidden, whatever the request says', () => {
  const forbidding = fc.constantFrom('must-revalidate', 'proxy-revalidate', 'no-cache', 's-maxage=1')
  const wish = fc.constantFrom(
    'max-stale',
    'max-stale=9',
    'max-age=99',
    'min-fresh=0',
    'stale-if-error=99',
    'only-if-cached',
  )
  fc.assert(
    fc.property(forbidding, fc.array(wish), fc.integer({ min: 1000, max: 10_000_000 }), (control, wishes, ms) => {
      const answer = use(ms / 1000, `max-age=1, ${control}`, cc(wishes.join()))
      assert.ok(answer === 'validate' || answer === 'gateway timeout', answer)
    }),
  )
})

test('no request makes the decision throw', () => {
  const name = fc.constantFrom('Cache-Control', 'Pragma')
  const fields = fc.array(fc.tuple(name, fc.string({ unit: 'binary' }))).map(pairs => pairs.flat())
  fc.assert(
    fc.property(fields, fc.integer(), (request, ms) => assert.ok(after(ms, 'max-age=10', request).reason in reasons)),
  )
})
