// Rates that are exact over all nodes: three of them, a real server, and visitors who come to every one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled, startNode, stateOf } from '../cluster/nodes.ts'
import { Origin } from '../fixtures/origin.ts'
import { Redis, noRedis } from '../fixtures/redis.ts'
import type { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'

const skip = noRedis ?? false
const timeout = 120_000
const NAMES = ['a', 'b', 'c']

async function three(rate: object) {
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await Redis.start())
  const origin = stack.use(await Origin.start({ '*': { body: 'page', fields: { 'cache-control': 'max-age=3600' } } }))
  const rules = [{ name: 'draw', match: { path: '/draw/**' }, rate }]
  const wishes = { servers: [redis.url], origins: [origin.url], rules }
  const shields = await Promise.all(NAMES.map(async name => stack.use(await startNode({ name, ...wishes }))))
  await until('shares are out', () => settled(shields, 30))
  for (const shield of shields)
    await until('it knows of all', async () => (await stateOf(shield))!.members.length === NAMES.length)
  const parts = stack.move()
  return { redis, shields, [Symbol.asyncDispose]: () => parts.disposeAsync() }
}

/** So many requests at each node at once; how many got through at each. */
const through = (shields: readonly Shield[], path: string, each: number): Promise<number[]> =>
  Promise.all(
    shields.map(async ({ port }) => {
      const came = await Promise.all(Array.from({ length: each }, () => ask(port, path)))
      return came.filter(({ status }) => status === 200).length
    }),
  )

const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0)

test(
  'an exact rate lets through no more than its rate over all nodes, wherever visitors come',
  { skip, timeout },
  async t => {
    await using nodes = await three({ limit: '30/1h', exact: true })
    const { redis, shields } = nodes
    // Once stored the page is a hit, which counts as well.
    const all = await through(shields, '/draw/1', 40)
    t.diagnostic(`of 120 at three nodes got through: ${all.join(', ')}`)
    assert.equal(sum(all), 30)
    // Not each a third of it: what nobody asks for elsewhere is not kept from those who come here.
    await redis.ask('FLUSHALL')
    assert.deepEqual(await through(shields.slice(0, 1), '/draw/1', 40), [30])
    const refused = await ask(shields[1]!.port, '/draw/1')
    assert.equal(refused.status, 429)
    assert.match(String(refused.fields['ratelimit']), /^"draw";r=0;t=\d+$/)
    assert.ok(Number(refused.fields['retry-after']) > 60)
  },
)

test('several windows hold together, and the fields say what is left over all nodes', { skip, timeout }, async () => {
  await using nodes = await three({ limit: ['5/1h', '9/1d'], exact: true, by: 'site' })
  const { shields } = nodes
  const left: string[] = []
  for (let n = 0; n < 6; n++) left.push(String((await ask(shields[n % 3]!.port, `/draw/${n}`)).fields['ratelimit']))
  assert.deepEqual(
    left.map(text => Number(/r=(\d+)/.exec(text)![1])),
    [4, 3, 2, 1, 0, 0],
  )
})

test('while the server is away each node lets through its part', { skip, timeout }, async () => {
  await using nodes = await three({ limit: '30/1h', exact: true })
  const { redis, shields } = nodes
  await redis.kill()
  for (const shield of shields) await until('it is alone', async () => (await stateOf(shield))!.state === 'alone')
  assert.deepEqual(await through(shields, '/draw/1', 40), [10, 10, 10])
})
