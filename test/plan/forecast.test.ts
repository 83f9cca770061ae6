// The forecast against the truth: six origins whose law is known, measured with noise at the levels that a rehearsal tries.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded } from '../../src/base/random.ts'
import { Refusal } from '../../src/config/kind.ts'
import { expectation } from '../../src/config/kinds/expectation.ts'
import type { Expectation } from '../../src/config/kinds/expectation.ts'
import { surroundingsIn } from '../../src/config/surroundings.ts'
import { forecast } from '../../src/plan/forecast.ts'
import { fitUsl } from '../../src/rehearse/wall/usl.ts'

interface Law {
  name: string
  lambda: number
  sigma: number
  kappa: number
}

const throughput = ({ lambda, sigma, kappa }: Law, n: number): number =>
  (lambda * n) / (1 + sigma * (n - 1) + kappa * n * (n - 1))

/** The highest throughput of a law, by trying every number at a time. */
const wallOf = (law: Law): number => Math.max(...Array.from({ length: 20_000 }, (_, i) => throughput(law, i + 1)))

const laws: Law[] = [
  { name: 'almost linear', lambda: 40, sigma: 0.02, kappa: 0.00001 },
  { name: 'linear at first and saturated slowly', lambda: 25, sigma: 0.05, kappa: 0 },
  { name: 'contended', lambda: 60, sigma: 0.15, kappa: 0 },
  { name: 'contended by a lock', lambda: 100, sigma: 0.4, kappa: 0 },
  { name: 'retrograde', lambda: 30, sigma: 0.05, kappa: 0.002 },
  { name: 'retrograde early', lambda: 80, sigma: 0.1, kappa: 0.02 },
]

/** Page views at a front of so many a second, in a window of an hour. */
const rush = (front: number): Expectation => ({
  ...{ text: '', share: 1, window: 3_600_000, atOnce: null, pages: 1, stay: 60_000 },
  ...{ broadcast: false, like: null, times: 1, forms: null },
  visitors: (front / 2) * 3600,
})

for (const law of laws)
  test(`an origin that is ${law.name}: the wall within 15%, the verdict right`, () => {
    const random = seeded(1)
    const levels = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    const noisy = levels.map(inFlight => ({
      inFlight,
      throughput: throughput(law, inFlight) * (0.97 + 0.06 * random.next()),
    }))
    const fit = fitUsl(noisy, 1)
    const wall = wallOf(law)
    assert.ok(fit !== undefined && fit.peak !== null && fit.interval !== null)
    assert.ok(Math.abs(fit.peak / wall - 1) < 0.15, `${fit.peak} of ${wall}`)
    const capacity = { low: fit.interval[0], likely: fit.peak, high: fit.interval[1], changes: [], bottleneck: null }
    const verdict = (times: number) => forecast(rush(wall * times), { capacity }).verdict
    assert.equal(verdict(0.5), 'fits')
    assert.equal(verdict(0.8), 'fits')
    assert.equal(verdict(1.3), 'fits with the waiting room')
    assert.equal(verdict(1.6), 'fits with the waiting room')
    assert.equal(verdict(2.5), 'does not fit')
  })

test('the wait that is told is the one that a queue served at that rate has', () => {
  const [front, borne, window] = [150, 100, 3_600_000]
  const { longestWait } = forecast(rush(front), {
    capacity: { low: borne, likely: borne, high: borne, changes: [], bottleneck: null },
  })
  let [queue, longest] = [0, 0]
  for (let second = 0; second < window / 1000; second++) {
    queue = Math.max(0, queue + front * (1 - second / (window / 1000)) - borne)
    longest = Math.max(longest, queue / borne)
  }
  assert.ok(Math.abs(longestWait! / 1000 / longest - 1) < 0.01, `${longestWait} ms, ${longest} s`)
})

test("a forecast writes Little's law out, names what it assumed, and says when the rehearsal is stale or there is none", () => {
  const expected = { ...rush(100), visitors: 300_000, share: 0.15, window: 7_200_000, pages: null, stay: null }
  const none = forecast(expected)
  assert.equal(none.verdict, 'not known')
  assert.ok(
    none.reckoning.some(line => line === '300000 visitors × 15% in 2 h = 6.3 visitors a second.'),
    none.reckoning.join('\n'),
  )
  assert.ok(
    none.reckoning.some(line => line.startsWith("Little's law: 13 visitors a second × 3 min = 2250 at once")),
    none.reckoning.join('\n'),
  )
  assert.ok(none.reckoning.some(line => line.startsWith('Assumed: 4 pages each')))
  const stale = forecast(expected, {
    capacity: { low: 60, likely: 70, high: 80, changes: ['the config file has changed'], bottleneck: null },
  })
  assert.deepEqual([stale.verdict, stale.stale], ['fits', true])
  const untried = forecast(expected, { capacity: { low: 20, likely: 20, high: null, changes: [], bottleneck: null } })
  assert.deepEqual([untried.verdict, untried.times], ['not known', 3])
})

