// The clock of the machine is set in the middle of a run: nobody comes earlier, later or twice, and no wait is told wrongly.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { Crowd } from '../../src/rehearse/crowd.ts'
import { jobsOf } from '../../src/rehearse/options.ts'
import { Tally } from '../../src/rehearse/tally.ts'

test('a clock that jumps by a day, forth and back, changes nothing of a run', async t => {
  const site = createServer((_request, response) => response.setHeader('Set-Cookie', 'a=1; Max-Age=60').end('page'))
  t.after(() => site.close().closeAllConnections())
  await once(site.listen(0, '127.0.0.1'), 'listening')
  const target = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  let looks = 0
  const jumping: Clock = {
    now: () => systemClock.now() + (++looks % 3 === 0 ? 86_400_000 : looks % 3 === 1 ? -86_400_000 : 0),
    monotonic: () => systemClock.monotonic(),
  }
  const [job] = await jobsOf({ target, shape: { kind: 'constant', rate: 100 }, seconds: 2, process: 'even', seed: 1 })
  const tally = new Tally()
  const began = performance.now()
  await new Crowd(job!, tally, jumping).run()
  assert.deepEqual([tally.get('planned'), tally.get('good')], [200, 200])
  assert.ok(looks > 200, 'the clock was looked at')
  assert.ok(performance.now() - began < 30_000)
  assert.ok(tally.latency.percentile(100) / 1000 < 10_000)
})
