// A crowd that nobody has planned for: the site goes into the mode spike by itself within five seconds, tells its origin, leaves it by
// itself, and lets a person overrule it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from '../cli/fixtures/child.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'

/** A process knows what is usual after so long, milliseconds. */
const LEARNS = 32_000

/** Asks so often a second until it is told to stop. */
function crowd(port: number, perSecond: number, path: () => string): () => void {
  const timer = setInterval(() => {
    for (let i = 0; i < perSecond / 10; i++) void ask(port, path()).catch(() => undefined)
  }, 100)
  return () => clearInterval(timer)
}

test(
  'the onset of a spike puts the site into the mode spike by itself, and calm takes it out again',
  { timeout: 180_000 },
  async t => {
    await using origin = await Origin.start({ '*': () => ({ body: 'page' }) })
    const main = { name: 'main', hosts: ['*'], origins: [origin.url], onset: { leaveAfter: '5s' as const } }
    const still = { name: 'still', hosts: ['still.example'], origins: [origin.url], onset: { spike: false } }
    await using shield = await Shield.start({ config: { sites: [main, still] } })
    const mode = async () => (await ask(shield.port, '/.breakwater/mode')).text.trim()
    await sleep(LEARNS)
    assert.equal(await mode(), 'normal')

    let n = 0
    const stop = crowd(shield.port, 300, () => `/page-${n++}`)
    t.after(stop)
    const began = performance.now()
    await until('the spike', async () => (await mode()) === 'spike')
    const took = performance.now() - began
    t.diagnostic(`in a spike after ${Math.round(took)} ms`)
    assert.ok(took < 5000, `after ${took} ms`)
    await ask(shield.port, '/in-the-spike')
    assert.equal(origin.of('/in-the-spike')[0]?.fields['breakwater-mode'], 'spike')
    const [changed] = await shield.heard('mode-changed')
    assert.deepEqual([changed?.['site'], changed?.['why']], ['main', 'the onset of a spike'])
    const rows = (await (await shield.admit('/api/mode')).json()) as { sites: { name: string; automatic?: true }[] }
    assert.deepEqual(
      rows.sites.map(({ name, automatic }) => [name, automatic]),
      [
        ['main', true],
        ['still', undefined],
      ],
    )
    const job = Child.breakwater(['mode', '--is', 'normal', '--data', shield.data], shield.folder)
    assert.equal(await job.ended, 1, 'a job holds back')
    stop()
    await until('it is calm again', async () => (await mode()) === 'normal')
    assert.equal(shield.logs('mode-changed').at(-1)?.['why'], 'calm again')

    const again = crowd(shield.port, 600, () => `/page-${n++}`)
    t.after(again)
    await until('the next spike', async () => (await mode()) === 'spike')
    const byHand = Child.breakwater(['mode', 'normal', '--site', 'main', '--data', shield.data], shield.folder)
    assert.equal(await byHand.ended, 0, byHand.stderr)
    await sleep(3000)
    assert.equal(await mode(), 'normal', 'what a person says holds')
    again()
  },
)
