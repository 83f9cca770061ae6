// An operator and a waiting room: who waits and is inside, the pace changed by command, a pause, over a restart, and each mistake.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Child } from '../cli/fixtures/child.ts'
import { Origin } from '../fixtures/origin.ts'
import type { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { Guest, startRoom } from './fixtures/guest.ts'

const page = { body: 'the shop', fields: { 'cache-control': 'no-store' } }

async function run(shield: Shield, ...args: string[]): Promise<{ code: number | string; said: string }> {
  const child = Child.breakwater(['waiting-room', ...args, '--data', shield.data, '--admin', shield.admin], '.')
  return { code: await child.ended, said: child.stdout + child.stderr }
}

interface Row {
  waiting: number
  inside: number
  paused: boolean
  commanded: number | null
  rate: { set: number }
}

async function statusOf(shield: Shield): Promise<Row> {
  const { said } = await run(shield, 'status', '--json')
  return (JSON.parse(said) as { waitingRooms: Row[] }).waitingRooms[0]!
}

test('the pace is changed, paused and opened by command, and holds over kill -9', async () => {
  await using origin = await Origin.start({ '/': page })
  await using shield = await startRoom(origin, { sessions: 1 })
  const guests = [0, 1, 2].map(() => new Guest(shield.port))
  for (const guest of guests) await guest.ask()
  const poll = async (): Promise<unknown> => Promise.all(guests.slice(1).map(guest => guest.poll()))
  await until('two wait', async () => (await poll()) !== null && (await statusOf(shield)).waiting === 2)
  await poll()
  assert.equal((await statusOf(shield)).inside, 1)
  const metrics = await (await shield.admit('/metrics')).text()
  assert.match(metrics, /breakwater_waiting_room_waiting\{site="shop",room="main"\} 2/)
  assert.match(metrics, /breakwater_waiting_room_inside\{site="shop",room="main"\} 1/)
  const stats = (await shield.stats()).waitingRooms
  assert.equal(stats[0]?.waiting, 2)

  assert.match((await run(shield, 'rate', '30/min')).said, /shop main .* rate 30\/min by command/)
  const [entry] = await shield.heard('waiting-room-commanded')
  assert.deepEqual([entry!['rate'], entry!['before']], ['0.5/s', { rate: 'as configured', paused: false }])
  assert.equal((await run(shield, 'pause')).code, 0)
  assert.equal((await statusOf(shield)).paused, true)
  shield.kill('SIGKILL')
  await shield.child.ended

  await using next = await startRoom(origin, { sessions: 5 }, { data: shield.data })
  assert.deepEqual([(await statusOf(next)).paused, (await statusOf(next)).commanded], [true, 0.5])
  const late = new Guest(next.port)
  assert.equal((await late.ask()).status, 503)
  assert.equal((await run(next, 'rate', 'auto')).code, 0)
  assert.equal((await run(next, 'open')).code, 0)
  await until('visitors come in again', async () => (await late.ask()).text === 'the shop')

  for (const [args, finding] of [
    [['rate', 'fast'], /rate: .*fast.* is not a pace/],
    [['rate', '10/s', '--room', 'other'], /There is no waiting room other/],
    [['pause', '--site', 'nowhere'], /There is no waiting room of nowhere/],
  ] as const) {
    const { code, said } = await run(next, ...args)
    assert.notEqual(code, 0)
    assert.match(said, finding)
  }
})
