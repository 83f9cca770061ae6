// What a rate limit counts a request for, and what it tells the visitor.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RATE_BYTES, RateTable } from '../../src/board/rates.ts'
import { Quotas } from '../../src/client/quota.ts'
import type { RateSettings } from '../../src/config/types.ts'

const settings = (more: Partial<RateSettings> = {}): RateSettings => ({
  name: 'shop login',
  policy: 'login',
  windows: [{ count: 3, ms: 10_000 }],
  by: ['address'],
  ceiling: 5,
  counts: 'all',
  exact: false,
  ...more,
})

const cookie = (value: number): string[] => ['Cookie', `theme=dark; sid=${value}`]

const house = (nodes = 0) => {
  const clock = { us: 1e12 }
  const table = new RateTable(new SharedArrayBuffer(RATE_BYTES), 0, 7)
  const quotas = new Quotas(table, () => clock.us, () => undefined, () => nodes) // prettier-ignore
  const take = (rate: RateSettings, address: string, fields: string[] = [], target = '/') =>
    quotas.take(rate, { target, fields, client: { address } })
  const allowed = (rate: RateSettings, tries: number, ...request: [string, string[]?, string?]): number =>
    Array.from({ length: tries }, () => take(rate, ...request)).filter(({ ok }) => ok).length
  return { clock, take, allowed }
}

test('tells what is left in the words of the draft, and when to come again', () => {
  const { clock, take } = house()
  const rate = settings()
  const policy = ['RateLimit-Policy', '"login";q=3;w=10', 'RateLimit']
  assert.deepEqual(take(rate, '192.0.2.1').fields, [...policy, '"login";r=2;t=4'])
  take(rate, '192.0.2.1')
  assert.deepEqual(take(rate, '192.0.2.1').fields, [...policy, '"login";r=0;t=11'])
  const refused = take(rate, '192.0.2.1')
  assert.deepEqual(refused, { ok: false, retryAfter: 4, fields: [...policy, '"login";r=0;t=4'] })
  clock.us += refused.retryAfter * 1e6
  assert.ok(take(rate, '192.0.2.1').ok)
})

test('several windows all hold, and what one refuses counts for none', () => {
  const { clock, allowed } = house()
  const rate = settings({
    windows: [
      { count: 5, ms: 60_000 },
      { count: 2, ms: 1000 },
    ],
  })
  assert.equal(allowed(rate, 10, '192.0.2.1'), 2)
  clock.us += 1e6
  assert.equal(allowed(rate, 10, '192.0.2.1'), 2)
  clock.us += 1e6
  assert.equal(allowed(rate, 10, '192.0.2.1'), 1)
})

test('a cookie is counted by its value, and an address has a ceiling for all the values it makes up', () => {
  const { allowed } = house()
  const rate = settings({ by: ['cookie:sid'] })
  assert.equal(allowed(rate, 5, '192.0.2.1', cookie(1)), 3)
  assert.equal(allowed(rate, 5, '198.51.100.7', cookie(1)), 0, 'the same visitor elsewhere')
  let sum = 3
  for (let value = 2; value < 100; value++) sum += allowed(rate, 5, '192.0.2.1', cookie(value))
  assert.equal(sum, 15)
  assert.equal(allowed(rate, 5, '203.0.113.1'), 3, 'without the cookie the address counts')
})

test('paths and fields make keys of their own, a query does not', () => {
  const { allowed } = house()
  const rate = settings({ by: ['address', 'path'] })
  assert.equal(allowed(rate, 5, '192.0.2.1', [], '/a?1'), 3)
  assert.equal(allowed(rate, 5, '192.0.2.1', [], '/a?2'), 0)
  assert.equal(allowed(rate, 5, '192.0.2.1', [], '/b'), 3)
  const byKey = settings({ by: ['header:X-Api-Key'], name: 'api' })
  assert.equal(allowed(byKey, 5, '192.0.2.1', ['x-api-key', 'one']), 3)
  assert.equal(allowed(byKey, 5, '192.0.2.1', ['X-API-Key', 'two']), 3)
  assert.equal(allowed(settings({ by: ['site'], name: 'all' }), 5, '192.0.2.1'), 3)
  assert.equal(allowed(settings({ by: ['site'], name: 'all' }), 5, '192.0.2.2'), 0)
})

test('a rate for all visitors together is divided among nodes, one for each visitor is not', () => {
  const nodes = [house(3), house(3), house(3)]
  const all = settings({ windows: [{ count: 40, ms: 10_000 }], by: ['site'] })
  assert.deepEqual(
    nodes.map(({ allowed }) => allowed(all, 50, '192.0.2.1')),
    [13, 13, 13],
  )
  for (const { clock } of nodes) clock.us += 3e6
  assert.deepEqual(
    nodes.map(({ allowed }) => allowed(all, 50, '192.0.2.1')),
    [4, 4, 4],
  )
  assert.equal(nodes[0]!.allowed(settings(), 50, '192.0.2.1'), 3)
  // Of fewer than there are nodes each lets one through at a time, and no more than its part in the long run.
  const few = settings({ name: 'few', windows: [{ count: 1, ms: 10_000 }], by: ['path'] })
  const [one] = nodes as [ReturnType<typeof house>]
  assert.equal(one.allowed(few, 5, '192.0.2.1'), 1)
  one.clock.us += 20e6
  assert.equal(one.allowed(few, 5, '192.0.2.1'), 0)
  one.clock.us += 10e6
  assert.equal(one.allowed(few, 5, '192.0.2.1'), 1)
})
