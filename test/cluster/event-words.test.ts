// Words about events on a real server: of two the later one holds, there is a bound, and what is over makes room first.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shareEvents } from '../../src/cluster/events.ts'
import type { EventsHeard, EventsSaid } from '../../src/threads/cluster.ts'
import { noRedis } from '../fixtures/redis.ts'
import { Runner, keys } from './runner.ts'

const MOST = 1000
const HOUR = 3_600_000

type Said = EventsSaid['words'][number]
const word = (name: string, text: string, since: number, ends = 0): Said => ({ name, text, since, ends, seal: '' })

/** What a node of this name says, with all it hears of the table. */
async function say(runner: Runner, name: string, words: Said[], marks: EventsSaid['marks'] = []): Promise<EventsHeard> {
  const heard = await shareEvents({ link: runner, keys, name }, { table: '', rev: 0, words, marks })
  assert.ok(typeof heard !== 'string')
  return heard
}

test('of two words of one name the later one holds, whoever comes first', { skip: noRedis ?? false }, async () => {
  await using runner = await Runner.start()
  const now = Date.now()
  await say(runner, 'a', [word('event sale', 'second', now - 1000)])
  await say(runner, 'b', [word('event sale', 'first', now - 2000)])
  const [kept] = (await say(runner, 'c', [])).words
  assert.deepEqual([kept!.text, kept!.node], ['second', 'a'])
  // A clock that is ahead counts as now: what is commanded after it goes before it.
  await say(runner, 'b', [word('event sale', 'third', now + HOUR)])
  await new Promise(resolve => setTimeout(resolve, 5))
  await say(runner, 'a', [word('event sale', 'fourth', Date.now() + 1)])
  assert.equal((await say(runner, 'c', [])).words[0]!.text, 'fourth')
})

test(
  'a step that was told is another one’s only once; what failed or ended its owner alone says',
  { skip: noRedis ?? false },
  async () => {
    await using runner = await Runner.start()
    const mark = { act: 'undo', step: 'sale@1 0', owner: 'disk of a', node: 'a', state: 'begun' } as const
    const run = word('run sale@1', 'run', Date.now())
    await say(runner, 'a', [run], [mark])
    await say(runner, 'b', [], [{ ...mark, owner: 'disk of b', node: 'b', state: 'ended' }])
    assert.deepEqual((await say(runner, 'c', [])).marks, [mark])
    await say(runner, 'a', [], [{ ...mark, state: 'ended' }])
    await say(runner, 'a', [], [{ ...mark, state: 'failed' }])
    assert.deepEqual((await say(runner, 'c', [])).marks, [{ ...mark, state: 'ended' }])
  },
)

test(
  'there is room for so many words; what is over goes first, and what lives is not pushed out',
  { skip: noRedis ?? false, timeout: 120_000 },
  async () => {
    await using runner = await Runner.start()
    const now = Date.now()
    const events = Array.from({ length: MOST - 2 }, (_, n) => word(`event ${n}`, 'planned', now - 1000))
    await say(runner, 'a', [
      word('run old', 'run', 1, now + HOUR),
      word('run older', 'run', 1, now + HOUR / 2),
      ...events,
    ])
    assert.deepEqual((await say(runner, 'a', [word('event one more', 'planned', now)])).refused, [])
    const names = async (): Promise<string[]> => (await runner.client.hkeys(keys.events)).filter(name => name !== '')
    assert.ok(!(await names()).includes('run older'))
    assert.deepEqual((await say(runner, 'a', [word('event and one', 'planned', now)])).refused, [])
    assert.deepEqual((await say(runner, 'a', [word('event too many', 'planned', now)])).refused, ['event too many'])
    assert.equal((await names()).length, MOST)
  },
)
