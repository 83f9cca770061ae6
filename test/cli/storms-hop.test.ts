// A hop that drops connections, put before a site after it was rehearsed: the answer is stale, and the network is named.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { playHop } from '../../src/cli/storms/hop.ts'
import type { Reading } from '../../src/rehearse/gauges/gauges.ts'
import { lostOnTheWay } from '../../src/rehearse/kept/way.ts'
import { type Figures, figuresOf } from '../../src/rehearse/report.ts'
import { Tally } from '../../src/rehearse/tally.ts'

test('with the hop the rehearsal is stale, connections are lost, and the site is not blamed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hop-'))
  try {
    const story = await playHop(folder, 5, new AbortController().signal)
    assert.ok(story !== undefined)
    assert.equal(story.before.lost, 0)
    assert.ok(story.after.lost > 0 && story.after.good > 0, JSON.stringify(story.after))
    assert.equal(story.stale, true)
    assert.match(story.changes.join(), /the way to the site has changed, from .* on port \d+ to firewall on port \d+/)
    assert.equal(story.culprit?.signal, 'network')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('the network is named only when connections broke, the site was calm and the way has changed', () => {
  const changes = ['the way to the site has changed']
  const [fine, broken, slow] = [figures(100, {}), figures(70, { closed: 30 }), figures(70, { timeout: 30 })]
  assert.match(lostOnTheWay(fine, broken, changes, [reading(0.1)]) ?? '', /^30% of the views lost their connection/)
  assert.equal(lostOnTheWay(fine, broken, changes, [reading(0.9)]), undefined)
  assert.equal(lostOnTheWay(fine, broken, changes, []), undefined)
  assert.equal(lostOnTheWay(fine, broken, [], [reading(0.1)]), undefined)
  assert.equal(lostOnTheWay(fine, slow, changes, [reading(0.1)]), undefined)
  assert.equal(lostOnTheWay(broken, broken, changes, [reading(0.1)]), undefined)
  assert.equal(lostOnTheWay(fine, fine, changes, [reading(0.1)]), undefined)
})

function figures(good: number, lost: { closed?: number; timeout?: number }): Figures {
  const tally = new Tally()
  tally.add('good', good)
  tally.add('closed', lost.closed ?? 0)
  tally.add('timeout', lost.timeout ?? 0)
  return figuresOf(tally, 1, 0.1)
}

const reading = (threadRan: number): Reading => ({
  ...{
    threadRan,
    threadWanted: threadRan,
    threadTaken: threadRan,
    siteCpu: threadRan,
    hostCpu: 0.2,
    memoryBytes: 1e8,
    memoryLeft: 0.6,
  },
  ...{ openFiles: 0.01, connections: 10, acceptQueue: 0, overflows: 0, outgoing: [], disk: 0.1 },
  ...{ stalled: 0, memoryShare: 0, restarted: false, conntrack: 0, samples: [], seen: true },
})
