// A share of the differential fuzzing of the origin's side in every run of the tests, with a new seed each time;
// `npm run fuzz -- --responses` plays more.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshSeed } from '../../src/base/random.ts'
import { play, readOurs } from './responses.ts'

const STREAMS = 8000

test(`${STREAMS} responses in pieces: what we take for whole llhttp takes for the same, what it refuses we refuse`, async t => {
  const seed = freshSeed()
  t.diagnostic(`seed ${seed}`)
  let whole = 0
  const failures: string[] = []
  for (let n = 0; n < STREAMS; n++) {
    const { stream, what } = await play(seed, n)
    if (readOurs(stream).fault === undefined) whole++
    if (what !== undefined && what !== 'stricter')
      failures.push(`npm run fuzz -- --responses --seed ${seed} --only ${n}: ${what}`)
  }
  assert.deepEqual(failures, [])
  assert.ok(whole > STREAMS / 4, `${whole} were whole`)
})

test('the same bytes are the same response, wherever they are cut', async () => {
  const seed = freshSeed()
  for (let n = 0; n < 500; n++) {
    const { stream } = await play(seed, n)
    const each = Array.from({ length: stream.bytes.length - 1 }, (_, i) => i + 1)
    const [one, many] = [readOurs({ ...stream, cuts: [] }), readOurs({ ...stream, cuts: each })]
    assert.equal(one.fault === undefined, many.fault === undefined, `seed ${seed}, stream ${n}`)
    if (one.fault === undefined) assert.deepEqual(many, one, `seed ${seed}, stream ${n}`)
  }
})
