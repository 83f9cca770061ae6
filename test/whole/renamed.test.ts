// A site that gets another name in the config, or leaves it, under load: nobody who may still come is sent away.

import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConfigInput } from '../../src/config/types.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { HOST } from '../fixtures/visitor.ts'

/** The site under its `time`th name, and every other time a second site beside it. */
function configOf(time: number, origin: string): ConfigInput {
  const site = { name: `name-${time}`, hosts: [HOST], origins: [origin], origin: { concurrency: 8 } }
  const beside = { name: `beside-${time}`, hosts: ['beside.example'], origins: [origin] }
  return { sites: time % 2 === 0 ? [site] : [site, beside] }
}

function ask(port: number, path: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, path, agent, host: '127.0.0.1', headers: { host: HOST } }, response => {
      response.resume()
      response.on('end', () => resolve(response.statusCode!))
    })
    asked.on('error', reject).end()
  })
}

test('a site that is renamed ten times under load sends nobody away', { timeout: 60_000 }, async () => {
  const page = { fields: { 'cache-control': 'no-store' }, body: 'page' }
  await using origin = await Origin.start({
    '/pass': page,
    '/fetch': { ...page, fields: { 'cache-control': 'max-age=1' } },
  })
  await using shield = await Shield.start({ config: configOf(0, origin.url) })
  const agent = new Agent({ keepAlive: true })
  const statuses = new Map<number, number>()
  const over = new AbortController()
  const visitor = async (own: number): Promise<void> => {
    for (let i = 0; !over.signal.aborted; i++) {
      const status = await ask(shield.port, i % 2 === 0 ? '/pass' : `/fetch?${own}-${i}`, agent)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  const visitors = Array.from({ length: 16 }, (_, own) => visitor(own))
  for (let time = 1; time <= 10; time++) {
    shield.rewrite(configOf(time, origin.url))
    await shield.heard('config-applied', time)
  }
  over.abort()
  await Promise.all(visitors)
  agent.destroy()
  assert.deepEqual([...statuses.keys()], [200], JSON.stringify([...statuses]))
  // What is left in the end is the last name alone; the numbers are a second old.
  const sites = async (): Promise<string[]> => (await shield.stats()).origins.map(({ site }) => site)
  while (String(await sites()) !== 'name-10') await sleep(50)
})
