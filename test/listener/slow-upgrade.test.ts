// Changing protocols: joined both ways with half-close, refused like any request, and never into a protocol that hides
// requests from the rooms.

import assert from 'node:assert/strict'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'
import type { Answer } from '../../src/exchange.ts'
import { echo, start, type Started, statuses, text, until } from './slow-harness.ts'

const HOST = 'Host: a.test\r\n'
const UPGRADE = `GET /ws HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`

/** A TCP peer that stands for the origin's side of the connection. */
async function pair(): Promise<{ near: Socket; far: Socket; close: () => void }> {
  const server = createServer({ allowHalfOpen: true })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const accepted = new Promise<Socket>(resolve => server.once('connection', resolve))
  const near = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true })
  const far = await accepted
  far.on('error', () => {})
  return { near, far, close: () => void (far.destroy(), near.destroy(), server.close()) }
}

const switching = (near: Socket, head = ''): Answer => ({
  status: 101,
  fields: ['Sec-WebSocket-Accept', 'x'],
  body: null,
  upgrade: { socket: near, head: Buffer.from(head) },
})

async function visit(shield: Started, bytes: string): Promise<{ socket: Socket; received: () => string }> {
  const socket = await shield.open()
  let received = ''
  socket.on('data', chunk => void (received += chunk.toString()))
  socket.on('error', () => {})
  socket.write(bytes)
  return { socket, received: () => received }
}

test('after a 101 bytes go both ways, those that came early on either side first', async () => {
  const { near, far, close } = await pair()
  await using shield = await start(async x => {
    assert.equal(x.upgrade, 'websocket')
    x.outcome = 'stream'
    return switching(near, 'early from the origin;')
  })
  let atOrigin = ''
  far.on('data', chunk => void (atOrigin += chunk.toString()))
  const { socket, received } = await visit(shield, `${UPGRADE}early from the visitor;`)
  await until(() => received().endsWith('early from the origin;'), 'the head of the origin is there')
  assert.match(
    received(),
    /^HTTP\/1\.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n/,
  )
  socket.write('up')
  far.write('down')
  await until(() => received().endsWith('down') && atOrigin === 'early from the visitor;up', 'both have come')
  assert.deepEqual(shield.counted(), { stream: 1 })
  assert.equal(shield.latencies(), 0)
  assert.equal(shield.lane.inFlight, 1)
  socket.destroy()
  close()
})

test('each side’s end is passed on, and the other may still speak', async () => {
  const { near, far, close } = await pair()
  await using shield = await start(async () => switching(near))
  far.resume()
  let originHeardEnd = false
  far.on('end', () => (originHeardEnd = true))
  const { socket, received } = await visit(shield, UPGRADE)
  await until(() => received() !== '', 'it is switched')
  socket.end('last words')
  await until(() => originHeardEnd, 'the origin hears the end')
  far.end('answer to them')
  await until(() => received().endsWith('answer to them'), 'the visitor gets the answer')
  await until(() => shield.lane.connections === 0, 'both are closed')
  close()
})

test('a side that does not read holds the other back', async () => {
  const { near, far, close } = await pair()
  await using shield = await start(async () => switching(near))
  const { socket, received } = await visit(shield, UPGRADE)
  await until(() => received() !== '', 'it is switched')
  far.pause()
  const chunk = Buffer.alloc(1_000_000)
  let written = 0
  for (; written < 200 && socket.writableLength < 5_000_000; written++) {
    socket.write(chunk)
    await new Promise(resolve => setImmediate(resolve))
  }
  assert.ok(written < 200, 'the visitor was never held back')
  socket.destroy()
  close()
})

test('when the origin’s side breaks the visitor’s is closed, and the other way round', async () => {
  for (const breaks of ['origin', 'visitor']) {
    const { near, far, close } = await pair()
    await using shield = await start(async () => switching(near))
    const { socket, received } = await visit(shield, UPGRADE)
    await until(() => received() !== '', 'it is switched')
    if (breaks === 'origin') far.resetAndDestroy()
    else socket.resetAndDestroy()
    await until(() => shield.lane.connections === 0 && near.destroyed, 'both are closed')
    close()
  }
})

test('an upgrade that is refused is answered like any request, and the connection ends', async () => {
  await using shield = await start(async x => {
    x.outcome = 'pass'
    return text('not here', [], 403)
  })
  const received = await shield.raw(`${UPGRADE}GET /smuggled HTTP/1.1\r\n${HOST}\r\n`)
  assert.deepEqual(statuses(received), [403])
  assert.match(received, /^Connection: close\r$/m)
  assert.ok(received.endsWith('not here'))
  assert.deepEqual(shield.counted(), { pass: 1 })
})

test('a malformed upgrade is refused with 400', async () => {
  await using shield = await start(echo)
  assert.deepEqual(statuses(await shield.raw(UPGRADE.replace('a.test', 'a/b'))), [400])
})

test('h2c, an upgrade in HTTP/1.0, one with a body, and one without Connection are served without it', async () => {
  await using shield = await start(async x => text(`upgrade=${x.upgrade}`))
  for (const asked of [
    UPGRADE.replace('websocket', 'h2c'),
    UPGRADE.replace('websocket', 'websocket, h2c'),
    UPGRADE.replace('websocket', 'TLS/1.0'),
    UPGRADE.replace('HTTP/1.1', 'HTTP/1.0'),
    UPGRADE.replace('\r\n\r\n', '\r\nContent-Length: 3\r\n\r\nabc'),
    UPGRADE.replace('Connection: Upgrade\r\n', ''),
  ]) {
    assert.ok((await shield.raw(asked, { quiet: 100 })).endsWith('upgrade=undefined'), asked)
  }
})

test('an upgrade behind other requests does not overtake them', async () => {
  await using shield = await start(async x => text(`${x.target} ${x.upgrade}`))
  const received = await shield.raw(`GET /first HTTP/1.1\r\n${HOST}\r\n${UPGRADE}`, { quiet: 100 })
  assert.deepEqual(statuses(received), [200, 200])
  assert.ok(received.endsWith('/ws undefined'))
})
