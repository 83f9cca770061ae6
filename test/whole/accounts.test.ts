// Accepted is answered and lost, to the last request, whatever becomes of the connections: visitors that send, read and break
// off at random moments, over both lanes.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { below, freshSeed, seeded } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { HOST, ask } from '../fixtures/visitor.ts'

/** Connections, and those open at once. */
const CONNECTIONS = 300
const AT_ONCE = 40
const LARGE = 2 * 1024 * 1024

const stored = { 'cache-control': 'max-age=600' }
const paths = ['/page', '/page', '/large', '/pass', '/slow', '/broken', '/cut', '/.breakwater/health']

let origin: Origin
let shield: Shield

before(async () => {
  origin = await Origin.start({
    '/page': { fields: stored, body: 'a page' },
    '/large': { fields: stored, body: Buffer.alloc(LARGE, 'x') },
    '/pass': { fields: { 'cache-control': 'no-store' }, body: 'for you' },
    '/slow': { fields: { 'cache-control': 'no-store' }, body: 'at last', work: 60 },
    '/broken': { status: 500, fields: { 'cache-control': 'no-store' }, body: 'sorry' },
    '/cut': (_, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('the beginning')
      setTimeout(() => response.destroy(), 10)
      return undefined
    },
  })
  shield = await Shield.start({ origins: [origin.url] })
  for (const path of ['/page', '/large']) await ask(shield.port, path)
})
after(async () => {
  await shield[Symbol.asyncDispose]()
  await origin.stop()
})

/** Sends a few requests on one connection, some of them pipelined, and kills it at a moment of chance. Resolves with how many were sent. */
function visit(random: Random): Promise<number> {
  const requests = 1 + below(random, 6)
  const life = below(random, 3) === 0 ? 2000 : below(random, 120)
  return new Promise(resolve => {
    const socket = connect({ port: shield.port, host: '127.0.0.1' })
    let sent = 0
    const send = (): void => {
      for (let batch = below(random, 3) + 1; batch > 0 && sent < requests; batch--, sent++) sendOne()
      if (sent < requests && socket.writable) setTimeout(send, below(random, 30))
    }
    const sendOne = (): void => {
      if (socket.writable) socket.write(`GET ${paths[below(random, paths.length)]} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)
    }
    socket.on('connect', send)
    if (below(random, 2) === 0) socket.resume()
    socket.on('error', () => {})
    socket.on('close', () => resolve(sent))
    setTimeout(() => (below(random, 2) === 0 ? socket.resetAndDestroy() : socket.destroy()), life)
  })
}

test('accepted is answered and lost to the last request while connections are killed at random', async context => {
  const seed = freshSeed()
  context.diagnostic(`seed ${seed}`)
  const random = seeded(seed)
  const before = (await shield.stats()).accounts
  let left = CONNECTIONS
  const visitors = Array.from({ length: AT_ONCE }, async () => {
    while (left-- > 0) await visit(random)
  })
  await Promise.all(visitors)
  // The last connections are given up within a second, and the numbers are read once a second.
  await until('everything has ended', async () => {
    const { accounts, counters } = await shield.stats()
    const { connections } = counters
    return accounts.open === 0 && connections !== undefined && 'now' in connections && connections.now === 0
  })
  await sleep(1500)
  const { accounts, counters } = await shield.stats()
  context.diagnostic(JSON.stringify({ ...accounts, cut: counters.cut, gone: counters.gone }))
  assert.ok(accounts.accepted - before.accepted > CONNECTIONS)
  assert.ok(accounts.lost > 0 && accounts.answered > 0)
  assert.deepEqual({ open: accounts.open, residue: accounts.residue }, { open: 0, residue: 0 })
  assert.equal(accounts.accepted, accounts.answered + accounts.lost)
})

test('what visitors saw is what is counted: each good answer, each error, each answer cut off', async () => {
  const before = (await shield.stats()).accounts
  for (let i = 0; i < 20; i++) assert.equal((await ask(shield.port, '/page')).status, 200)
  for (let i = 0; i < 7; i++) assert.equal((await ask(shield.port, '/broken')).status, 500)
  for (let i = 0; i < 5; i++) await assert.rejects(ask(shield.port, '/cut'))
  await until('all are counted', async () => (await shield.stats()).accounts.accepted === before.accepted + 32)
  const { answered, lost } = (await shield.stats()).accounts
  assert.deepEqual({ answered: answered - before.answered, lost: lost - before.lost }, { answered: 20, lost: 12 })
})

test('who takes nothing of a large answer and goes is lost, be it counted as a hit before', async () => {
  const before = (await shield.stats()).accounts
  const socket = connect({ port: shield.port, host: '127.0.0.1' })
  socket.write(`GET /large HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`.repeat(4))
  await sleep(300)
  socket.resetAndDestroy()
  await until('it is counted', async () => (await shield.stats()).accounts.lost === before.lost + 1)
  const { residue } = (await shield.stats()).accounts
  assert.equal(residue, 0)
})
