// Origin servers that fail: what the visitor gets, what is tried again, and that no place in the limit is lost by it.

import { strict as assert } from 'node:assert'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RequestListener } from 'node:http'
import { bodyOf, get, origin, raw, rawOrigin, shield, statusOf, until } from './shield.ts'
import type { Shield } from './shield.ts'

const idle = (front: Shield): Promise<void> => until(() => front.flight(0, 'inFlight') === 0)

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => void server.close(resolve))
  return port
}

const reasonIn = (response: string): string => /\(([a-z-]+)\)<\/small>/.exec(response)?.[1] ?? response

/** What a visitor gets from an origin that answers every request with these bytes and closes. */
async function fromBytes(bytes: string, then: (socket: Socket) => void = socket => socket.end()): Promise<string> {
  await using server = await rawOrigin(socket => socket.write(bytes, 'latin1', () => then(socket)))
  await using front = await shield([server.url])
  const response = await get(front.port, '/')
  await idle(front)
  return response
}

test('nobody listening is answered 502, and a connection that is not accepted in time 504', async () => {
  await using front = await shield([`http://127.0.0.1:${await closedPort()}`])
  const response = await get(front.port, '/')
  assert.equal(statusOf(response), 502)
  assert.equal(reasonIn(response), 'connect-failed')
  assert.equal(front.flight(0, 'resets'), 1)
  await idle(front)
  // TEST-NET-1 (RFC 5737) is nobody's. A machine without a way there fails at once instead of in time.
  await using far = await shield(['http://192.0.2.1'], { origin: { connectTimeout: '50ms' } })
  assert.match(reasonIn(await get(far.port, '/')), /^connect-(timeout|failed)$/)
  await idle(far)
})

