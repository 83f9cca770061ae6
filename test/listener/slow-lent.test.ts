// Requests that the fast lane has read and lends: answered on its own socket, in every way an answer can come.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Body, Next, Sink } from '../../src/exchange.ts'
import { readUntil, serve } from './fast/harness.ts'
import { echo, pause, statuses, text, until } from './slow-harness.ts'

const get = (target: string, more = ''): string => `GET ${target} HTTP/1.1\r\nHost: a.test\r\n${more}\r\n`

/** A body that comes piece by piece, and tells whether it was held back. */
class Pieces implements Body {
  readonly length: number | undefined
  pauses = 0
  isCancelled = false
  readonly #pieces: Uint8Array[]
  readonly #trailers: string[]
  #sink: Sink | undefined
  #isPaused = false

  constructor(pieces: Uint8Array[], length?: number, trailers: string[] = []) {
    this.#pieces = pieces
    this.length = length
    this.#trailers = trailers
  }

  pipe(sink: Sink): void {
    this.#sink = sink
    setImmediate(() => this.#go())
  }

  pause(): void {
    this.pauses++
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#go()
  }

  cancel(): void {
    this.isCancelled = true
    this.#sink = undefined
  }

  #go(): void {
    while (!this.#isPaused && this.#sink !== undefined) {
      const piece = this.#pieces.shift()
      if (piece !== undefined) this.#sink.data(piece)
      else {
        this.#sink.end(this.#trailers)
        this.#sink = undefined
      }
    }
  }
}

const bodied =
  (make: () => Body): Next =>
  async () => ({ status: 200, fields: ['X-One', '1'], body: make() })

test('a body of unknown length comes in chunks, and the connection goes on', async () => {
  await using shield = await serve({ origin: bodied(() => new Pieces([Buffer.from('one'), Buffer.alloc(20, 'x')])) })
  const received = await shield.raw([get('/a'), get('/b', 'Connection: close\r\n')], { gap: 50 })
  assert.deepEqual(statuses(received), [200, 200])
  assert.equal(received.split(`\r\n3\r\none\r\n14\r\n${'x'.repeat(20)}\r\n0\r\n\r\n`).length, 3)
})

test('a body of known length comes as it is', async () => {
  await using shield = await serve({ origin: bodied(() => new Pieces([Buffer.from('one'), Buffer.from('two')], 6)) })
  const received = await shield.raw(get('/a', 'Connection: close\r\n'))
  assert.match(received, /^Content-Length: 6\r$/m)
  assert.ok(received.endsWith('\r\n\r\nonetwo'))
  await until(() => shield.count('open') === 0, 'it has ended')
  assert.equal(shield.count('bytesOut'), received.length)
  assert.equal(shield.count('bytesIn'), get('/a', 'Connection: close\r\n').length)
})

test('a body that is shorter than it said is cut, and the connection with it', async () => {
  await using shield = await serve({ origin: bodied(() => new Pieces([Buffer.from('one')], 6)) })
  const received = await shield.raw(get('/a') + get('/b'))
  assert.deepEqual(statuses(received), [200])
  await until(() => shield.fast.size === 0, 'the connection is gone')
  assert.equal(shield.count('failed'), 1)
})

test('a body of many megabytes waits for a slow reader and comes whole', async () => {
  const pieces = Array.from({ length: 256 }, (_, i) => Buffer.alloc(64 * 1024, i))
  const body = new Pieces([...pieces], 256 * 64 * 1024)
  await using shield = await serve({ origin: bodied(() => body) })
  const socket = await shield.open()
  socket.pause()
  socket.write(get('/a', 'Connection: close\r\n'))
  await until(() => body.pauses > 0, 'the body is held back')
  const received = await readUntil(socket, () => false)
  const at = received.indexOf('\r\n\r\n') + 4
  assert.ok(Buffer.from(received.slice(at), 'latin1').equals(Buffer.concat(pieces)))
})

const twoLines: Next = async x => ({
  ...text(x.target),
  ...(x.target === '/a' ? { fields: ['X-A', 'a\r\nX-B: b'] } : {}),
})

const hinting: Next = async x => {
  x.inform(103, ['Link', '</a.css>; rel=preload'])
  return text('body')
}

test('a field that no head may have is answered 502, and the next request still answered', async () => {
  await using shield = await serve({ origin: twoLines })
  const received = await shield.raw([get('/a'), get('/b', 'Connection: close\r\n')], { gap: 50 })
  assert.deepEqual(statuses(received), [502, 200])
  assert.doesNotMatch(received, /X-B/)
})

test('an interim response goes before the answer, and a HEAD has no body', async () => {
  await using shield = await serve({ origin: hinting })
  const received = await shield.raw(`HEAD /a HTTP/1.1\r\nHost: a.test\r\n\r\n${get('/b', 'Connection: close\r\n')}`)
  assert.deepEqual(statuses(received), [200, 200])
  assert.equal(received.split('Link: </a.css>; rel=preload\r\n\r\n').length, 3)
  assert.equal(received.split('body').length, 2)
})

test('a visitor who leaves ends the body that was on its way, and is counted as gone', async () => {
  const body = new Pieces([Buffer.alloc(32 * 1024 * 1024)], 64 * 1024 * 1024)
  await using shield = await serve({ origin: bodied(() => body) })
  const socket = await shield.open()
  socket.pause()
  socket.write(get('/a'))
  await until(() => body.pauses > 0, 'the body is held back')
  socket.destroy()
  await until(() => body.isCancelled, 'nobody sends on')
  assert.equal(shield.count('gone'), 1)
  assert.equal(shield.slow.inFlight, 0)
})

