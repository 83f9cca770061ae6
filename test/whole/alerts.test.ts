// A real process whose origin goes away: who asked to be told is told within five seconds of the first lost request.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Message } from '../../src/watch/alerts/sender.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { steady } from '../fixtures/visitor.ts'

test(
  'lost requests and a lost origin are told by webhook, and shown on the admin address',
  { timeout: 60_000 },
  async context => {
    const told: { at: number; names: string[] }[] = []
    let beats = 0
    const ears = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        if (request.url === '/beat') beats++
        else told.push({ at: performance.now(), names: (JSON.parse(body) as Message).fired.map(({ name }) => name) })
        response.end()
      })
    })
    await new Promise<void>(resolve => ears.listen(0, '127.0.0.1', resolve))
    context.after(() => ears.close())
    const url = `http://127.0.0.1:${(ears.address() as AddressInfo).port}`
    await using origin = await Origin.start({ '*': { fields: { 'cache-control': 'no-store' }, body: 'a page' } })
    await using shield = await Shield.start({
      config: {
        sites: [{ origins: [origin.url] }],
        alerts: { webhook: { url }, heartbeat: { url: `${url}/beat`, every: '5s' } },
      },
    })
    const end = steady(shield.port, 60, i => `/${i}`)
    await sleep(3000)
    const gone = performance.now()
    await origin.stop()
    await until('the loss is told', () => told.some(({ names }) => names.includes('loss')))
    const late = told.find(({ names }) => names.includes('loss'))!.at - gone
    context.diagnostic(`told ${Math.round(late)} ms after the origin went away`)
    await until('the origin is told', () => told.some(({ names }) => names.includes('origin-down')))
    await end()
    assert.ok(beats > 0)
    const { active } = (await (await shield.admit('/api/alerts')).json()) as { active: { name: string }[] }
    assert.ok(active.some(({ name }) => name === 'loss'))
  },
)
