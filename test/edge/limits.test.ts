// Which bounds on connections hold: by mode, and by how many are open.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../../src/config/read.ts'
import { surroundingsIn } from '../../src/config/surroundings.ts'
import { limitsInForce } from '../../src/edge/limits.ts'
import { creditedUntil } from '../../src/listener/credit.ts'

const { limits } = readConfig(
  { sites: [{ origins: 'http://a' }], limits: { idleTimeout: { normal: '60s', spike: '10s' } } },
  surroundingsIn('/', () => {}),
).config!

const at = (fill: number) => limitsInForce(limits, [], fill)

test('one site in spike mode is enough to let idle connections go sooner', () => {
  assert.equal(limitsInForce(limits, [], 0).idleTimeout, 60_000)
  assert.equal(limitsInForce(limits, ['normal', 'spike'], 0).idleTimeout, 10_000)
  assert.equal(limitsInForce(limits, ['frozen', 'normal'], 0).idleTimeout, 10_000, 'frozen takes what spike has')
})

test('idle connections and dripping heads get less time the fuller it is, and never less than two seconds', () => {
  assert.equal(at(0.75).idleTimeout, 60_000)
  assert.ok(at(0.8).idleTimeout < 60_000 && at(0.8).idleTimeout > at(0.9).idleTimeout)
  assert.ok(Math.abs(at(1).idleTimeout - 6000) < 1)
  assert.equal(at(1).headTimeout, 2000)
  assert.equal(at(2).headTimeout, 2000)
})

test('bytes buy time at the least rate, and no more than until now', () => {
  assert.equal(creditedUntil(1000, 0, 200, 5000), 1000)
  assert.equal(creditedUntil(1000, 100, 200, 5000), 1500)
  assert.equal(creditedUntil(1000, 1e6, 200, 5000), 5000)
  assert.equal(creditedUntil(1000, 1, 0, 5000), 5000)
})
