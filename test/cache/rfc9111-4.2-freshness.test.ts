// Freshness (RFC 9111 section 4.2): the lifetime, the age, and the numbers that are kept of them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { currentAge } from '../../src/cache/policy/age.ts'
import { freshnessOf } from '../../src/cache/policy/freshness.ts'
import { NO_RULES } from '../../src/cache/policy/rules.ts'
import type { StoringRules } from '../../src/cache/policy/rules.ts'
import { formatDate } from '../../src/http/dates.ts'
import { Flag } from '../../src/store/layout.ts'

const NOW = Date.UTC(2026, 0, 2)
const DAY = 24 * 60 * 60 * 1000
const at = (seconds: number) => formatDate(NOW + seconds * 1000)
const cc = (value: string) => ['Cache-Control', value]

interface Story {
  status?: number
  requested?: number
  rules?: Partial<StoringRules>
}

function numbers(fields: string[], { status = 200, requested = NOW, rules }: Story = {}) {
  return freshnessOf({ status, fields }, { requested, received: NOW }, { ...NO_RULES, ...rules })
}
/** Seconds of freshness left at arrival. */
const left = (...args: Parameters<typeof numbers>) => (numbers(...args).freshUntil - NOW) / 1000
/** Age at arrival in seconds. */
const age = (...args: Parameters<typeof numbers>) => (NOW - numbers(...args).ageBase) / 1000
const flags = (...fields: string[]) => numbers(fields).flags

test('s-maxage goes before max-age, max-age before Expires, Expires before heuristics', () => {
  const old = ['Last-Modified', at(-1000)]
  assert.equal(left([...cc('max-age=10, s-maxage=20'), 'Expires', at(30), ...old]), 20)
  assert.equal(left([...cc('s-maxage=0, max-age=20')]), 0)
  assert.equal(left([...cc('max-age=10'), 'Expires', at(30), ...old]), 10)
  assert.equal(left([...cc('max-age=10'), 'Expires', at(-30)]), 10)
  assert.equal(left(['Expires', at(30), ...old]), 30)
  assert.equal(left(old), 100)
})

test('an invalid max-age or s-maxage is stale, whatever else would give freshness', () => {
  for (const value of [
    "max-age='10'",
    'max-age=10.0',
    'max-age=10s',
    'max-age=-1',
    'max-age',
    'max-age=1, max-age=10',
    'max-age =10',
  ]) {
    assert.equal(left([...cc(value), 'Expires', at(30), 'Last-Modified', at(-1000)]), 0, value)
  }
  assert.equal(left(cc('s-maxage=x, max-age=10')), 0)
  assert.equal(left(cc('s-maxage=10, max-age=x')), 10)
})

test('an invalid Expires is in the past, and forbids heuristics', () => {
  const invalid = [
    ...[
      '0',
      '-1',
      '',
      'Fri, 02 Jan 2026 01:00:00 UTC',
      'Fri, 02 Jan 2026 01:00:00 AEST',
      'Fri, 02-Jan-2026 01:00:00 GMT',
    ],
    ...[
      'Fri, 02 Jan 2026 1:00:00 GMT',
      'Fri, 02 Jan  2026 01:00:00 GMT',
      'Fri, 02 Jan 2026 01.00.00 GMT',
      'Fri 02 Jan 2026 01:00:00 GMT',
    ],
    ...['02 Jan 2026 01:00:00 GMT', 'Fri, 02 Jan 26 01:00:00 GMT'],
  ]
  for (const value of invalid) assert.equal(left(['Expires', value, 'Last-Modified', at(-1000)]), 0, value)
})

test('Expires is read in all three forms and without regard to case', () => {
  for (const value of [
    'Fri, 02 Jan 2026 00:00:30 GMT',
    'Friday, 02-Jan-26 00:00:30 GMT',
    'Fri Jan  2 00:00:30 2026',
    'fri, 02 JAN 2026 00:00:30 gmt',
  ]) {
    assert.equal(left(['Expires', value]), 30, value)
  }
})

test('Expires counts from Date, and from arrival where Date is missing or invalid', () => {
  assert.equal(left(['Date', at(-10), 'Expires', at(30)]), 30)
  assert.equal(left(['Date', at(10), 'Expires', at(30)]), 20)
  assert.equal(left(['Date', 'x', 'Expires', at(30)]), 30)
})

test('two lines of Expires hold only where they agree', () => {
  assert.equal(left(['Expires', at(30), 'Expires', at(30)]), 30)
  assert.equal(left(['Expires', at(30), 'Expires', at(40)]), 0)
})

