// Who waits for what another has asked for waits no longer than a time of their own: then it is the stale response, or where there is none
// a request of their own, two at most.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import type { Came } from '../fixtures/visitor.ts'

const VISITORS = 12

/** The answers of a crowd as they come. */
function answersOf(port: number, path: string): { came: Came[]; all: Promise<unknown> } {
  const came: Came[] = []
  const all = Promise.all(Array.from({ length: VISITORS }, async () => came.push(await ask(port, path))))
  return { came, all }
}

const told = (answers: readonly Came[]): string[] => [
  ...new Set(answers.map(({ status, text }) => `${status} ${text}`)),
]

test('waiters get the stale response when their time is over, or go for themselves, while the first fetch hangs', async () => {
  const held = Promise.withResolvers<void>()
  await using origin = await Origin.start({
    '/stored': async ({ nth }) => {
      if (nth === 2) await held.promise
      return { fields: { 'cache-control': 'max-age=1, stale-if-error=600' }, body: `issue ${nth}` }
    },
    '/cold': async ({ nth }) => {
      if (nth === 1) await held.promise
      return { fields: { 'cache-control': 'max-age=60' }, body: `issue ${nth}` }
    },
  })
  const queue = { wait: '500ms' as const, patience: '500ms' as const }
  const site = { origins: [origin.url], origin: { concurrency: 24, queue } }
  await using shield = await Shield.start({ config: { sites: [site] } })
  await ask(shield.port, '/stored')
  await sleep(1100)
  const [stale, cold] = [answersOf(shield.port, '/stored'), answersOf(shield.port, '/cold')]
  await until('all but the one who fetches have an answer', () => stale.came.length >= VISITORS - 1)
  await until('and of the cold page too', () => cold.came.length >= VISITORS - 1)
  assert.deepEqual(told(stale.came), ['200 issue 1'])
  assert.equal(origin.of('/stored').length, 2, 'nobody else asked for it')
  for (const { cache } of stale.came) assert.match(cache, /^breakwater; (hit; ttl=-\d|fwd=stale)/)
  assert.ok(cold.came.every(({ status, text }) => status === 200 && /^issue [23]$/.test(text)))
  assert.ok(origin.of('/cold').length <= 3, `${origin.of('/cold').length} fetches`)
  held.resolve()
  await Promise.all([stale.all, cold.all])
})
