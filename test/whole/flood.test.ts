// A mixed flood: a crowd of 2,000 addresses that come once and wait when they are told to, and 200 that ask again and again
// whatever they are told. No rule says a word of either: what tells them apart is how they behave.

import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from '../cli/fixtures/child.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { ask } from '../fixtures/visitor.ts'

const CROWD = 2000
/** The crowd comes within so many milliseconds. */
const WITHIN = 10_000
const ATTACKERS = 200
const EACH = 100
/** What a visitor of the crowd bears before leaving. */
const PATIENCE = 4

/** What the admin address says of clients. */
interface Told {
  slowed: number
  networks: { network: string; score: number }[]
  clients: { client: string; measure: string; why: { signal: string; weight: number; text: string }[] }[]
}

const crowdAddress = (i: number): string => `100.${64 + (i >> 8)}.${i & 255}.${1 + (i % 200)}`
const attackAddress = (i: number): string => `198.51.100.${i}`

test(
  'a crowd is served while an attack that ignores everything is kept from the origin',
  { timeout: 180_000 },
  async context => {
    await using origin = await Origin.start({
      '*': async () => {
        await sleep(10)
        return { body: 'for you alone' }
      },
    })
    const sites = [{ origins: [origin.url], origin: { concurrency: 8 } }]
    await using shield = await Shield.start({ config: { proxies: { trusted: ['127.0.0.0/8'] }, sites } })

    const outcome = { served: 0, queued: 0, lost: 0 }
    const visit = async (i: number): Promise<void> => {
      await sleep((i / CROWD) * WITHIN)
      for (let tries = 1; ; tries++) {
        const fields = { 'x-forwarded-for': crowdAddress(i) }
        const came = await ask(shield.port, `/page?${i}`, { fields }).catch(() => undefined)
        const wait = Number(came?.fields['retry-after'] ?? 0)
        if (came?.status === 200) return void outcome.served++
        if (came?.status !== 503 || wait === 0) return void outcome.lost++
        if (tries === PATIENCE) return void outcome.queued++
        await sleep(wait * 1000)
      }
    }
    let sent = 0
    const attack = async (i: number): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      for (let n = 0; n < EACH; n++) {
        sent++
        const fields = { 'x-forwarded-for': attackAddress(i) }
        await ask(shield.port, `/attack?${i}-${n}`, { agent, fields }).catch(() => undefined)
      }
      agent.destroy()
    }
    const crowd = Array.from({ length: CROWD }, (_, i) => visit(i))
    const attackers = Array.from({ length: ATTACKERS }, (_, i) => attack(i))
    await Promise.all([...crowd, ...attackers])
    const told = (await (await shield.admit('/api/clients?limit=1000')).json()) as Told
    const reached = origin.of('/attack').length
    context.diagnostic(
      `of ${CROWD} visitors ${JSON.stringify(outcome)}; of ${sent} requests of the attack ${reached} came through`,
    )
    assert.ok(outcome.served + outcome.queued >= 0.99 * CROWD, JSON.stringify(outcome))
    // How many before their patience ends depends on the machine that plays all of it.
    assert.ok(outcome.served >= 0.25 * CROWD, JSON.stringify(outcome))
    assert.ok(told.slowed >= 0.9 * ATTACKERS, `${told.slowed} clients are slowed`)
    const slowed = told.clients.filter(({ measure }) => measure === 'slowed')
    assert.ok(
      slowed.every(
        ({ client, why }) => client.startsWith('198.51.100.') && why.some(({ signal }) => signal === 'rate'),
      ),
    )
    assert.ok(told.networks.some(({ network, score }) => network === '198.51.100.0/24' && score > 0))
    const explained = async (address: string): Promise<string> => {
      const child = Child.breakwater(['explain', '--client', address, '--admin', shield.admin], shield.folder)
      return `${await child.ended} ${child.stdout}`
    }
    const [attacker, visitor] = await Promise.all([attackAddress(7), crowdAddress(7)].map(explained))
    assert.match(attacker!, /^1 198\.51\.100\.7\n {2}Slowed: the origin gets one of its requests in \d+ s/)
    assert.match(attacker!, /\+\d\.\d\d {2}rate .*198\.51\.100\.0\/24: a score of/s)
    assert.match(visitor!, /^0 .*Not slowed/s)
    assert.ok(reached <= 0.05 * sent, `${reached} of ${sent} reached the origin`)
  },
)