test('a targeted field replaces Cache-Control and Expires (RFC 9213)', () => {
  assert.equal(left(['CDN-Cache-Control', 'max-age=10', ...cc('max-age=20')]), 10)
  assert.equal(left(['CDN-Cache-Control', 'max-age=0', 'Expires', at(30)]), 0)
  assert.equal(left(['CDN-Cache-Control', 'public', 'Expires', at(30)]), 0)
  assert.equal(left(['CDN-Cache-Control', 'max-age="10"', ...cc('max-age=20')]), 0)
  assert.equal(left(['CDN-Cache-Control', 'max-age=', ...cc('max-age=20')]), 20)
})

test('heuristics give a tenth of the time since the last change, a day at most', () => {
  assert.equal(left(['Date', at(0), 'Last-Modified', at(-3600)]), 360)
  assert.equal(left(['Last-Modified', at(-20 * 86_400)]), 86_400)
  assert.equal(left(['Last-Modified', at(60)]), 0)
  assert.equal(left(['Last-Modified', 'yesterday']), 0)
  assert.equal(left(['Last-Modified', at(-3600)], { status: 500 }), 0)
})

test('a lifetime too great to count is 68 years', () => {
  assert.equal(left(cc('max-age=99999999999999')), 2 ** 31)
})

test('Age is taken off, by its first member', () => {
  assert.equal(left([...cc('max-age=10'), 'Age', '4']), 6)
  assert.equal(left([...cc('max-age=10'), 'Age', '4, 100']), 6)
  assert.equal(left([...cc('max-age=10'), 'Age', '4', 'Age', '100']), 6)
  assert.ok(left([...cc('max-age=10'), 'Age', '99999999999999']) < 0)
})

test('an Age that is no number of seconds is ignored', () => {
  for (const value of ['x', '-4', '4.0', '4;a=b', '4 s', '"4"', 'x, 4']) assert.equal(age(['Age', value]), 0, value)
})

test('the age at arrival is the greater of Date’s and of Age with the response’s delay', () => {
  assert.equal(age(['Date', at(-20), 'Age', '4'], { requested: NOW - 3000 }), 20)
  assert.equal(age(['Date', at(-20), 'Age', '40'], { requested: NOW - 3000 }), 43)
  assert.equal(age(['Date', at(20)]), 0)
  assert.equal(age([]), 0)
})

test('a Date of the second of the request or later adds nothing to the delay', () => {
  assert.equal(age(['Date', at(-2)], { requested: NOW - 1500 }), 1.5)
  assert.equal(age(['Date', at(-3)], { requested: NOW - 1500 }), 3)
})

test('the time an origin took counts as age only where it does not say when it made the response', () => {
  assert.equal(age(['Date', at(0)], { requested: NOW - 1500 }), 0)
  assert.equal(age(['Date', at(-1)], { requested: NOW - 5500 }), 1)
  assert.equal(age(['Date', at(20)], { requested: NOW - 1500 }), 0)
  assert.equal(age(['Date', at(0), 'Age', '0'], { requested: NOW - 1500 }), 1.5)
  assert.equal(age([], { requested: NOW - 1500 }), 1.5)
  assert.equal(age(['Date', 'yesterday'], { requested: NOW - 1500 }), 1.5)
})

test('the age to send is in whole seconds and never negative', () => {
  const { ageBase } = numbers(['Age', '4'])
  assert.equal(currentAge(ageBase, NOW), 4)
  assert.equal(currentAge(ageBase, NOW + 1999), 5)
  assert.equal(currentAge(ageBase, NOW - 60_000), 0)
})

test('the flags say what the record has to know', () => {
  assert.equal(flags(), 0)
  assert.equal(flags('ETag', '"a"'), Flag.validator)
  assert.equal(flags('ETag', 'W/"a"'), Flag.validator | Flag.weakEtag)
  assert.equal(flags('Last-Modified', at(0)), Flag.validator)
  assert.equal(flags('Last-Modified', 'x'), 0)
  assert.equal(flags(...cc('immutable, max-age=1')), Flag.immutable)
  assert.equal(flags(...cc('no-cache="a"')), 0)
  assert.equal(flags(...cc('No-Cache')), Flag.noCache | Flag.mustRevalidate)
  for (const value of ['must-revalidate', 'proxy-revalidate', 's-maxage=1'])
    assert.equal(flags(...cc(value)), Flag.mustRevalidate, value)
})

test('rules raise, lower and replace the lifetime, counted from arrival', () => {
  assert.equal(left([...cc('max-age=1'), 'Age', '100'], { rules: { lifetime: 5000 } }), 5)
  assert.equal(left(cc('max-age=1'), { rules: { lifetimeFloor: 5000 } }), 5)
  assert.equal(left(cc('max-age=9'), { rules: { lifetimeFloor: 5000 } }), 9)
  assert.equal(left(cc('max-age=9'), { rules: { lifetimeCeiling: 5000 } }), 5)
  assert.equal(left(['Last-Modified', formatDate(NOW - 100 * DAY)], { rules: { lifetimeCeiling: 5000 } }), 5)
})
