// The forecast against the truth: six origins whose law is known, measured with noise at the levels that a rehearsal tries.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded } from '../../src/base/random.ts'
import type { Expectation } from '../../src/config/kinds/expectation.ts'
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
    const capacity = { low: fit.interval[0], likely: fit.peak, high: fit.interval[1], changes: [] }
    const verdict = (times: number) => forecast(rush(wall * times), capacity).verdict
    assert.equal(verdict(0.5), 'fits')
    assert.equal(verdict(0.8), 'fits')
    assert.equal(verdict(1.3), 'fits with the waiting room')
    assert.equal(verdict(1.6), 'fits with the waiting room')
    assert.equal(verdict(2.5), 'does not fit')
  })

test('the wait that is told is the one that a queue served at that rate has', () => {
  const [front, borne, window] = [150, 100, 3_600_000]
  const { longestWait } = forecast(rush(front), { low: borne, likely: borne, high: borne, changes: [] })
  let [queue, longest] = [0, 0]
  for (let second = 0; second < window / 1000; second++) {
    queue = Math.max(0, queue + front * (1 - second / (window / 1000)) - borne)
    longest = Math.max(longest, queue / borne)
  }
  assert.ok(Math.abs(longestWait! / 1000 / longest - 1) < 0.01, `${longestWait} ms, ${longest} s`)
})

test("a forecast writes Little's law out, names what it assumed, and says when the rehearsal is stale or there is none", () => {
  const expected = { ...rush(100), visitors: 300_000, share: 0.15, window: 7_200_000, pages: null, stay: null }
  const none = forecast(expected, undefined)
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
  const stale = forecast(expected, { low: 60, likely: 70, high: 80, changes: ['the config file has changed'] })
  assert.deepEqual([stale.verdict, stale.stale], ['fits', true])
  const untried = forecast(expected, { low: 20, likely: 20, high: null, changes: [] })
  assert.deepEqual([untried.verdict, untried.times], ['not known', 3])
})
