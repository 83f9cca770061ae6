// Who waits for a page has it while it still comes, at whatever edge; through the whole program with two edges, so that some of the
// visitors are at the edge that fetches and some at the other.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { HOST, ask } from '../fixtures/visitor.ts'
import type { Demand } from './fixtures/mortal.ts'

const mortal = fileURLToPath(new URL('fixtures/mortal.ts', import.meta.url))

const FIRST = 'the beginning; '
const own = { 'cache-control': 'private', 'set-cookie': 'id=1' }
const storable = { 'content-type': 'text/html', 'cache-control': 'max-age=60' }

/** A visitor who tells what has come so far. */
class Reader {
  text = ''
  status = 0
  fields: Record<string, unknown> = {}
  end: 'whole' | 'cut short' | undefined

  constructor(port: number, path: string, fields: Record<string, string> = {}) {
    const call = request(
      { host: '127.0.0.1', port, path, headers: { host: HOST, ...fields }, agent: false },
      response => {
        this.status = response.statusCode!
        this.fields = response.headers
        response.on('data', (chunk: Buffer) => (this.text += chunk.toString('latin1')))
        response.on('end', () => (this.end = 'whole'))
        response.on('error', () => (this.end = 'cut short'))
      },
    )
    call.on('error', () => (this.end ??= 'cut short'))
    call.end()
  }
}

const readers = (port: number, path: string, size: number): Reader[] =>
  Array.from({ length: size }, () => new Reader(port, path))

const haveBegun = (all: Reader[], text = FIRST): Promise<void> =>
  until('all have what has come', () => all.every(reader => reader.text === text))
const areOver = (all: Reader[]): Promise<void> =>
  until('all have the end', () => all.every(reader => reader.end !== undefined))

/** Answers under way at the origin, by their path. */
const open = new Map<string, ServerResponse>()
const last = (path: string): ServerResponse => open.get(path)!

const headFirst = (asked: { path: string }, response: ServerResponse) => {
  open.set(asked.path, response)
  return undefined
}

describe('a page that comes slowly', { timeout: 60_000 }, () => {
  let origin: Origin
  let shield: Shield

  before(async () => {
    const slow = (more: Record<string, string>) => (asked: { path: string }, response: ServerResponse) => {
      response.writeHead(200, { ...storable, ...more })
      response.write(FIRST)
      open.set(asked.path, response)
      return undefined
    }
    origin = await Origin.start({
      '/chunked': slow({}),
      '/long': slow({}),
      '/counted': slow({ 'content-length': String(FIRST.length + 7) }),
      '/breaks': slow({}),
      '/varied': slow({ vary: 'Accept-Language' }),
      '/confirmed': (asked, response) =>
        slow({ 'cache-control': 'max-age=1', etag: `"v${asked.nth}"` })(asked, response),
      '/late-head': headFirst,
      '/private': (asked, response) => (asked.nth === 1 ? headFirst(asked, response) : { fields: own, body: 'own' }),
    })
    shield = await Shield.start({ origins: [origin.url] })
  })
  after(async () => {
    await shield[Symbol.asyncDispose]()
    await origin.stop()
  })

  for (const path of ['/chunked', '/counted'])
    it(`is read by 100 visitors while it comes, and fetched once (${path})`, async () => {
      const all = readers(shield.port, path, 50)
      await haveBegun(all)
      // Who comes when half of it is there gets that half at once.
      const later = readers(shield.port, path, 50)
      await haveBegun(later)
      assert.equal(origin.of(path).length, 1)
      last(path).end('the end')
      await areOver([...all, ...later])
      for (const reader of [...all, ...later]) {
        assert.deepEqual([reader.status, reader.end, reader.text], [200, 'whole', `${FIRST}the end`])
        if (path === '/counted') assert.equal(reader.fields['content-length'], String(FIRST.length + 7))
      }
      const said = all.map(({ fields }) => String(fields['cache-status']))
      assert.equal(said.filter(text => text.includes('collapsed')).length, 49)
      assert.match((await ask(shield.port, path)).cache, /; hit;/)
      assert.equal(origin.of(path).length, 1)
    })

  it('arrives whole in many pieces, byte for byte, also beyond one place in memory', async () => {
    const all = readers(shield.port, '/long', 12)
    await haveBegun(all)
    let whole = FIRST
    for (let i = 0; i < 60; i++) {
      const piece = `${i} `.repeat(12_000)
      whole += piece
      last('/long').write(piece)
      if (i % 10 === 0) await sleep(10)
    }
    await haveBegun(all, whole)
    last('/long').end()
    await areOver(all)
    for (const reader of all) assert.equal(reader.text === whole && reader.end, 'whole')
    assert.equal(origin.of('/long').length, 1)
  })

  it('begins for those who waited as soon as its head has come', async () => {
    const all = readers(shield.port, '/late-head', 20)
    await until('it is fetched', () => open.has('/late-head'))
    await sleep(200)
    assert.ok(all.every(({ status }) => status === 0))
    last('/late-head').writeHead(200, storable).write('now')
    await haveBegun(all, 'now')
    last('/late-head').end()
    await areOver(all)
    assert.equal(origin.of('/late-head').length, 1)
  })

  it('is cut short for everybody when the origin breaks off, and is fetched anew by who comes then', async () => {
    const all = readers(shield.port, '/breaks', 20)
    await haveBegun(all)
    last('/breaks').destroy()
    await areOver(all)
    assert.ok(all.every(({ end }) => end === 'cut short'))
    const again = new Reader(shield.port, '/breaks')
    await haveBegun([again])
    assert.equal(origin.of('/breaks').length, 2)
    last('/breaks').end()
    await areOver([again])
  })

  it('goes to nobody whose request chooses another variant', async () => {
    const german = new Reader(shield.port, '/varied', { 'accept-language': 'de' })
    await haveBegun([german])
    const [same, other] = ['de', 'en'].map(
      language => new Reader(shield.port, '/varied', { 'accept-language': language }),
    )
    await haveBegun([same!])
    await sleep(100)
    assert.equal(other!.status, 0, 'it waits for the end, as it may be another page')
    last('/varied').end('auf Deutsch')
    await areOver([german, same!])
    await until('the other one is fetched', () => origin.of('/varied').length === 2)
    await haveBegun([other!])
    last('/varied').end('in English')
    await areOver([other!])
    assert.equal(other!.text, `${FIRST}in English`)
    assert.equal(same!.text, `${FIRST}auf Deutsch`)
  })

  it('tells who waits with a HEAD or a precondition what they asked, and sends them no body', async () => {
    const path = '/confirmed'
    const first = new Reader(shield.port, path)
    await haveBegun([first])
    last(path).end('old')
    await areOver([first])
    await sleep(1100)
    const again = new Reader(shield.port, path)
    await until('it is asked for anew', () => origin.of(path).length === 2)
    await haveBegun([again])
    const head = await ask(shield.port, path, { method: 'HEAD' })
    assert.deepEqual([head.status, head.text, head.fields.etag], [200, '', '"v2"'])
    const same = await ask(shield.port, path, { fields: { 'if-none-match': '"v2"' } })
    assert.equal(same.status, 304)
    last(path).end('new')
    await areOver([again])
    assert.equal(origin.of(path).length, 2)
  })

  it('goes to one visitor alone where its head says so', async () => {
    const all = readers(shield.port, '/private', 5)
    await until('it is fetched', () => open.has('/private'))
    await sleep(200)
    last('/private').writeHead(200, own).end('own')
    await areOver(all)
    assert.ok(all.every(({ text }) => text === 'own'))
    assert.equal(origin.of('/private').length, 5)
  })
})

