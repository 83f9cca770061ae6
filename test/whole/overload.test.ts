// Ten times as many visitors as the origin bears, and no number in the config: the origin goes on at its best, and everybody
// is told something. The origin is the one that petitions met: a pool of eight that slows down the more stand in line. It
// is a process of its own, and counts itself what it completes.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'

const BEARS = 80
const POOL = 8
const OFFERED = 800
/** Milliseconds: until the limit has found its place, and what is measured then. */
const FINDING = 5_000
const MEASURED = 15_000
const TIMES = 3
/** No visitor waits longer, milliseconds. */
const PATIENCE = 10_000

const program = fileURLToPath(new URL('../../bench/storm/origin.ts', import.meta.url))

async function startOrigin() {
  const child = spawn(process.execPath, [program, `${BEARS}`, `${POOL}`, '1.7'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const url = String(line).trim()
  const completed = async (): Promise<number> => {
    const answer = await fetch(`${url}/.count`)
    return ((await answer.json()) as { completed: number }).completed
  }
  return { url, completed, [Symbol.dispose]: () => void child.kill() }
}

/** Visits with an open model; counts how they end. */
class Crowd {
  readonly ends = new Map<string, number>()
  sent = 0
  open = 0
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Infinity })
  readonly #timer: NodeJS.Timeout

  constructor(port: number) {
    const began = performance.now()
    this.#timer = setInterval(() => {
      for (const due = ((performance.now() - began) / 1000) * OFFERED; this.sent < due;) this.#visit(port)
    }, 5)
  }

  #visit(port: number): void {
    this.open++
    const end = (what: string): void => {
      this.open--
      this.ends.set(what, (this.ends.get(what) ?? 0) + 1)
    }
    const visit = request({ agent: this.#agent, host: '127.0.0.1', port, path: `/page?${this.sent++}` }, answer => {
      answer.resume().on('end', () => {
        const isTold = answer.statusCode === 503 && Number(answer.headers['retry-after']) >= 1
        end(answer.statusCode === 200 ? 'served' : isTold ? 'told when to come back' : `${answer.statusCode}`)
      })
    })
    visit.setTimeout(PATIENCE, () => visit.destroy(new Error('nothing for ten seconds')))
    visit.on('error', error => end(error.message)).end()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  [Symbol.dispose](): void {
    this.stop()
    this.#agent.destroy()
  }
}

/** What the origin completes in a second. */
async function measure(origin: { completed(): Promise<number> }): Promise<number> {
  const [before, since] = [await origin.completed(), performance.now()]
  await sleep(MEASURED)
  return (((await origin.completed()) - before) / (performance.now() - since)) * 1000
}

test('without any config an origin that bears 80 a second completes 85% of that under 800, and all are answered', async context => {
  using origin = await startOrigin()
  await using shield = await Shield.start({ origins: [origin.url] })
  using crowd = new Crowd(shield.port)
  await sleep(FINDING)
  let rate = 0
  // Other programs on the machine may take the origin's time away from it; then it is looked at once more.
  for (let time = 0; time < TIMES && rate < 0.85 * BEARS; time++) rate = await measure(origin)
  crowd.stop()
  await until('everybody is answered', () => crowd.open === 0)
  const [row] = (await shield.stats()).origins
  context.diagnostic(`${rate.toFixed(1)} a second of ${BEARS}, limit ${row!.limit}, ${JSON.stringify([...crowd.ends])}`)
  const otherwise = [...crowd.ends.keys()].filter(end => end !== 'served' && end !== 'told when to come back')
  assert.deepEqual(otherwise, [])
  assert.ok(rate >= 0.85 * BEARS, `${rate.toFixed(1)} a second`)
})