const read = (text: string): Expectation => {
  const found = expectation().read(
    text,
    surroundingsIn('/', () => {}),
  )
  assert.ok(!(found instanceof Refusal), `${text}: ${found instanceof Refusal ? found.message : ''}`)
  return found
}

test('each way of saying who comes has its sum: a day, a broadcast, at once, a share, last time', () => {
  const mean = (text: string) => forecast(read(text)).mean
  assert.equal(mean('86400 visitors a day, 2 pages each'), 2)
  assert.equal(mean('300000 visitors, 15% in 2h, 4 pages each'), 25)
  assert.equal(mean('broadcast to 3M, 2% in 5 min, 1 pages each'), 200)
  const open = forecast(read('broadcast to 3M, 1 pages each'))
  assert.equal(open.mean, 100)
  assert.ok(open.reckoning.includes('Assumed: 1% of who hears it come within 5 min (say "X% in T").'))
  assert.equal(mean('40000 at once, stay 200s, 3 pages each'), 600)
  const rates = [...Array.from({ length: 60 }, (_, i) => 10 * i), ...Array.from({ length: 60 }, () => 0)]
  const again = forecast(read('like 2026-11-18T22:00Z/2026-11-19T00:00Z, 2 times'), {
    past: { rates, step: 10 },
    capacity: { low: 700, likely: 700, high: 700, changes: [], bottleneck: null },
  })
  assert.deepEqual([again.front, Math.round(again.mean)], [1180, 295])
  assert.equal(again.verdict, 'fits with the waiting room')
  assert.equal(Math.round(again.longestWait! / 1000), Math.round((24 * 25 * 10 * 20) / 2 / 700))
  for (const wrong of [
    'like yesterday/today',
    'broadcast to 0',
    '200% send a form, 5 at once',
    'like 2026-01-02T00:00/2026-01-03T00:00',
  ])
    assert.ok(
      expectation().read(
        wrong,
        surroundingsIn('/', () => {}),
      ) instanceof Refusal,
      wrong,
    )
})

test('what it needs and what it costs is written out: bandwidth, connections, journal, bottleneck, instances, loss', () => {
  const capacity = { low: 20, likely: 22, high: 25, changes: [], bottleneck: 'processor, 99% in use' }
  const given = { pageBytes: 400_000, formBytes: 2000, instances: 2, price: 0.4, visit: 1.5 }
  const paths = [
    { path: '/', weight: 3 },
    { path: '/tickets', weight: 1 },
  ]
  const { needs, verdict, reckoning } = forecast(
    read('300000 visitors, 15% in 2h, 4 pages each, stay 3 min, 20% send a form'),
    {
      ...{ capacity, paths },
      ...given,
    },
  )
  assert.equal(verdict, 'does not fit')
  assert.deepEqual(needs.paths, [
    { path: '/', perSecond: 37.5 },
    { path: '/tickets', perSecond: 12.5 },
  ])
  assert.deepEqual([needs.bandwidth, needs.connections, needs.journal], [20_000_000, 2250, 18_000_000])
  assert.deepEqual([needs.instances, needs.bottleneck], [6, 'processor, 99% in use'])
  // 50/s falls to 20/s in 72 of 120 minutes; a triangle of 30/s over 4320 s is 64800 views, 16200 visitors.
  assert.equal(Math.round(needs.lasts! / 60_000), 72)
  assert.equal(Math.round(needs.costOfLoss!), 24_300)
  assert.equal(needs.costOfMore!.toFixed(2), (4 * 2.2 * 0.4).toFixed(2))
  for (const line of [
    'Bandwidth: 50/s × 400 kB a page view = 160 Mbit/s.',
    'Open connections: 2250.',
    'Journal: 45000 visitors × 20% × 2 kB a form = 18 MB.',
    'First bottleneck: processor, 99% in use',
    'Instances: 2 rehearsed × 3 = 6, for 72 min above the wall and an hour around it.',
    'Loss without them and without a waiting room: 16200 visitors × 1.5 = 24300.00.',
    'It is cheaper to have them.',
  ])
    assert.ok(reckoning.includes(line), `${line}\n${reckoning.join('\n')}`)
})
