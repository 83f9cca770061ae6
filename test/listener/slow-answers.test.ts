// How answers go out: framing, fields, streaming, interim responses, ends that are no ends, and what is counted.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../src/base/clock.ts'
import type { Answer } from '../../src/exchange.ts'
import { bodyOf, HandFed, pause, start, statuses, text, until } from './slow-harness.ts'

const HOST = 'Host: a.test\r\n'
const GET = `GET / HTTP/1.1\r\n${HOST}\r\n`
const LAST_GET = `GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`
const answering = (answer: Answer) => start(async () => answer)
const headOf = (received: string) => received.slice(0, received.indexOf('\r\n\r\n')).split('\r\n').slice(1)

const streamed = (): Answer => {
  const body = new HandFed()
  setTimeout(() => {
    body.sink?.data(Buffer.from('abc'))
    body.sink?.end([])
  }, 10)
  return { status: 200, fields: [], body }
}

const withTrailers = (): Answer => {
  const body = new HandFed()
  setTimeout(() => body.sink?.end(['X-Sum', '1', 'Content-Length', '3']), 5)
  return { status: 200, fields: ['Trailer', 'X-Sum'], body }
}

test('a known body has its length, the origin’s fields in their order, and a Date', async () => {
  await using shield = await answering(
    text('hello', ['Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'X-Ä', 'ä'].slice(0, 4)),
  )
  const received = await shield.raw(LAST_GET)
  assert.deepEqual(headOf(received), [
    'Content-Type: text/plain',
    'Set-Cookie: a=1',
    'set-cookie: b=2',
    'Date: Thu, 01 Jan 2026 00:00:00 GMT',
    'Connection: close',
    'Content-Length: 5',
  ])
  assert.equal(bodyOf(received), 'hello')
})

test('a Date of the origin is kept and not doubled', async () => {
  await using shield = await answering(text('', ['Date', 'Fri, 02 Jan 2026 00:00:00 GMT']))
  assert.deepEqual((await shield.raw(LAST_GET)).match(/^Date: .*$/gm), ['Date: Fri, 02 Jan 2026 00:00:00 GMT'])
})

test('a kept connection is not talked about in HTTP/1.1', async () => {
  await using shield = await answering(text('hello'))
  const received = await shield.raw(GET, { quiet: 100 })
  assert.doesNotMatch(received, /Connection|Keep-Alive/i)
})

test('framing and connection fields of an answer are not sent on', async () => {
  const fields = [
    'Transfer-Encoding',
    'chunked',
    'Connection',
    'x',
    'Keep-Alive',
    '5',
    'Content-Length',
    '99',
    'Upgrade',
    'h2c',
  ]
  await using shield = await answering({ status: 200, fields: [...fields, 'Trailer', 'x'], body: Buffer.from('abc') })
  assert.deepEqual(
    headOf(await shield.raw(LAST_GET)).map(line => line.split(':')[0]),
    ['Date', 'Connection', 'Content-Length'],
  )
})

test('bytes beyond ASCII in fields survive, in Content-Disposition too', async () => {
  const name = Buffer.from('é日.txt').toString('latin1')
  await using shield = await answering(
    text('x', ['Content-Disposition', `attachment; filename="${name}"`, 'X', 'caf\xe9']),
  )
  const received = await shield.raw(LAST_GET)
  assert.ok(received.includes(`filename="${name}"`))
  assert.ok(received.includes('X: caf\xe9\r\n'))
})

test('HEAD gets the length that the room told, and never a body', async () => {
  for (const [answer, length] of [
    [text('hello'), '5'],
    [{ status: 200, fields: ['Content-Length', '1234'], body: null }, '1234'],
    [{ status: 200, fields: [], body: null }, undefined],
  ] as [Answer, string | undefined][]) {
    await using shield = await answering(answer)
    const received = await shield.raw(`HEAD / HTTP/1.1\r\n${HOST}\r\n${LAST_GET}`)
    const [first = ''] = received.split('HTTP/1.1 200 OK\r\n').slice(1)
    assert.equal(/^Content-Length: (\d+)\r$/m.exec(first)?.[1], length)
    assert.ok(first.endsWith('\r\n\r\n'))
    assert.deepEqual(statuses(received), [200, 200])
  }
})

test('HEAD that is answered with a stream cancels the stream', async () => {
  const body = new HandFed()
  await using shield = await answering({ status: 200, fields: [], body })
  assert.deepEqual(statuses(await shield.raw(`HEAD / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`)), [200])
  assert.ok(body.cancelled)
})

test('204 and 304 have neither body nor length', async () => {
  for (const status of [204, 304]) {
    await using shield = await answering({ status, fields: ['ETag', '"a"', 'Content-Length', '7'], body: null })
    const received = await shield.raw(GET + LAST_GET)
    assert.deepEqual(statuses(received), [status, status])
    assert.doesNotMatch(received, /Content-Length|Transfer-Encoding/)
  }
})

test('a body of unknown length is chunked for HTTP/1.1 and ends with the connection for HTTP/1.0', async () => {
  await using shield = await start(async () => streamed())
  const received = await shield.raw(LAST_GET)
  assert.match(received, /^Transfer-Encoding: chunked\r$/m)
  assert.equal(bodyOf(received), '3\r\nabc\r\n0\r\n\r\n')
  const old = await shield.raw(`GET / HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n`)
  assert.doesNotMatch(old, /Transfer-Encoding|Content-Length/)
  assert.match(old, /^Connection: close\r$/m)
  assert.equal(bodyOf(old), 'abc')
})

test('trailers go out to who takes them, without those that may not be trailers', async () => {
  await using shield = await start(async () => withTrailers())
  const taken = await shield.raw(`GET / HTTP/1.1\r\n${HOST}TE: trailers\r\nConnection: te, close\r\n\r\n`)
  assert.match(taken, /^Trailer: X-Sum\r$/m)
  assert.equal(bodyOf(taken), '0\r\nX-Sum: 1\r\n\r\n')
})

test('the head and each event of a stream go out at once', async () => {
  const body = new HandFed()
  const clock = new ManualClock()
  const answer: Answer = { status: 200, fields: ['Content-Type', 'text/event-stream'], body }
  await using shield = await start(async () => answer, { clock })
  const socket = await shield.open()
  let received = ''
  socket.on('data', chunk => void (received += chunk.toString()))
  socket.write(GET)
  await until(() => received.endsWith('\r\n\r\n'), 'the head is there')
  for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
    body.sink?.data(Buffer.from(event))
    await until(() => received.endsWith(`${event}\r\n`), 'the event is there')
  }
  socket.destroy()
  await until(() => {
    clock.advance(500)
    shield.lane.sweep()
    return body.cancelled !== undefined
  }, 'the stream is cancelled')
  assert.deepEqual(shield.counted(), { gone: 1 })
})

test('an answer that is cut short is cut for the visitor: no last chunk, no clean end', async () => {
  for (const length of [undefined, 10]) {
    const body = new HandFed(length)
    await using shield = await start(async x => {
      x.outcome = 'miss'
      return { status: 200, fields: [], body }
    })
    const talking = shield.raw(GET)
    await until(() => body.sink !== undefined, 'the body is asked for')
    body.sink?.data(Buffer.from('abc'))
    await pause(20)
    body.sink?.fail(new Error('origin reset'))
    const received = await talking
    assert.ok(received.includes('abc'))
    assert.ok(received.endsWith(length === undefined ? '3\r\nabc\r\n' : '\r\n\r\nabc'))
    assert.deepEqual(shield.counted(), { failed: 1 })
  }
})

test('a body that is shorter or longer than it announced is cut, not stretched', async () => {
  for (const sent of ['abc', 'abcdefghijklmnop']) {
    const body = new HandFed(10)
    await using shield = await answering({ status: 200, fields: [], body })
    const talking = shield.raw(GET + GET)
    await until(() => body.sink !== undefined, 'the body is asked for')
    body.sink?.data(Buffer.from(sent))
    if (body.cancelled === undefined) body.sink?.end([])
    assert.equal(statuses(await talking).length <= 1, true)
    assert.equal(shield.logged[0]?.event, 'answer-cut')
  }
})

test('a field that may not be sent turns the answer into a 502', async () => {
  await using shield = await answering(text('x', ['X', 'a\nSet-Cookie: b=c']))
  const received = await shield.raw(LAST_GET)
  assert.match(received, /^HTTP\/1\.1 502 Bad Gateway\r\n/)
  assert.doesNotMatch(received, /Set-Cookie/)
  assert.deepEqual(shield.counted(), { failed: 1 })
})

test('interim responses pass, to HTTP/1.1 only, and never 100, 101 or a final one', async () => {
  await using shield = await start(async x => {
    for (const status of [100, 101, 102, 103, 200])
      x.inform(status, ['Link', '</a.css>; rel=preload', 'Connection', 'x'])
    x.inform(103, ['X', 'a\nb'])
    return text('done')
  })
  const received = await shield.raw(LAST_GET)
  assert.ok(
    received.startsWith(
      'HTTP/1.1 102 Processing\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n',
    ),
    received,
  )
  assert.ok((await shield.raw(`GET / HTTP/1.0\r\n${HOST}\r\n`)).startsWith('HTTP/1.1 200 OK\r\n'))
})

test('a visitor that does not read holds the body back, and reading lets it flow again', async () => {
  const body = new HandFed()
  await using shield = await answering({ status: 200, fields: [], body })
  const socket = await shield.open()
  socket.pause()
  socket.write(GET)
  await until(() => body.sink !== undefined, 'the body is asked for')
  while (body.paused === 0) {
    body.sink?.data(Buffer.alloc(65_536))
    await pause(0)
  }
  socket.resume()
  await until(() => body.resumed > 0, 'the body is asked to go on')
  socket.destroy()
})

test('a visitor that sends requests and never reads is held back itself', async () => {
  let asked = 0
  await using shield = await start(async () => {
    asked++
    return { status: 200, fields: [], body: Buffer.alloc(65_536) }
  })
  const socket = await shield.open()
  socket.on('error', () => {})
  socket.pause()
  let taken = 0
  for (let i = 0; i < 200 && socket.writableLength < 1_000_000; i++) {
    if (socket.write(GET.repeat(20))) taken += 20
    else await pause(1)
  }
  await pause(100)
  const before = asked
  await pause(100)
  assert.equal(asked, before, 'nothing more is answered')
  assert.ok(asked < 200, `${asked} of ${taken} and more were answered into the void`)
  socket.destroy()
})

test('while draining, answers close their connections', async () => {
  await using shield = await answering(text('x'))
  shield.drain()
  const received = await shield.raw(GET + GET)
  assert.deepEqual(statuses(received), [200])
  assert.match(received, /^Connection: close\r$/m)
  const health = await shield.raw(`GET /.breakwater/health HTTP/1.1\r\n${HOST}\r\n`)
  assert.deepEqual(statuses(health), [503])
})

test('each request is counted once with its outcome, its latency and its bytes', async () => {
  await using shield = await start(async x => {
    x.outcome = x.target === '/hit' ? 'hit' : 'miss'
    return text('abc')
  })
  const asked = `GET /hit HTTP/1.1\r\n${HOST}\r\nGET /miss HTTP/1.1\r\n${HOST}\r\nGET / HTTP/1.1\r\n\r\n`
  const received = await shield.raw(asked)
  assert.deepEqual(shield.counted(), { hit: 1, miss: 1, refused: 1 })
  assert.equal(shield.latencies(), 3)
  await until(() => shield.lane.connections === 0, 'the connection is gone')
  assert.equal(shield.count('bytesIn'), asked.length)
  assert.equal(shield.count('bytesOut'), received.length)
})

test('a visitor that leaves before the answer aborts the exchange, and the late answer is thrown away', async () => {
  const body = new HandFed()
  let gone = false
  let answered!: (answer: Answer) => void
  await using shield = await start(x => {
    x.gone.addEventListener('abort', () => (gone = true))
    return new Promise(resolve => (answered = resolve))
  })
  const socket = await shield.open()
  socket.write(GET)
  await until(() => shield.lane.inFlight === 1, 'the request is in flight')
  socket.resetAndDestroy()
  await until(() => gone, 'the rooms hear of it')
  answered({ status: 200, fields: [], body })
  await until(() => body.cancelled !== undefined, 'the answer is cancelled')
  assert.deepEqual(shield.counted(), { gone: 1 })
})

test('a visitor that ends its side and waits still gets an answer that is at hand', async () => {
  await using shield = await answering(text('here'))
  const received = await shield.raw(GET, { end: true })
  assert.equal(bodyOf(received), 'here')
  await until(() => shield.lane.connections === 0, 'the connection is closed')
})