test('thousands of requests in one piece for what the lane says itself are all answered', async () => {
  await using shield = await serve()
  const received = await shield.raw(get('/.breakwater/health').repeat(3000) + get('/x', 'Connection: close\r\n'))
  assert.equal(received.split('HTTP/1.1 200 OK').length, 3002)
})

const posted = (target: string, body: string): string =>
  `POST ${target} HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`

/** Answers without a look at the body, or with what it says, later. */
const unhurried: Next = async x => {
  if (x.target === '/unread') return text('not read')
  await new Promise(resolve => setTimeout(resolve, 10))
  return echo(x)
}

test('a body that came with its head is read when a room wants it, or not at all', async () => {
  await using shield = await serve({ origin: unhurried })
  const parts = [posted('/a', 'first'), posted('/unread', 'second'), posted('/b', 'third!'), posted('/c', 'fourth')]
  const received = await shield.raw(parts.join('') + get('/d', 'Connection: close\r\n'))
  assert.deepEqual(statuses(received), [200, 200, 200, 200, 200])
  for (const body of ['first', 'third!', 'fourth']) assert.ok(received.includes(`"text":"${body}"`), body)
  assert.deepEqual(shield.asked, ['/a', '/unread', '/b', '/c', '/d'])
})

test('a body above the bound is refused by its length, and the connection ends', async () => {
  await using shield = await serve({ limits: { requestBody: '5 B' } })
  const received = await shield.raw(posted('/a', 'first') + posted('/b', 'second') + get('/c'))
  assert.deepEqual(statuses(received), [200, 413])
  assert.deepEqual(shield.asked, ['/a'])
})

test('a form whose sender has ended its side is answered, and then the connection ends', async () => {
  await using shield = await serve({ origin: unhurried })
  const received = await shield.raw(posted('/a', 'first') + posted('/b', 'last'), { end: true })
  assert.deepEqual(statuses(received), [200, 200])
  for (const body of ['first', 'last']) assert.ok(received.includes(`"text":"${body}"`), body)
  await until(() => shield.count('open') === 0, 'it has ended')
})

test('a form that is on its way when the process is to end is answered, the one behind it is not taken', async () => {
  const { promise, resolve: go } = Promise.withResolvers<void>()
  const held: Next = x => promise.then(() => echo(x))
  await using shield = await serve({ origin: held })
  const socket = await shield.open()
  socket.write(posted('/a', 'first') + posted('/b', 'second'))
  await until(() => shield.asked.length === 1, 'the first is at the origin')
  shield.fast.drain()
  go()
  const received = await readUntil(socket, () => false)
  assert.deepEqual(statuses(received), [200])
  assert.ok(received.includes('"text":"first"'))
  assert.match(received, /^Connection: close\r$/m)
  assert.deepEqual(shield.asked, ['/a'])
})

/** As much as is taken in with a head (reader.ts), and a byte more: that one takes the connection to the slow lane for good. */
const MOST_BODY = 32 * 1024
for (const [more, stays] of [
  [0, true],
  [1, false],
] as const)
  test(`a form of 32 KiB and ${more} bytes is read whole, and its connection ${stays ? 'comes back' : 'stays in the slow lane'}`, async () => {
    await using shield = await serve()
    shield.store.put({ target: '/page', body: '<page>' })
    const body = 'x'.repeat(MOST_BODY + more)
    const received = await shield.raw(posted('/a', body) + get('/page', 'Connection: close\r\n'))
    assert.deepEqual(statuses(received), [200, 200])
    assert.ok(received.includes(`"text":"${body}"`))
    assert.equal(shield.count('fastLane'), stays ? 1 : 0)
  })

const pieceOf = (target: string): Buffer => Buffer.alloc(40_000, target)

test('answers put together in one place are never mixed, whoever reads slowly and whoever at once', async () => {
  await using shield = await serve({ origin: async x => ({ status: 200, fields: [], body: pieceOf(x.target) }) })
  const count = 300
  const slow = await Promise.all(Array.from({ length: 4 }, () => shield.open()))
  for (const [i, socket] of slow.entries()) {
    socket.pause()
    // More than the kernel takes for somebody who does not read.
    for (let n = 0; n < count; n++) socket.write(get(`/slow-${i}-${n}`))
    socket.end(get(`/slow-${i}-last`, 'Connection: close\r\n'))
  }
  // As long as the kernel takes more, more is asked for.
  for (let seen = -1; shield.asked.length !== seen; await pause(200)) seen = shield.asked.length
  assert.ok(shield.asked.length < slow.length * count, 'they are stuck')
  const quick = Array.from({ length: 40 }, (_, i) => shield.raw(get(`/quick-${i}`, 'Connection: close\r\n')))
  for (const [i, received] of (await Promise.all(quick)).entries())
    assert.ok(received.endsWith(`\r\n\r\n${pieceOf(`/quick-${i}`).toString()}`), `quick ${i}`)
  const all = await Promise.all(slow.map(socket => readUntil(socket, () => false)))
  for (const [i, received] of all.entries()) {
    const bodies = received
      .split('HTTP/1.1 200 OK')
      .slice(1)
      .map(each => each.slice(each.indexOf('\r\n\r\n') + 4))
    const names = [...Array.from({ length: count }, (_, n) => `/slow-${i}-${n}`), `/slow-${i}-last`]
    assert.ok(
      bodies.every((body, n) => body === pieceOf(names[n]!).toString()),
      `slow ${i}`,
    )
    assert.equal(bodies.length, names.length)
  }
})
