// The real threads under steady traffic, while some of them are killed and the config is loaded anew: what visitors saw.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { BroadcastChannel } from 'node:worker_threads'
import { roles as realRoles } from '../../src/supervisor/roles.ts'
import type { Loading } from '../../src/supervisor/reload.ts'
import { configOf, startWith } from './fixtures/process.ts'
import type { Running } from './fixtures/process.ts'

const mortal = (name: string) => new URL(`./fixtures/mortal-${name}.ts`, import.meta.url)
const roles = realRoles().map(role =>
  role.name === 'edge' || role.name === 'core' ? { ...role, script: mortal(role.name), heapMiB: 64 } : role,
)
const origin = createServer((request, response) => {
  response.setHeader('Cache-Control', request.url === '/page' ? 'max-age=60' : 'no-store')
  response.end(`answer to ${request.url}`)
})
let data = ''
let running: Running
let site = ''

/** The body, or "lost". */
function get(path: string, agent: Agent | false = false): Promise<string> {
  return new Promise(resolve => {
    const request = httpRequest(running.url + path, { agent }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve(text)).on('error', () => resolve('lost'))
    })
    request.on('error', () => resolve('lost')).end()
  })
}

/** Asks again and again, each time on a new connection, until `stop`; counts what came. */
function visitors(path: string, count: number) {
  const seen = { good: 0, lost: 0, last: '' }
  const end = new AbortController()
  const all = Array.from({ length: count }, async () => {
    while (!end.signal.aborted) {
      const answer = await get(path)
      if (answer === `answer to ${path}`) seen.good++
      else seen.last = `${++seen.lost}: ${answer}`
    }
  })
  return async () => {
    end.abort()
    await Promise.all(all)
    return seen
  }
}

function kill(what: 'edge' | 'core', message: unknown): void {
  const wire = new BroadcastChannel(`breakwater-kill-${what}`)
  wire.postMessage(message)
  setImmediate(() => wire.close())
}

/** Another limit, another rule, and another site beside the first. */
const load = (time: number): Promise<Loading> => {
  const rules = [{ name: `rule ${time}`, responseHeaders: { set: { 'X-Time': String(time) } } }]
  const first = { origins: [site], origin: { concurrency: 8 + time }, rules }
  const beside = { hosts: [`host-${time}.example`], origins: [site] }
  return Promise.resolve({ config: configOf({ data, sites: [first, beside] }) })
}

describe('the real threads', { timeout: 60_000 }, () => {
  before(async () => {
    await new Promise<void>(resolve => origin.listen(0, '127.0.0.1', resolve))
    site = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
  })
  after(() => void origin.close())
  beforeEach(async () => {
    data = mkdtempSync(join(tmpdir(), 'breakwater-'))
    let times = 0
    const source = { load: () => load(++times) }
    running = await startWith({ roles, source, config: configOf({ data, sites: [{ origins: [site] }] }) })
    assert.equal(await get('/page'), 'answer to /page')
  })
  afterEach(async () => {
    assert.equal(await running.supervisor.drain(), 0)
    rmSync(data, { recursive: true })
  })

  for (const how of ['throw', 'memory'] as const)
    it(`lose only the requests of the edge that dies (${how}), and fill its place`, async () => {
      const stop = visitors('/page', 4)
      await sleep(100)
      kill('edge', { slot: 1, how })
      await running.heard('thread-died')
      await running.heard('thread-ready', roles.length + 2)
      await sleep(100)
      const { good, lost } = await stop()
      // Each visitor has one request under way; while the dying edge runs out of memory it may take one more of each.
      assert.ok(lost <= 8 && good > 8, `${good} good, ${lost} lost`)
      assert.deepEqual(
        running.supervisor.state.threads.map(row => row.state),
        Array(roles.length + 1).fill('serving'),
      )
    })

  it('go on with hits while core is replaced, and with misses after it', async () => {
    const stop = visitors('/page', 4)
    await sleep(100)
    kill('core', 'now')
    await running.heard('thread-died')
    await running.heard('thread-ready', roles.length + 2)
    const { good, lost, last } = await stop()
    assert.ok(lost === 0 && good >= 4, `${good} good, lost ${last}`)
    assert.equal(await get('/other'), 'answer to /other')
    assert.equal(await get('/page'), 'answer to /page')
  })

  it('take twenty new configs without losing a request or a connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const stop = visitors('/page', 2)
    const sockets = new Set<unknown>()
    agent.on('free', socket => sockets.add(socket))
    for (let i = 0; i < 20; i++) {
      assert.deepEqual(await running.supervisor.reload(), [])
      assert.equal(await get('/page', agent), 'answer to /page')
      assert.equal(await get(`/other${i}`, agent), `answer to /other${i}`)
    }
    const { lost, last } = await stop()
    assert.equal(lost, 0, last)
    assert.equal(sockets.size, 1, 'one connection for all of them')
    assert.equal(running.supervisor.state.config.generation, 21)
    agent.destroy()
  })
})
