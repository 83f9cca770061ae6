// The store under pressure: what is too large passes, what is full goes on, and no reader ever gets a byte of another page.

import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Origin, bytesFor } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { HOST, ask, crowd } from '../fixtures/visitor.ts'

const fresh = { 'cache-control': 'max-age=600' }
/** Milliseconds after which the numbers on the admin address are of now. */
const SAMPLED = 1100
const MIB = 1024 * 1024
/** For all visitors at once: this is about the store, and a queue that stands for a second would be shed. */
const ROOM = { concurrency: 24 } as const

/** A reader who takes nothing of what it asked for until it is told to. */
class SlowReader {
  readonly socket: Socket
  constructor(port: number, path: string) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('error', () => {})
    this.socket.pause()
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`)
  }

  async body(): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const chunk of this.socket) chunks.push(chunk as Buffer)
    const whole = Buffer.concat(chunks)
    return whole.subarray(whole.indexOf('\r\n\r\n') + 4)
  }
}

const bodyOf = (version: number): Buffer => bytesFor(`large ${version}`, 1_900_000)

describe('the store', { timeout: 60_000 }, () => {
  it('lets a body over cache.maxBody pass, whole and for each visitor anew', async () => {
    const body = bytesFor('too large', 3 * MIB)
    await using origin = await Origin.start({
      '/told': { fields: { ...fresh, 'content-length': String(body.length) }, body, work: 50 },
      '/untold': async (_, response) => {
        await sleep(50)
        response.writeHead(200, fresh)
        response.write(body.subarray(0, 100))
        response.end(body.subarray(100))
        return undefined
      },
    })
    const config = {
      cache: { memory: '32 MiB', maxBody: '1 MiB' },
      sites: [{ origins: [origin.url], origin: ROOM }],
    } as const
    await using shield = await Shield.start({ config })
    for (const path of ['/told', '/untold']) {
      for (let i = 0; i < 2; i++) assert.ok((await ask(shield.port, path)).body.equals(body), path)
      const all = await crowd(shield.port, path, 10)
      assert.ok(
        all.every(each => each.body.equals(body)),
        path,
      )
      assert.equal(origin.of(path).length, 12, path)
      assert.ok(origin.most(path) > 1, 'they do not wait for one another')
    }
    await sleep(SAMPLED)
    assert.equal((await shield.stats()).store?.records, 2, 'two marks that these two are not stored')
  })

  it('goes on when it is full: ten times its size goes through it, and every body is whole', async context => {
    await using origin = await Origin.start({
      '*': ({ path }) => ({ fields: fresh, body: bytesFor(path, Number(path.split('-')[1])) }),
    })
    const config = { cache: { memory: '16 MiB' }, sites: [{ origins: [origin.url], origin: ROOM }] } as const
    await using shield = await Shield.start({ config })
    const agent = new Agent({ keepAlive: true, maxSockets: 24 })
    const sizes = [2_000, 30_000, 90_000, 400_000]
    let [next, bytes, hits, torn] = [0, 0, 0, 0]
    const visitor = async (seed: number): Promise<void> => {
      for (let i = 0; bytes < 160 * MIB; i++) {
        // Four pages of a hundred that everybody wants, between pages that nobody asks for again.
        const number = i % 3 === 0 ? 1_000_000 + ((i + seed) % 4) : next++
        const size = sizes[number % 4]!
        const path = `/${number}-${size}`
        const came = await ask(shield.port, path, { agent })
        bytes += size
        assert.equal(came.status, 200, `${path}: ${came.text.slice(0, 1000)}`)
        if (!came.body.equals(bytesFor(path, size))) torn++
        if (came.cache.includes('hit')) hits++
      }
    }
    await Promise.all(Array.from({ length: 24 }, (_, i) => visitor(i)))
    agent.destroy()
    await sleep(SAMPLED)
    const { store, memory, counters } = await shield.stats()
    context.diagnostic(`${next} pages, ${Math.round(bytes / MIB)} MiB, ${hits} hits, ${torn} torn`)
    context.diagnostic(`store ${JSON.stringify(store)}, rss ${Math.round(memory.rss / MIB)} MiB`)
    assert.equal(torn, 0)
    const { stored } = counters as unknown as Record<string, { total: number }>
    assert.ok(stored!.total >= store!.records + store!.evicted, `${stored!.total} stored`)
    assert.ok(store!.evicted > 100 && store!.bytesUsed <= store!.bytesTotal)
    assert.ok(hits > 300, 'what everybody wants stays')
  })

  it('keeps the bytes of a slow reader while its page is replaced, invalidated and evicted', async () => {
    let version = 1
    await using origin = await Origin.start({
      '/large': ({ method }) => {
        if (method === 'POST') version++
        return { fields: { ...fresh, etag: `"${version}"` }, body: method === 'POST' ? 'done' : bodyOf(version) }
      },
      '*': ({ path }) => ({ fields: fresh, body: bytesFor(path, 500_000) }),
    })
    const config = { cache: { memory: '16 MiB' }, sites: [{ origins: [origin.url], origin: ROOM }] } as const
    await using shield = await Shield.start({ config })
    await ask(shield.port, '/large')
    assert.match((await ask(shield.port, '/large')).cache, /hit/)
    // Through the fast lane: the socket's buffers take part of it, the rest waits in the store.
    const readers = Array.from({ length: 6 }, () => new SlowReader(shield.port, '/large'))
    await sleep(300)
    await ask(shield.port, '/large', { method: 'POST' })
    assert.ok((await ask(shield.port, '/large')).body.equals(bodyOf(2)))
    await ask(shield.port, '/large')
    const second = Array.from({ length: 2 }, () => new SlowReader(shield.port, '/large'))
    await sleep(300)
    for (let i = 0; i < 60; i++) await ask(shield.port, `/other${i}`)
    for (const reader of readers) assert.ok((await reader.body()).equals(bodyOf(1)))
    for (const reader of second) assert.ok((await reader.body()).equals(bodyOf(2)))
    await sleep(SAMPLED)
    assert.ok((await shield.stats()).store!.evicted > 20)
  })

  it('with a quota holds a site to it, and takes nothing from the others', async () => {
    const page = { fields: fresh, body: bytesFor('a page', 50_000) }
    await using origin = await Origin.start({ '*': page })
    const sites = [
      {
        name: 'bounded',
        hosts: ['bounded.test'],
        origins: [origin.url],
        origin: ROOM,
        store: { quota: '1 MiB' as const },
      },
      { name: 'other', hosts: ['other.test'], origins: [origin.url], origin: ROOM },
    ]
    await using shield = await Shield.start({ config: { cache: { memory: '32 MiB' }, sites } })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const all = async (host: string, count: number, more: Record<string, string> = {}) => {
      const statuses = []
      for (let i = 0; i < count; i++)
        statuses.push((await ask(shield.port, `/${i}`, { fields: { host, ...more }, agent })).status)
      return statuses
    }
    /** How many are answered from the store, without anybody asking the origin. */
    const stored = async (host: string, count: number): Promise<number> =>
      (await all(host, count, { 'cache-control': 'only-if-cached' })).filter(status => status === 200).length
    await all('other.test', 40)
    await all('bounded.test', 100)
    const kept = await stored('bounded.test', 100)
    assert.ok(kept >= 10 && kept * page.body.length <= MIB, `${kept} pages of 50,000 bytes`)
    assert.equal(await stored('other.test', 40), 40)
    agent.destroy()
  })
})