/** A page that never ends by itself, in the hands of 30 visitors at two edges. */
async function halfwayThrough(open: ServerResponse[]) {
  const origin = await Origin.start({
    '/slow': (_, response) => {
      response.writeHead(200, storable).write(FIRST)
      open.push(response)
      return undefined
    },
    '/other': { fields: storable, body: 'other' },
  })
  const shield = await Shield.start({ origins: [origin.url], node: ['--import', mortal] })
  const all = readers(shield.port, '/slow', 30)
  await until('all have what has come', () => all.every(({ text }) => text === FIRST))
  assert.equal(origin.of('/slow').length, 1)
  return { origin, shield, all }
}

describe('while a page comes', { timeout: 90_000 }, () => {
  for (const demand of [
    { role: 'edge', slot: 0, how: 'throw' },
    { role: 'edge', slot: 1, how: 'throw' },
    { role: 'core', how: 'throw' },
  ] satisfies Demand[])
    it(`the death of ${demand.role} ${'slot' in demand ? demand.slot : ''} leaves nobody with half of it for the whole`, async () => {
      const open: ServerResponse[] = []
      const { origin, shield, all } = await halfwayThrough(open)
      writeFileSync(join(shield.folder, 'demand.json'), JSON.stringify(demand))
      shield.kill('SIGUSR2')
      await shield.heard('thread-died', 1)
      await sleep(300)
      for (const response of open) response.end('the end')
      await until('all have the end', () => all.every(({ end }) => end !== undefined))
      for (const { end, text } of all) assert.equal(end === 'whole', text === `${FIRST}the end`)
      assert.equal((await ask(shield.port, '/other')).text, 'other')
      await shield[Symbol.asyncDispose]()
      await origin.stop()
    })

  it('a drain waits for its end', async () => {
    const open: ServerResponse[] = []
    const { origin, shield, all } = await halfwayThrough(open)
    shield.kill('SIGTERM')
    for (const response of open) response.end('the end')
    await until('all have the end', () => all.every(({ end }) => end !== undefined))
    assert.ok(all.every(({ end, text }) => end === 'whole' && text === `${FIRST}the end`))
    await shield[Symbol.asyncDispose]()
    await origin.stop()
  })
})
