// A share of the differential fuzzing in every run of the tests, with a new seed each time; `npm run fuzz` plays millions.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshSeed } from '../../src/base/random.ts'
import { LanesFuzz } from './lanes.ts'
import type { Failure } from './lanes.ts'

for (const [streams, sockets] of [
  [20_000, false],
  [1000, true],
] as const) {
  const where = sockets ? 'over sockets' : 'in memory'
  test(`${streams} streams ${where}: both lanes answer and forward what the slow lane alone does`, async t => {
    const seed = freshSeed()
    t.diagnostic(`seed ${seed}`)
    const fuzz = new LanesFuzz({ sockets })
    const failures: Failure[] = []
    let played = 0
    await fuzz.run(seed, 0, streams, failure => {
      played++
      if (failure !== undefined) failures.push(failure)
    })
    const { fast, slow } = fuzz.share
    t.diagnostic(`${fast} requests answered by the fast lane, ${slow} by the slow lane behind it`)
    await fuzz.close()
    assert.equal(played, streams)
    const again = `npm run fuzz -- --seed ${seed}${sockets ? ' --sockets' : ''} --only`
    assert.deepEqual(
      failures.map(({ n, what }) => `${again} ${n}: ${what}`),
      [],
    )
    assert.ok(fast > streams / 10, 'the fast lane had its share')
  })
}
