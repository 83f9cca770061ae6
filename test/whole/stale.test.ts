// Past its lifetime: served while it is refreshed, served while the origin is dead, and not served where that is forbidden.

import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask, crowd, lostOf, steady, tell } from '../fixtures/visitor.ts'

describe('past its lifetime', { timeout: 60_000 }, () => {
  it('a response is served at once while one fetch refreshes it', async () => {
    await using origin = await Origin.start({
      '/news': ({ nth }) => ({
        fields: { 'cache-control': 'max-age=1, stale-while-revalidate=60' },
        body: `issue ${nth}`,
        work: nth === 1 ? 0 : 700,
      }),
    })
    await using shield = await Shield.start({ origins: [origin.url] })
    await ask(shield.port, '/news')
    await sleep(1100)
    const began = performance.now()
    const all = await crowd(shield.port, '/news', 60)
    assert.deepEqual([...new Set(all.map(({ text }) => text))], ['issue 1'])
    assert.ok(performance.now() - began < 600, 'nobody waits for the refresh')
    await until('the refresh is asked for', () => origin.of('/news').length === 2)
    assert.match(all[0]!.cache, /hit; ttl=-\d+; detail=[a-z-]+$/)
    await sleep(500)
    assert.equal(origin.of('/news').length, 2)
    await until('the refreshed page is served', async () => (await ask(shield.port, '/news')).text === 'issue 2')
  })

  it('a refresh that fails costs nobody anything, and is not tried by each', async () => {
    await using origin = await Origin.start({
      '/news': ({ nth }) => ({
        status: nth === 1 ? 200 : 500,
        fields: nth === 1 ? { 'cache-control': 'max-age=1, stale-while-revalidate=60, stale-if-error=60' } : {},
        body: nth === 1 ? 'issue 1' : 'error',
      }),
    })
    await using shield = await Shield.start({ origins: [origin.url] })
    await ask(shield.port, '/news')
    await sleep(1100)
    for (let i = 0; i < 3; i++) {
      const all = await crowd(shield.port, '/news', 30)
      assert.deepEqual([...new Set(all.map(({ text }) => text))], ['issue 1'])
    }
    assert.ok(origin.of('/news').length < 20, `${origin.of('/news').length} fetches for 91 visitors`)
  })

  describe('while the origin process is dead', () => {
    let port = 0
    let process: ChildProcess
    let shield: Shield
    const start = async (): Promise<void> => {
      process = fork(fileURLToPath(new URL('fixtures/origin.ts', import.meta.url)), [String(port)])
      ;[port] = (await once(process, 'message')) as [number]
    }
    before(async () => {
      await start()
      shield = await Shield.start({ origins: [`http://127.0.0.1:${port}`] })
    })
    after(async () => {
      process.kill('SIGKILL')
      await shield[Symbol.asyncDispose]()
    })

    it('what may stand in stands in, the rest fails honestly, and all is well when it is back', async context => {
      for (const path of ['/sturdy', '/strict', '/plain']) await ask(shield.port, path)
      await sleep(1100)
      const stop = steady(
        shield.port,
        100,
        () => '/sturdy',
        ({ text }) => text === 'page /sturdy',
      )
      await sleep(500)
      process.kill('SIGKILL')
      await once(process, 'exit')
      await sleep(1500)
      const strict = await ask(shield.port, '/strict')
      assert.ok(strict.status === 502 || strict.status === 503 || strict.status === 504, String(strict.status))
      assert.ok((await ask(shield.port, '/plain')).status >= 500)
      await start()
      await until('the site comes back', async () => (await ask(shield.port, '/strict')).status === 200)
      const seen = await stop()
      context.diagnostic(`visitors of a page with stale-if-error, origin killed and back: ${tell(seen)}`)
      assert.equal(lostOf(seen), 0)
    })
  })
})
