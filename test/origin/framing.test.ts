// How an origin server's responses are framed, and what of its bytes may be taken for whose answer.

import { strict as assert } from 'node:assert'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { bodyOf, get, raw, rawOrigin, shield, statusOf, until } from './shield.ts'

const OK = 'HTTP/1.1 200 OK\r\n'

/** What a visitor gets of an origin that answers with these bytes and keeps the connection open. */
async function answerTo(bytes: string, method = 'GET'): Promise<string> {
  await using server = await rawOrigin(socket => socket.write(bytes, 'latin1'))
  await using front = await shield([server.url], { origin: { firstByteTimeout: '2s', idleTimeout: '2s' } })
  return await get(front.port, '/', [], method)
}

const AMBIGUOUS: Record<string, string> = {
  'two lengths': `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`,
  'the same length twice': `${OK}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`,
  'a list of lengths': `${OK}Content-Length: 1, 1\r\n\r\nx`,
  'a length with a sign': `${OK}Content-Length: +1\r\n\r\nx`,
  'a length that no number holds': `${OK}Content-Length: 99999999999999999999\r\n\r\nx`,
  'a length and chunks': `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
  'a coding behind chunks': `${OK}Transfer-Encoding: chunked, gzip\r\n\r\nx`,
  'two codings': `${OK}Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'a coding that nobody asked for': `${OK}Transfer-Encoding: gzip\r\n\r\nx`,
  'chunks in HTTP/1.0': 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a space before the colon': `${OK}Content-Length : 1\r\n\r\nx`,
  'a folded line': `${OK}X: a\r\n b\r\nContent-Length: 1\r\n\r\nx`,
  'a bare line feed': `${OK}X: a\nContent-Length: 1\r\n\r\nx`,
  'a bare carriage return': `${OK}X: a\rb\r\nContent-Length: 1\r\n\r\nx`,
  'a NUL': `${OK}X: a\0b\r\nContent-Length: 1\r\n\r\nx`,
  'a line without a name': `${OK}: a\r\nContent-Length: 1\r\n\r\nx`,
  'another version': 'HTTP/2.0 200 OK\r\nContent-Length: 1\r\n\r\nx',
  'a status of two digits': 'HTTP/1.1 20 OK\r\nContent-Length: 1\r\n\r\nx',
  'another protocol, which waits for us after its first line': 'SSH-2.0-OpenSSH_9\r\n',
  'lines that end with a line feed': 'HTTP/1.1 200 OK\nContent-Length: 1\n\nx',
  'a change of protocols that nobody asked for': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n',
  'an interim response that ends the connection': `HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n${OK}\r\n`,
}

for (const [what, bytes] of Object.entries(AMBIGUOUS)) {
  test(`${what}: answered 502, and no byte of it goes on`, async () => {
    const response = await answerTo(bytes)
    assert.equal(statusOf(response), 502)
    assert.match(response, /\(origin-garbage\)/)
  })
}

const BROKEN_CHUNKS: Record<string, string> = {
  'a size that is none': 'x\r\n',
  'a size with a sign': '+5\r\nhello\r\n0\r\n\r\n',
  'a size that no number holds': 'fffffffffffff\r\n',
  'data longer than the size': '5\r\nhello!\r\n0\r\n\r\n',
  'a size line that ends with a line feed': '5\nhello\r\n0\r\n\r\n',
  'an extension that is none': '5;a=b c\r\nhello\r\n0\r\n\r\n',
  'an extension without end': `5;${'a'.repeat(5000)}`,
  'a length among the trailers': '5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n',
  'trailers without end': `0\r\n${'X: y\r\n'.repeat(12_000)}`,
}

for (const [what, body] of Object.entries(BROKEN_CHUNKS)) {
  test(`chunks with ${what}: the visitor's answer is cut, never ended`, async () => {
    const response = await answerTo(`${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nhi!\r\n${body}`)
    assert.ok(statusOf(response) === 502 || !response.endsWith('0\r\n\r\n'), response)
  })
}

/** Byte by byte. */
async function drip(socket: Socket, bytes: string, isEnded: boolean): Promise<void> {
  for (const byte of bytes) {
    socket.write(byte, 'latin1')
    await new Promise(resolve => setImmediate(resolve))
  }
  if (isEnded) socket.end()
}

