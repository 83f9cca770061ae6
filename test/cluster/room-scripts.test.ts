// The scripts of a shared waiting room by themselves, against a real server: what no order of steps may bring about.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redis as Client } from 'iovalkey'
import { keysOf } from '../../src/cluster/keys.ts'
import { scripts } from '../../src/cluster/scripts.ts'
import type { ScriptName } from '../../src/cluster/scripts.ts'
import { Redis, noRedis } from '../fixtures/redis.ts'
import { until } from '../fixtures/until.ts'

const KEYS = keysOf('breakwater').room('main', 'main')
const AWAITED = KEYS[5]!
const SESSIONS = 1
const [IDLE, LONGEST] = [300_000, 7_200_000]

async function room() {
  const redis = await Redis.start()
  const client = new Client({ port: redis.port })
  const run = (name: ScriptName, ...args: (string | number)[]) =>
    client.eval(scripts[name].text, KEYS.length, ...KEYS, ...args)
  const round = async (): Promise<{ next: number; serving: number; reached: number; active: number }> => {
    const said = {
      ...{ name: 'a', incarnation: '1', knows: '', token: 1, renewed: [], had: [], present: [] },
      ...{ next: 0, serving: 0, from: 0, upTo: 0, rate: 1000, sessions: SESSIONS },
      ...{ isGuess: false, isOpen: true, idle: IDLE, longest: LONGEST },
    }
    return JSON.parse(String(await run('room-round', JSON.stringify(said), ''))) as never
  }
  const take = async (): Promise<number> => (JSON.parse(String(await run('room-take', 1))) as { base: number }).base
  const enter = async (number: number): Promise<string> => {
    const answer = (await run(
      'room-enter',
      number,
      number,
      '0',
      `visitor ${number}`,
      IDLE,
      LONGEST,
      SESSIONS,
      '0',
    )) as [string]
    return answer[0]
  }
  const end = (number: number) => run('room-end', number, 'news', 'ended')
  const close = async (): Promise<void> => {
    client.disconnect()
    await redis[Symbol.asyncDispose]()
  }
  return { client, round, take, enter, end, [Symbol.asyncDispose]: close }
}

test(
  'a place that was promised to who comes next is not given to one who comes back as well',
  { skip: noRedis ?? false, timeout: 60_000 },
  async () => {
    await using here = await room()
    const { client, round, take, enter, end } = here
    // The table is made with one to let in; a room that has just begun promises that place to the first.
    await until('the first place is promised', async () => (await round()).serving === 1)
    const first = await take()
    assert.equal(await enter(first), 'in')
    const second = await take()
    assert.equal(await enter(second), 'waits')
    await end(first)
    // Called, and then away for so long that the turn has passed on.
    await until('the second is called', async () => (await round()).reached === second + 1)
    assert.equal(await client.zrem(AWAITED, second), 1)
    await until('the place is promised to a third', async () => (await round()).serving === second + 2)
    assert.equal(await enter(second), 'in')
    const third = await take()
    assert.equal(await enter(third), 'waits')
    assert.equal((await round()).active, SESSIONS)
    await end(second)
    await until('it is the turn of the third', async () => (await round()).reached === third + 1)
    assert.equal(await enter(third), 'in')
  },
)
