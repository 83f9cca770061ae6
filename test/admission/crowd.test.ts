// What a place in the limit is held for: the origin's own work, and nothing that a slow visitor does before or after it.

import { strict as assert } from 'node:assert'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { bodyOf, get, origin, shield, statusOf, until } from '../origin/shield.ts'

const LIMIT = 8
const PAGE = Buffer.alloc(400_000, 'p')

/** An origin that counts how many requests it works on at once, event streams aside. */
function counting(): { listener: RequestListener; most: () => number; streams: () => number } {
  let now = 0
  let most = 0
  let streams = 0
  const work = (request: IncomingMessage, response: ServerResponse): void => {
    most = Math.max(most, ++now)
    response.on('close', () => now--)
    let bytes = 0
    request.on('data', (chunk: Buffer) => (bytes += chunk.length))
    request.on('end', () => setTimeout(() => response.end(request.url === '/big' ? PAGE : String(bytes)), 10))
  }
  const listener: RequestListener = (request, response) => {
    if (request.url !== '/events') return work(request, response)
    streams++
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: hello\n\n')
    return undefined
  }
  return { listener, most: () => most, streams: () => streams }
}

const open = (port: number, bytes: string): Socket => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(bytes)
  return socket
}

test('100 slow uploaders, 100 slow readers and 100 event streams leave normal visitors a limit of 8', async () => {
  const { listener, most, streams } = counting()
  await using server = await origin(listener)
  await using front = await shield([server.url], { inFlight: LIMIT })
  const crowd = Array.from({ length: 100 }, () => {
    const uploader = open(front.port, 'POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nfirst bytes')
    const reader = open(front.port, 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n')
    reader.pause()
    const listener = open(front.port, 'GET /events HTTP/1.1\r\nHost: a\r\n\r\n')
    return [uploader, reader, listener.resume()]
  }).flat()
  await until(() => streams() === 100 && front.count('streams') === 100)
  // The readers have not read a byte, and their responses are done with at the origin.
  await until(() => front.flight(0, 'good') >= 100 && front.flight(0, 'inFlight') === 0)
  const answers = await Promise.all(Array.from({ length: 200 }, () => get(front.port, '/page')))
  assert.deepEqual([...new Set(answers.map(statusOf))], [200])
  assert.ok(most() <= LIMIT, `${most()} requests at once`)
  // Half a page each waits in the spool or on its way through the kernel.
  assert.ok(front.spool.memory.used + front.spool.uploads.used > 0)
  for (const socket of crowd) socket.resetAndDestroy()
  await until(() => front.count('streams') === 0 && front.flight(0, 'streams') === 0)
  await until(() => front.spool.memory.used === 0 && front.spool.uploads.used === 0)
  assert.equal(front.flight(0, 'inFlight'), 0)
})

test('a slow reader gets every byte in the end, from memory, disk and the origin', async () => {
  const body = Buffer.from(Array.from({ length: 6_000_000 }, (_, i) => (i * 7 + (i >> 9)) & 0xff))
  await using server = await origin((_request, response) => void response.end(body))
  // 300 KiB of disk for one response of 6 MB: the rest waits at the origin, outside the limit.
  await using front = await shield([server.url], { config: { limits: { spool: '4.8 MB' } } })
  const socket = open(front.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await until(() => front.count('streams') === 1)
  assert.equal(front.flight(0, 'inFlight'), 0)
  const got: Buffer[] = []
  for await (const chunk of socket) got.push(chunk as Buffer)
  const response = Buffer.concat(got)
  assert.ok(response.subarray(response.indexOf('\r\n\r\n') + 4).equals(body))
  await until(() => front.count('streams') === 0)
  await until(() => front.spool.memory.used === 0 && front.spool.uploads.used === 0)
})

test('without a place for streams, a reader that outruns the spool keeps its place in the limit', async () => {
  await using server = await origin((_request, response) => void response.end(Buffer.alloc(6_000_000)))
  await using front = await shield([server.url], { config: { limits: { spool: '4 MB', streams: 0 } } })
  const socket = open(front.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await until(() => front.spool.uploads.used > 0)
  await new Promise(resolve => setTimeout(resolve, 50))
  assert.equal(front.flight(0, 'inFlight'), 1)
  let bytes = 0
  for await (const chunk of socket) bytes += (chunk as Buffer).length
  assert.ok(bytes > 6_000_000)
  await until(() => front.flight(0, 'inFlight') === 0)
})

test('more than the limit wait for core, and are served in their order', async () => {
  const order: string[] = []
  await using server = await origin((request, response) => {
    order.push(request.url!)
    setTimeout(() => response.end('ok'), 5)
  })
  await using front = await shield([server.url], { inFlight: 1 })
  const answers: Promise<string>[] = []
  for (let i = 0; i < 20; i++) {
    answers.push(get(front.port, `/${i}`))
    await until(() => front.link.open + order.length > i)
  }
  assert.deepEqual([...new Set((await Promise.all(answers)).map(bodyOf))], ['ok'])
  assert.deepEqual(
    order,
    Array.from({ length: 20 }, (_, i) => `/${i}`),
  )
  assert.equal(front.flight(0, 'inFlight'), 0)
})

test('what core refuses is answered 503 with its Retry-After, and counted as shed', async () => {
  await using server = await origin(() => {})
  await using front = await shield([server.url], { inFlight: 1 })
  front.core.most = 0
  const first = open(front.port, 'GET /held HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => front.flight(0, 'inFlight') === 1)
  const response = await get(front.port, '/')
  assert.equal(statusOf(response), 503)
  assert.match(response, /\(queue-full\)/)
  assert.match(response, /Retry-After: 3\r\n/)
  assert.equal(front.count('shed'), 1)
  first.resetAndDestroy()
})

test('a visitor that leaves the queue is taken out of it', async () => {
  const ends: (() => void)[] = []
  await using server = await origin((_request, response) => void ends.push(() => void response.end('done')))
  await using front = await shield([server.url], { inFlight: 1 })
  const first = open(front.port, 'GET /held HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => front.flight(0, 'inFlight') === 1)
  const second = open(front.port, 'GET /waits HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => front.link.open === 1)
  second.resetAndDestroy()
  await until(() => front.link.open === 0)
  assert.equal(front.core.heard.at(-1)?.type, 'gone')
  first.resetAndDestroy()
  ends[0]!()
  await until(() => front.flight(0, 'inFlight') === 0)
})
