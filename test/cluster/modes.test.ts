// Modes, planned events and figures of three nodes: what is commanded on one holds on all, a step is done once, sums are the same everywhere.

import assert from 'node:assert/strict'
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Origin } from '../fixtures/origin.ts'
import { Redis, noRedis } from '../fixtures/redis.ts'
import type { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { crowd } from '../fixtures/visitor.ts'
import { configOf, settled, startNode, stateOf } from './nodes.ts'

const skip = noRedis ?? false
const NAMES = ['a', 'b', 'c']

async function three() {
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await Redis.start())
  const origin = stack.use(await Origin.start({ '*': { body: 'page', fields: { 'cache-control': 'no-store' } } }))
  const starting = { servers: [redis.url], origins: [origin.url] }
  const shields = await Promise.all(NAMES.map(async name => stack.use(await startNode({ name, ...starting }))))
  await until('shares are out', () => settled(shields, 30))
  const parts = stack.move()
  return { redis, origin, shields, [Symbol.asyncDispose]: () => parts.disposeAsync() }
}

const modesOf = (shields: readonly Shield[]) =>
  Promise.all(shields.map(async shield => (await shield.stats()).sites[0]!.mode))

async function setMode(shield: Shield, mode: string, more: object = {}): Promise<void> {
  const token = readFileSync(`${shield.data}/admin-token`, 'utf8').trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ mode, ...more })
  const answer = await shield.admit('/api/mode', { method: 'POST', headers, body })
  assert.equal(answer.status, 200, await answer.text())
}

const isEverywhere = (shields: readonly Shield[], mode: string) => () =>
  modesOf(shields).then(modes => modes.every(each => each === mode))

test(
  'a mode that is set on one node holds on all, also after the server was lost, and ends on all',
  { skip, timeout: 120_000 },
  async () => {
    await using nodes = await three()
    const { redis, shields } = nodes
    const [a, b] = shields as [Shield, Shield]
    await setMode(a, 'spike')
    await until('all are in a spike', isEverywhere(shields, 'spike'))
    await setMode(b, 'normal')
    await until('none is', isEverywhere(shields, 'normal'))
    await redis.kill()
    for (const shield of shields) await until('it is alone', async () => (await stateOf(shield))!.state === 'alone')
    await setMode(b, 'spike')
    assert.equal((await b.stats()).sites[0]!.mode, 'spike')
    await redis.beginEmpty()
    await until('all have heard', isEverywhere(shields, 'spike'))
    await setMode(a, 'spike', { for: '3s' })
    await until('it has ended everywhere', isEverywhere(shields, 'normal'))
  },
)

test(
  'a planned event: its program runs once, its mode holds on every node, and both are undone once',
  { skip, timeout: 240_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-event-'))
    try {
      await using nodes = await three()
      const { redis, origin, shields } = nodes
      const diary = join(folder, 'diary')
      const program = join(folder, 'write')
      appendFileSync(diary, '')
      writeFileSync(program, `#!/bin/sh\necho "$1" >> ${diary}\n`)
      chmodSync(program, 0o755)
      // It has begun a moment ago, and is over within a minute.
      const start = new Date(Date.now() - 5000)
      const at = start.toISOString().slice(0, 19).replace('T', ' ')
      const steps = [{ mode: 'spike' }, { run: [program, 'do'], undo: { run: [program, 'undo'] } }]
      const events = [{ name: 'sale', at, zone: 'UTC', for: '1 min', steps }] as never
      for (const [i, shield] of shields.entries())
        shield.rewrite({ ...configOf({ name: NAMES[i]!, servers: [redis.url], origins: [origin.url] }), events })
      await until('all are in a spike', isEverywhere(shields, 'spike'))
      await until('it ran', () => readFileSync(diary, 'utf8') !== '')
      for (const shield of shields) await shield.heard('step-done', 2)
      assert.equal(readFileSync(diary, 'utf8'), 'do\n')
      await sleep(Math.max(0, start.getTime() + 60_000 - Date.now()))
      await until('none is', isEverywhere(shields, 'normal'))
      for (const shield of shields) await until('it is over', () => shield.logs('event-over').length === 1, 30_000)
      assert.equal(readFileSync(diary, 'utf8'), 'do\nundo\n')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)

const sumOf = async (shield: Shield) =>
  ((await (await shield.admit('/api/cluster')).json()) as { sum: Record<string, number> | null }).sum

test('figures are summed over all nodes, on each of them', { skip, timeout: 120_000 }, async () => {
  await using nodes = await three()
  const { shields } = nodes
  for (const shield of shields) await until('it has all', async () => (await sumOf(shield))?.['nodes'] === 3)
  const load = { isOver: false }
  const loading = (async () => {
    while (!load.isOver) await Promise.all(shields.slice(0, 2).map(({ port }) => crowd(port, '/', 10)))
  })()
  try {
    // The one that nobody asks tells it as well.
    const third = shields[2]!
    await until('requests of the others are in it', async () => (await sumOf(third))!['requests']! > 0)
    assert.ok((await sumOf(third))!['limit']! <= 30)
    assert.equal((await third.stats()).allNodes!['nodes'], 3)
    const metrics = await (await third.admit('/metrics')).text()
    assert.match(metrics, /^breakwater_cluster_figures\{name="nodes"\} 3$/m)
  } finally {
    load.isOver = true
    await loading
  }
})
