// Config reloads cost nobody a page. `npm run reloads -- --seconds 60` runs the same for longer and at full load.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { reloading } from './fixtures/reloading.ts'

test('20 config reloads in 5 s of load, a third of them wrong, are 0 errors', { timeout: 30_000 }, async context => {
  if (spawnSync('wrk', ['-v']).error !== undefined) return context.skip('wrk is not installed')
  const { requests, errors, reloads, report } = await reloading({ seconds: 5, reloads: 20, rest: 10 })
  context.diagnostic(`${requests} requests, ${errors} errors, ${reloads} reloads`)
  assert.equal(errors, 0, report)
  assert.equal(reloads, 20)
  assert.ok(requests > 1000, report)
})