test('a response comes whole, however it is cut, in each of its framings', async () => {
  const hello = 'hello, world'
  const each: [string, string][] = [
    [`Content-Length: ${hello.length}`, hello],
    ['Transfer-Encoding: chunked', '5;a="b"\r\nhello\r\n7\r\n, world\r\n00\r\nX-Sum: 1\r\n\r\n'],
    ['Connection: close', hello],
  ]
  for (const [line, body] of each) {
    const bytes = `HTTP/1.1 103 Early Hints\r\n\r\n${OK}${line}\r\n\r\n${body}`
    await using server = await rawOrigin(socket => void drip(socket, bytes, line === 'Connection: close'))
    await using front = await shield([server.url])
    const response = await raw(front.port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n')
    assert.equal(bodyOf(response), hello)
  }
})

test('what may have no body has none, whatever its head says', async () => {
  const lines = 'Content-Length: 5\r\n\r\n'
  for (const [method, status] of [
    ['HEAD', '200 OK'],
    ['GET', '304 Not Modified'],
    ['GET', '204 No Content'],
  ] as const) {
    let asked = 0
    await using server = await rawOrigin(socket => {
      asked++
      socket.write(`HTTP/1.1 ${status}\r\n${lines}`)
    })
    await using front = await shield([server.url])
    for (let i = 0; i < 2; i++) {
      assert.equal(bodyOf(await get(front.port, '/', [], method)), '')
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    assert.equal(asked, 2)
    assert.equal(front.count('retries'), 0)
  }
})

/** Answers the first request with `first`, every other with `second`, and counts connections. */
async function twoRequests(first: string, then: (socket: Socket) => void = () => {}) {
  const sockets = new Set<Socket>()
  await using server = await rawOrigin(socket => {
    const isFirst = sockets.size === 0
    sockets.add(socket)
    socket.write(isFirst ? first : `${OK}Content-Length: 6\r\n\r\nsecond`)
    if (isFirst) then(socket)
  })
  await using front = await shield([server.url])
  const answers = [await get(front.port, '/1')]
  await new Promise(resolve => setTimeout(resolve, 40))
  answers.push(await get(front.port, '/2'))
  await until(() => front.flight(0, 'inFlight') === 0)
  return { bodies: answers.map(bodyOf), connections: sockets.size, retries: front.count('retries') }
}

test('bytes behind a response are nobody’s answer: the connection carries no other request', async () => {
  const evil = `${OK}Content-Length: 4\r\n\r\nevil`
  const together = await twoRequests(`${OK}Content-Length: 5\r\n\r\nfirst${evil}`)
  assert.deepEqual(together, { bodies: ['first', 'second'], connections: 2, retries: 0 })
  const later = await twoRequests(`${OK}Content-Length: 5\r\n\r\nfirst`, socket =>
    setTimeout(() => socket.write(evil), 15),
  )
  assert.deepEqual(later, { bodies: ['first', 'second'], connections: 2, retries: 0 })
  const bodiless = await twoRequests(`HTTP/1.1 204 No Content\r\n\r\n${evil}`)
  assert.deepEqual(bodiless, { bodies: ['', 'second'], connections: 2, retries: 0 })
})

const end = (socket: Socket): void => void socket.end()

test('a connection is used again unless the origin, its version or the end of the body says otherwise', async () => {
  const length = 'Content-Length: 5\r\n'
  const kept = await twoRequests(`${OK}${length}\r\nfirst`)
  assert.equal(kept.connections, 1)
  for (const [head, then] of [
    [`${OK}Connection: close\r\n${length}`],
    [`${OK}Connection: x, Close\r\n${length}`],
    [`${OK}Keep-Alive: timeout=1\r\n${length}`],
    [`HTTP/1.0 200 OK\r\n${length}`],
    [OK, end],
  ] as [string, ((socket: Socket) => void)?][]) {
    const found = await twoRequests(`${head}\r\nfirst`, then)
    assert.deepEqual({ ...found, bodies: found.bodies.length }, { bodies: 2, connections: 2, retries: 0 }, head)
    assert.match(found.bodies[0]!, /first/)
  }
  const old = await twoRequests(`HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n${length}\r\nfirst`)
  assert.equal(old.connections, 1)
})

test('a body that ends with its connection is cut where the connection breaks', async () => {
  await using server = await rawOrigin(socket => {
    socket.write(`${OK}\r\nbegun`)
    setTimeout(() => socket.resetAndDestroy(), 50)
  })
  await using front = await shield([server.url])
  const response = await get(front.port, '/')
  assert.equal(statusOf(response), 200)
  assert.ok(!response.endsWith('0\r\n\r\n'))
  assert.equal(front.last().outcome, 'failed')
})

test('an origin that answers before it has the whole upload keeps its connection to itself', async () => {
  let connections = 0
  await using server = await rawOrigin((socket, bytes) => {
    if (!bytes.startsWith('POST') && !bytes.startsWith('GET')) return
    connections++
    socket.pause()
    socket.write(`${OK}Content-Length: 2\r\n\r\nno`)
  })
  await using front = await shield([server.url], { config: { limits: { requestBodyMemory: '64 KiB' } } })
  const size = 8_000_000
  const head = `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`
  assert.equal(bodyOf(await raw(front.port, head + 'x'.repeat(size))), 'no')
  assert.equal(bodyOf(await get(front.port, '/')), 'no')
  assert.equal(connections, 2)
  await until(() => front.spool.memory.used === 0 && front.spool.uploads.used === 0)
})