test('what is no HTTP response is answered 502', async () => {
  assert.equal(reasonIn(await fromBytes('SSH-2.0-OpenSSH_9\r\n')), 'origin-garbage')
  assert.equal(
    reasonIn(await fromBytes('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx')),
    'origin-garbage',
  )
  assert.equal(
    reasonIn(await fromBytes('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx')),
    'origin-garbage',
  )
  assert.equal(
    reasonIn(await fromBytes('HTTP/1.1 200 OK\r\nX: a\x01b\r\nContent-Length: 1\r\n\r\nx')),
    'origin-garbage',
  )
  assert.equal(
    reasonIn(await fromBytes('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n')),
    'origin-garbage',
  )
  assert.equal(reasonIn(await fromBytes(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`)), 'origin-garbage')
})

test('an origin that closes before its head is answered 502', async () => {
  assert.equal(reasonIn(await fromBytes('HTTP/1.1 200 OK\r\nContent-')), 'origin-reset')
})

const later = (socket: Socket): void => void setTimeout(() => socket.destroy(), 30)

test('an answer cut short is cut short for the visitor, with and without a length', async () => {
  const head = 'HTTP/1.1 200 OK\r\n'
  const byLength = await fromBytes(`${head}Content-Length: 100\r\n\r\nonly this`, later)
  assert.equal(statusOf(byLength), 200)
  assert.equal(bodyOf(byLength), 'only this')
  const chunked = await fromBytes(`${head}Transfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n`, later)
  assert.match(chunked, /only\r\n$/)
})

const thinks: RequestListener = (request, response) => {
  if (request.url === '/stops') response.write('begun')
}

test('an origin that thinks for too long is answered 504, and one that stops in its answer is cut', async () => {
  await using server = await origin(thinks)
  await using front = await shield([server.url], { origin: { firstByteTimeout: '300ms', idleTimeout: '300ms' } })
  const [slow, stops] = await Promise.all([get(front.port, '/'), get(front.port, '/stops')])
  assert.equal(statusOf(slow), 504)
  assert.equal(reasonIn(slow), 'first-byte-timeout')
  assert.match(stops, /begun\r\n$/)
  assert.equal(front.flight(0, 'timeouts'), 2)
  assert.deepEqual(front.logged.filter(line => line.startsWith('origin-failed')).toSorted(), [
    'origin-failed first-byte-timeout',
    'origin-failed idle-timeout',
  ])
  await idle(front)
})

test('an event stream may be silent for longer than any other answer', async () => {
  await using server = await origin((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    response.write('data: 1\n\n')
    setTimeout(() => response.end('data: 2\n\n'), 1200)
  })
  await using front = await shield([server.url], { origin: { idleTimeout: '200ms' } })
  assert.match(await get(front.port, '/'), /data: 1[^]*data: 2/)
  assert.equal(front.last().outcome, 'stream')
})

test('a connection that the origin closed while idle costs a safe request nothing but a second attempt', async () => {
  let requests = 0
  await using server = await rawOrigin(socket => {
    requests++
    // The second request on a connection meets a close, as at the end of a keep-alive time-out.
    if (socket.bytesWritten > 0) socket.destroy()
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  await using front = await shield([server.url])
  assert.equal(bodyOf(await get(front.port, '/1')), 'ok')
  await new Promise(resolve => setTimeout(resolve, 20))
  assert.equal(bodyOf(await get(front.port, '/2')), 'ok')
  assert.equal(requests, 3)
  assert.equal(front.count('retries'), 1)
  assert.equal(front.count('originErrors'), 1)
  await idle(front)
})

test('a POST is never sent twice', async () => {
  let requests = 0
  await using server = await rawOrigin(socket => {
    requests++
    socket.destroy()
  })
  await using front = await shield([server.url])
  const response = await raw(
    front.port,
    'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi',
  )
  assert.equal(reasonIn(response), 'origin-reset')
  assert.equal(requests, 1)
})

test('with two origins the one that is there answers, also what the other did not accept', async () => {
  await using server = await origin((request, response) => {
    request.resume()
    request.on('end', () => response.end('here'))
  })
  await using front = await shield([`http://127.0.0.1:${await closedPort()}`, server.url])
  for (let i = 0; i < 4; i++) assert.equal(bodyOf(await get(front.port, '/')), 'here')
  const post = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n'
  for (let i = 0; i < 2; i++) assert.equal(bodyOf(await raw(front.port, post + 'x'.repeat(100_000))), 'here')
  assert.equal(front.count('retries'), 3)
  await idle(front)
  await until(() => front.flight(1, 'inFlight') === 0)
})

test('retries stay within their budget while an origin is down', async () => {
  await using server = await rawOrigin(socket => socket.destroy())
  await using other = await rawOrigin(socket => socket.destroy())
  await using front = await shield([server.url, other.url])
  for (let i = 0; i < 100; i++) await get(front.port, '/')
  // A full bucket of 10 for each origin, a tenth of the requests, and what trickles in meanwhile.
  assert.ok(front.count('retries') <= 2 * 10 + 10 + 2, `${front.count('retries')} retries of 100 requests`)
  assert.equal(front.count('originRequests'), 100 + front.count('retries'))
})

test('a visitor that leaves leaves the place taken until the origin has ended', async () => {
  const answers: (() => void)[] = []
  await using server = await origin((request, response) => {
    request.resume()
    answers.push(() => void response.end('done'))
  })
  await using front = await shield([server.url])
  const socket = connect(front.port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => answers.length === 1)
  socket.resetAndDestroy()
  // Longer than the listener takes to notice, and the origin room to look: four times a second.
  await sleep(800)
  assert.equal(front.flight(0, 'inFlight'), 1, 'the origin works on it')
  answers[0]!()
  await idle(front)
  await until(() => front.count('gone') === 1)
  assert.equal(front.flight(0, 'resets') + front.flight(0, 'timeouts'), 0)
})

test('what nobody wants any more is read to its end, and the place is free then; of what never ends a mebibyte', async () => {
  const ends: (() => void)[] = []
  let closed = 0
  await using server = await origin((request, response) => {
    response.on('close', () => closed++)
    response.writeHead(200)
    response.write('x'.repeat(1000))
    if (request.url === '/short') return void ends.push(() => void response.end('end'))
    const more = setInterval(() => response.write('x'.repeat(100_000)), 5)
    response.on('close', () => clearInterval(more))
  })
  await using front = await shield([server.url])
  for (const path of ['/short', '/endless']) {
    const socket = connect(front.port, '127.0.0.1')
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    await new Promise(resolve => socket.once('data', resolve))
    socket.resetAndDestroy()
    if (path === '/short') {
      await sleep(300)
      assert.equal(front.flight(0, 'inFlight'), 1)
      ends[0]!()
    }
    await idle(front)
  }
  await until(() => closed === 2)
  assert.equal(front.flight(0, 'resets') + front.flight(0, 'timeouts'), 0)
})

test('a response that is whole before the request costs the visitor nothing', async () => {
  await using server = await origin((_request, response) => response.writeHead(401).end('no'))
  await using front = await shield([server.url])
  const response = await raw(
    front.port,
    `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3000000\r\n\r\n${'x'.repeat(3_000_000)}`,
  )
  assert.equal(statusOf(response), 401)
  await idle(front)
  await until(() => front.spool.memory.used === 0 && front.spool.uploads.used === 0)
})
