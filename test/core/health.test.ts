// Whether an origin works, and what it bears while it does not or has just come back.

import assert from 'node:assert/strict'
import test from 'node:test'
import { Health } from '../../src/core/health.ts'
import type { HealthSettings } from '../../src/core/health.ts'
import type { Ended } from '../../src/core/ledger.ts'
import { limitNow } from '../../src/core/limit.ts'

const settings: HealthSettings = { path: undefined, every: 10_000, timeout: 2000, unhealthyAfter: 3, healthyAfter: 2 }

/** An origin whose requests end as told, 250 ms apart. */
class Watched {
  readonly health: Health
  readonly #ended: Ended = { good: 0, bad: 0, timeouts: 0, resets: 0 }
  now = 0

  constructor(more: Partial<HealthSettings> = {}) {
    this.health = new Health({ ...settings, ...more })
    this.health.watch({ ...this.#ended }, 0)
  }

  see(ended: Partial<Ended>, times = 1): this {
    for (let i = 0; i < times; i++) {
      for (const [word, n] of Object.entries(ended)) this.#ended[word as keyof Ended] += n
      this.now += 250
      this.health.watch({ ...this.#ended }, this.now)
    }
    return this
  }
}

test('it is down after as many failures in a row as configured, and an answer between them starts the count anew', () => {
  const origin = new Watched()
  origin.see({ resets: 2 }).see({ good: 1 }).see({ resets: 2 })
  assert.equal(origin.health.state, 'up')
  origin.see({ resets: 1 })
  assert.equal(origin.health.state, 'down')
})

test('time-outs count only when nothing was answered for 10 s: otherwise it is the page that is slow', () => {
  const origin = new Watched()
  origin.see({ good: 1 }).see({ timeouts: 3 })
  assert.equal(origin.health.state, 'up')
  origin.see({}, 40).see({ timeouts: 3 })
  assert.equal(origin.health.state, 'down')
})

test('it is up again after as many successes in a row as configured', () => {
  const origin = new Watched()
  origin.see({ resets: 3 })
  origin.health.probed(true, '', 1)
  origin.health.probed(false, 'no', 2)
  origin.health.probed(true, '', 3)
  assert.equal(origin.health.state, 'down')
  origin.health.probed(true, '', 4)
  assert.equal(origin.health.state, 'up')
  assert.equal(origin.health.recoveredAt, 4)
})

test('errors answered with a status leave it up, but it ails while they are half of all, until they are a quarter', () => {
  const origin = new Watched()
  origin.see({ good: 5, bad: 4 })
  assert.equal(origin.health.isAiling, false)
  origin.see({ bad: 3 })
  assert.deepEqual([origin.health.state, origin.health.isAiling], ['up', true])
  origin.see({ good: 8 })
  assert.equal(origin.health.isAiling, true, '7 of 20')
  origin.see({ good: 10 })
  assert.equal(origin.health.isAiling, false, '7 of 30')
})

test('too few answers tell nothing, and errors of more than 10 s ago are forgotten', () => {
  const origin = new Watched()
  origin.see({ bad: 9 })
  assert.equal(origin.health.isAiling, false)
  origin.see({ bad: 1 })
  assert.equal(origin.health.isAiling, true)
  origin.see({}, 40)
  assert.equal(origin.health.isAiling, false)
})

test('sums that wrap at 2^32 are read on across it', () => {
  const health = new Health(settings)
  health.watch({ good: 2 ** 31 - 1, bad: 0, timeouts: 0, resets: 0 }, 0)
  assert.equal(health.watch({ good: -(2 ** 31) + 4, bad: 0, timeouts: 0, resets: 0 }, 250), 5)
})

test('without a path it is probed only while it is down, and then every two seconds', () => {
  const origin = new Watched()
  assert.equal(origin.health.probeDue(0), false)
  origin.see({ resets: 3 })
  assert.equal(origin.health.probeDue(1000), true)
  assert.equal(origin.health.probeDue(1001), false)
  origin.health.probed(false, 'no', 1100)
  assert.equal(origin.health.probeDue(2999), false)
  assert.equal(origin.health.probeDue(3000), true)
})

test('with a path it is probed at the configured interval, and a probe whose end nobody tells is forgotten', () => {
  const { health } = new Watched({ path: '/healthz', every: 1000, timeout: 2000 })
  assert.equal(health.probeDue(0), true)
  assert.equal(health.probeDue(1000), false)
  assert.equal(health.probeDue(3000), true)
})

test('failing probes alone take it down', () => {
  const { health } = new Watched({ path: '/healthz' })
  for (let i = 0; i < 3; i++) health.probed(false, 'no', i)
  assert.equal(health.state, 'down')
})

test('the limit is full for one that was there from the start, and nothing while it drains', () => {
  const facts = { full: 64, isLast: false, warmingSince: null, slowStart: 10_000 }
  assert.equal(limitNow({ ...facts, state: 'up' }, 0), 64)
  assert.equal(limitNow({ ...facts, state: 'draining' }, 0), 0)
})

test('a new or recovered origin comes up from 1 to the full limit in a straight line', () => {
  const facts = { state: 'up', full: 64, isLast: false, warmingSince: 1000, slowStart: 10_000 } as const
  assert.deepEqual(
    [1000, 6000, 10_999, 11_000, 99_000].map(now => limitNow(facts, now)),
    [1, 32, 63, 64, 64],
  )
  assert.equal(limitNow({ ...facts, slowStart: 0 }, 1000), 64)
})

test('one that is down gets nothing, or one request at a time when no other is up', () => {
  const facts = { state: 'down', full: 64, warmingSince: null, slowStart: 10_000 } as const
  assert.equal(limitNow({ ...facts, isLast: false }, 0), 0)
  assert.equal(limitNow({ ...facts, isLast: true }, 0), 1)
})
