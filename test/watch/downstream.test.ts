// How often a request asks what stands behind the origin: against a real Redis, with an origin that asks it three times for a page.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '../fixtures/free-port.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import { between } from '../../src/watch/downstream.ts'
import type { DownstreamStats } from '../../src/watch/downstream.ts'

const REDIS = '/usr/bin/redis-server'

test(
  'a request that asks the database three times is told to ask it three times, in figures and metrics',
  { timeout: 90_000 },
  async t => {
    if (!existsSync(REDIS)) return t.skip(`${REDIS} is not there (Debian's package redis-server)`)
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-downstream-'))
    const port = await freePort()
    const redis = spawn(REDIS, ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
      cwd: folder,
      stdio: 'ignore',
    })
    t.after(async () => {
      redis.kill()
      await once(redis, 'exit')
      rmSync(folder, { recursive: true })
    })
    const connected = async () => {
      const made = connect(port, '127.0.0.1')
      return once(made, 'connect').then(
        () => made,
        () => null,
      )
    }
    let found: Socket | null = null
    await until('Redis', async () => (found = await connected()) !== null)
    const socket = found as unknown as Socket
    t.after(() => socket.destroy())
    const origin = await Origin.start({
      '*': async () => {
        socket.write('*1\r\n$4\r\nPING\r\n'.repeat(3))
        await once(socket, 'data')
        return { fields: { 'cache-control': 'no-store' }, body: 'a page' }
      },
    })
    t.after(() => origin.stop())
    writeFileSync(join(folder, 'address'), `redis://127.0.0.1:${port}\n`)
    await using shield = await Shield.start({
      config: { sites: [{ name: 'shop', origins: [origin.url], gauges: [{ file: join(folder, 'address') }] }] },
    })
    const told = async () => ((await (await shield.admit('/api/routes')).json()) as { downstream: DownstreamStats[] }).downstream[0]! // prettier-ignore
    let figures = await told()
    for (let i = 0; figures.perRequest === null && i < 20_000; i++) {
      await ask(shield.port, `/page/${i}`)
      if (i % 50 === 0) figures = await told()
    }
    assert.deepEqual([figures.site, figures.source, figures.of], ['shop', `redis://127.0.0.1:${port}`, 'commands'])
    // What is on its way at either look, and what the looks ask themselves, is a few of hundreds.
    assert.ok(figures.perRequest! > 2.5 && figures.perRequest! < 3.5, `${figures.perRequest} a request`)
    const metrics = await (await shield.admit('/metrics')).text()
    assert.match(metrics, new RegExp(`breakwater_downstream_calls_total\\{site="shop",source="redis://127.0.0.1:${port}",of="commands"\\} \\d+`)) // prettier-ignore
  },
)

const look = (at: number, count: number, requests: number) => ({ at, calls: { count, of: 'queries' }, requests })

test('nothing is told of one look alone, nor when the sum has begun anew', () => {
  assert.equal(between(null, look(0, 5, 5)), null)
  assert.equal(between(look(0, 50, 5), look(10_000, 5, 6)), null)
  assert.deepEqual(between(look(0, 50, 5), look(10_000, 450, 15)), { perSecond: 40, perRequest: 40 })
  assert.deepEqual(between(look(0, 50, 5), look(10_000, 60, 5)), { perSecond: 1, perRequest: null })
})
