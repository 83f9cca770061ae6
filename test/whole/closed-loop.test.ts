// Origins that are well, behind a shield without any config: it must not lose a visitor to its own caution. A crowd that waits
// for each answer before it asks again never brings more than the origin bears, whatever stands in the queue meanwhile.

import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { test } from 'node:test'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { ask, crowd } from '../fixtures/visitor.ts'

const VISITORS = 200
/** Milliseconds; a queue counts as overloaded after one second. */
const LASTS = 8_000
const TIMES = 3

/** How the answers ended. */
async function insist(port: number): Promise<Map<number | string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: VISITORS })
  const ends = new Map<number | string, number>()
  const end = performance.now() + LASTS
  const visitor = async (name: number): Promise<void> => {
    for (let i = 0; performance.now() < end; i++) {
      const what = await ask(port, `/${name}/${i}`, { agent }).then(
        ({ status }) => status,
        (error: NodeJS.ErrnoException) => error.code ?? error.message,
      )
      ends.set(what, (ends.get(what) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: VISITORS }, (_, i) => visitor(i)))
  agent.destroy()
  return ends
}

test('200 visitors who ask a fast origin again and again for what nobody stores lose nothing', async context => {
  let ends = new Map<number | string, number>()
  // Where other programs take the machine for a second, a second is waited indeed; then it is looked at once more.
  for (let time = 0; time < TIMES && (time === 0 || ends.size > 1); time++) {
    await using origin = await Origin.start({
      '*': ({ path }) => ({ fields: { 'cache-control': 'no-store' }, body: `page ${path}` }),
    })
    await using shield = await Shield.start({ origins: [origin.url] })
    ends = await insist(shield.port)
    const [row] = (await shield.stats()).origins
    context.diagnostic(`${JSON.stringify([...ends])} in ${LASTS / 1000} s, limit ${row!.limit}`)
  }
  assert.deepEqual([...ends.keys()], [200])
})

test('a hundred who come at once to an idle origin that takes 200 ms are all served', async context => {
  await using origin = await Origin.start({
    '*': ({ path }) => ({ fields: { 'cache-control': 'no-store' }, body: `page ${path}`, work: 200 }),
  })
  await using shield = await Shield.start({ origins: [origin.url] })
  const began = performance.now()
  const came = await crowd(shield.port, '/page', 100)
  context.diagnostic(`the last after ${Math.round(performance.now() - began)} ms`)
  assert.deepEqual([...new Set(came.map(({ status }) => status))], [200])
})
