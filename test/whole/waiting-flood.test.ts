// A flood before a waiting room: a crowd that comes once and waits, programs that ask again and again and throw their tickets
// away, and programs in few networks that take tickets by the dozen and keep all of them waiting. Visitors get in as if those were not there.

import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { ask } from '../fixtures/visitor.ts'
import type { Came } from '../fixtures/visitor.ts'

const CROWD = 150
/** The crowd comes within so many milliseconds. */
const WITHIN = 10_000
const INSIDE = 60
/** Addresses of programs without tickets, and of programs with many each: well over the fifty clients from which on it is a crowd. */
const THROWING = 80
const HOARDING = 12
const TICKETS = 15

const visitorAt = (i: number): string => `100.${64 + (i >> 8)}.${i & 255}.${1 + (i % 200)}`
const throwerAt = (i: number): string => `198.51.100.${1 + i}`
const hoarderAt = (i: number): string => `203.0.113.${1 + i}`

/** One who keeps cookies, at an address. */
class Holder {
  readonly jar = new Map<string, string>()
  readonly #port: number
  readonly #address: string
  readonly #agent: Agent

  constructor(port: number, address: string, agent: Agent) {
    this.#port = port
    this.#address = address
    this.#agent = agent
  }

  async ask(path: string): Promise<Came | undefined> {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const fields = { 'x-forwarded-for': this.#address, ...(cookie !== '' && { cookie }) }
    const came = await ask(this.#port, path, { agent: this.#agent, fields }).catch(() => undefined)
    for (const line of came?.fields['set-cookie'] ?? []) {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      if (line.includes('Max-Age=0')) this.jar.delete(pair.slice(0, at))
      else this.jar.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return came
  }

  /** Asks whether it is called, as the page's script does. */
  async poll(): Promise<{ state: string; next: number }> {
    const came = await this.ask('/.breakwater/waiting/main')
    return came === undefined ? { state: 'waiting', next: 2 } : (JSON.parse(came.text) as never)
  }
}

test(
  'a crowd gets through a waiting room while floods without tickets, and with many from few networks, take no place',
  { timeout: 240_000 },
  async context => {
    // A visitor asks for two pages; with the second the site ends the session.
    await using origin = await Origin.start({
      '/last': { body: 'thanks', fields: { 'cache-control': 'no-store', 'breakwater-session': 'end' } },
      '*': { body: 'for you', fields: { 'cache-control': 'no-store' }, work: 20 },
    })
    const waitingRoom = { sessions: INSIDE, idle: '10s' as const }
    const sites = [{ name: 'shop', origins: [origin.url], origin: { concurrency: 8 }, waitingRoom }]
    await using shield = await Shield.start({ config: { proxies: { trusted: ['127.0.0.0/8'] }, sites } })
    const { port } = shield
    const over = { yet: false }
    const entered = new Set<Holder>()
    const agents = Array.from({ length: 4 }, () => new Agent({ keepAlive: true, maxSockets: 32 }))
    const crowdAgent = new Agent({ keepAlive: true, maxSockets: CROWD })

    /** Without cookies, again and again. */
    const throwing = async (i: number): Promise<void> => {
      for (let n = 0; !over.yet; n++) {
        await new Holder(port, throwerAt(i), agents[i % 2]!).ask(`/flood?${i}-${n}`)
        await sleep(1000)
      }
    }
    /** A ticket in each of many jars; whichever is called is used, and stays inside as long as it may. */
    const hoarding = async (i: number): Promise<void> => {
      await sleep(2000)
      const holders = Array.from({ length: TICKETS }, () => new Holder(port, hoarderAt(i), agents[2 + (i % 2)]!))
      for (const holder of holders) await holder.ask(`/hoard?${i}`)
      while (!over.yet) {
        for (const holder of holders) {
          if (over.yet) return
          const { state } = await holder.poll()
          if (state === 'called') await holder.ask(`/hoard?${i}`)
          if (holder.jar.has('bw-session-main')) entered.add(holder)
        }
        await sleep(2000)
      }
    }
    const visit = async (i: number): Promise<boolean> => {
      await sleep((i / CROWD) * WITHIN)
      const visitor = new Holder(port, visitorAt(i), crowdAgent)
      for (let tries = 0; tries < 20; tries++) {
        const came = await visitor.ask(`/page?${i}`)
        if (came?.status === 200) {
          await sleep(200)
          return (await visitor.ask('/last'))?.status === 200
        }
        for (let polls = 0; polls < 100; polls++) {
          const { state, next } = await visitor.poll()
          if (state === 'called') break
          await sleep(1000 * Math.min(next, 2))
        }
      }
      return false
    }

    const floods = [
      ...Array.from({ length: THROWING }, (_, i) => throwing(i)),
      ...Array.from({ length: HOARDING }, (_, i) => hoarding(i)),
    ]
    // The flood is there first, and has taken the places that were free: with tickets of before there was a crowd, one is like anybody.
    await sleep(5_000)
    const began = performance.now()
    const came = await Promise.all(Array.from({ length: CROWD }, (_, i) => visit(i)))
    const seconds = (performance.now() - began) / 1000
    over.yet = true
    await Promise.all(floods)
    for (const agent of [...agents, crowdAgent]) agent.destroy()

    const through = came.filter(Boolean).length
    const tickets = HOARDING * TICKETS
    const told = { through, seconds, flood: origin.of('/flood').length, hoarded: entered.size }
    context.diagnostic(`of ${CROWD} visitors and ${tickets} hoarded tickets: ${JSON.stringify(told)}`)
    assert.ok(through >= 0.99 * CROWD, JSON.stringify(told))
    // Each address may have been one visitor before it did not look like one.
    assert.ok(told.flood <= 3 * THROWING, JSON.stringify(told))
    assert.ok(told.hoarded <= 0.5 * tickets, JSON.stringify(told))
  },
)
