// Heartbeats on a real server: who is there, and who leads.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.ts'
import { LOST_AFTER, Membership } from '../../src/cluster/membership.ts'
import { noRedis } from '../fixtures/redis.ts'
import { until } from '../fixtures/until.ts'
import { Runner, keys } from './runner.ts'

const skip = noRedis ?? false
const memberOf = (link: Runner, name: string, incarnation = name) =>
  new Membership({ link, keys, clock: systemClock, name, incarnation })

test(
  'one of those who are there leads, and another one only when its lease is over, with a greater number',
  { skip },
  async () => {
    await using link = await Runner.start()
    const [a, b] = [memberOf(link, 'a'), memberOf(link, 'b')]
    await a.beat(' 0', 'log')
    const seen = await b.beat(' 0', 'another')
    assert.deepEqual(seen!.members.map(({ name, isLost }) => [name, isLost]), [['a', false], ['b', false]]) // prettier-ignore
    assert.deepEqual([seen!.leader, seen!.log.seq], ['a', 0])
    assert.match(seen!.log.id, /^log:/)
    assert.deepEqual([a.lease, b.lease], [1, null])
    await until('a is lost', async () => (await b.beat(' 0', 'x'))!.members.some(({ isLost }) => isLost))
    await until('b leads', async () => (await b.beat(' 0', 'x'))!.leader === 'b')
    assert.equal(b.lease, 2)
    // a has not been told, and knows by its own clock that its lease is over.
    assert.equal(a.lease, null)
  },
)

test('an order of a leader whose lease has gone to another one is refused', { skip }, async () => {
  await using link = await Runner.start()
  const [a, b] = [memberOf(link, 'a'), memberOf(link, 'b')]
  await a.beat(' 0', 'log')
  const order = JSON.stringify({ kind: 'below', below: [''], soft: true })
  for (const uid of ['1', '2', '3'])
    await link.run('append', [keys.logHead, keys.log], [keys.news, uid, 'a', order, 512, 'log', '0'])
  const old = a.lease!
  await sleep(LOST_AFTER + 100)
  await b.beat(' 0', 'log')
  assert.equal(await link.run('trim', [keys.lease, keys.log], [old, 2]), -1)
  assert.equal(await link.client.xlen(keys.log), 3)
  assert.equal(await link.run('trim', [keys.lease, keys.log], [b.lease!, 2]), 2)
  assert.equal(await link.client.xlen(keys.log), 1)
})

test(
  'a name belongs to one process at a time, and to the next one once the first is lost or has left',
  { skip },
  async () => {
    await using link = await Runner.start()
    const [first, second] = [memberOf(link, 'a', 'one'), memberOf(link, 'a', 'two')]
    await first.beat(' 0', 'log')
    assert.equal(await second.beat(' 0', 'log'), null)
    await first.leave()
    const seen = await second.beat(' 0', 'log')
    assert.deepEqual(
      seen!.members.map(({ name }) => name),
      ['a'],
    )
    // A lease that was laid down is free at once.
    assert.deepEqual([seen!.leader, seen!.token], ['a', 2])
    assert.equal(await first.beat(' 0', 'log'), null)
    await until('the name is free', async () => (await first.beat(' 0', 'log')) !== null)
  },
)
