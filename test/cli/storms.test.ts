// The storms: their crowds have the story's numbers, and one of them is played for a few seconds on both sides.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { STORMS, stormOf } from '../../src/cli/storms/storms.ts'
import { shapeOf } from '../../src/rehearse/shapes/index.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

test('tv asks 1,444 times a second on average, however long it is played', () => {
  for (const seconds of [10, 45, 900]) {
    const crowd = stormOf('tv')!.crowd('http://127.0.0.1:1', seconds, 1, 1)
    const arrivals = shapeOf(crowd.shape).arrivals(seconds)
    assert.ok(Math.abs(arrivals / seconds - 1444) < 1, `${arrivals / seconds} a second in ${seconds} s`)
  }
})

test('every storm has its site in scenarios/ and a crowd that can be played', () => {
  for (const storm of STORMS) {
    assert.doesNotThrow(() => shapeOf(storm.crowd('http://127.0.0.1:1', storm.seconds, 1, 1).shape))
    assert.ok(storm.storySeconds >= storm.seconds)
  }
})

test('petition, played for some seconds: data and nothing else, the site is spared, nobody is lost behind the shield', async () => {
  const args = [MAIN, 'rehearse', '--scenario', 'petition', '--seconds', '5', '--seed', '3', '--json']
  // 1 and 3 are told by the exit code; what counts here is the report.
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error: { stdout: string }) => error)
  const report = JSON.parse(stdout) as {
    scenario: string
    seed: number
    without: Side
    with: Side & { offload: number }
  }
  assert.deepEqual([report.scenario, report.seed], ['petition', 3])
  assert.equal(report.without.asked, report.with.asked)
  assert.ok(report.with.originRequests < report.without.originRequests)
  assert.ok(report.with.offload > 0.5 && report.with.offload <= 1, JSON.stringify(report.with))
})

test('a scenario that is not there is told with those that are', async () => {
  const run = promisify(execFile)(process.execPath, [MAIN, 'rehearse', '--scenario', 'flood'])
  await assert.rejects(run, {
    code: 2,
    stderr: /no scenario flood: it is one of petition, lottery, launch, tickets, tv/,
  })
})

interface Side {
  asked: number
  lost: number
  originRequests: number
}
