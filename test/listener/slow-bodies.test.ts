// Request bodies: streamed with backpressure, bounded, never left unread on a kept connection, and failing aloud.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Body } from '../../src/exchange.ts'
import { RequestBodyError } from '../../src/listener/slow/request-body.ts'
import { echo, pause, readAll, start, statuses, text, until } from './slow-harness.ts'

const HOST = 'Host: a.test\r\n'
const LAST_GET = `GET /next HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`

test('a room that pauses a body holds the visitor back, without losing a byte', async () => {
  let body!: Body
  let received = 0
  let ended = false
  await using shield = await start(x => {
    body = x.body!
    return new Promise(resolve =>
      body.pipe({
        data: chunk => void (received += chunk.length),
        end: () => {
          ended = true
          resolve(text(String(received)))
        },
        fail: () => {},
      }),
    )
  })
  const size = 1_000_000
  const socket = await shield.open()
  let answer = ''
  socket.on('data', chunk => void (answer += chunk.toString()))
  socket.write(`POST / HTTP/1.1\r\n${HOST}Content-Length: ${size}\r\n\r\n`)
  await until(() => body !== undefined, 'a room reads')
  body.pause()
  socket.write(Buffer.alloc(size))
  await pause(100)
  const before = received
  await pause(50)
  assert.equal(received, before)
  assert.ok(received < 300_000, `${received} bytes came although the body was paused`)
  body.resume()
  await until(() => answer.endsWith(String(size)), 'all has come')
  assert.ok(ended)
  socket.destroy()
})

test('a chunked body that grows beyond the bound is refused with 413, and the room hears that it failed', async () => {
  let failed: unknown
  await using shield = await start(
    async x => {
      try {
        return await echo(x)
      } catch (error) {
        failed = error
        throw error
      }
    },
    { limits: { requestBody: 1000 } },
  )
  const chunk = `190\r\n${'a'.repeat(400)}\r\n`
  const received = await shield.raw(
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(3)}0\r\n\r\n${LAST_GET}`,
  )
  assert.deepEqual(statuses(received), [413])
  assert.ok(failed instanceof RequestBodyError)
  assert.equal(failed.code, 'body-too-large')
  assert.deepEqual(shield.counted(), { refused: 1 })
})

test('a chunk that is no chunk fails the body and is answered with 400', async () => {
  await using shield = await start(echo)
  const received = await shield.raw([
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`,
    `xyz\r\n${LAST_GET}`,
  ])
  assert.deepEqual(statuses(received), [400])
  assert.deepEqual(shield.counted(), { refused: 1 })
})

test('a small rest that nobody reads is read away and the connection kept', async () => {
  await using shield = await start(async x => text(x.target))
  const body = 'a'.repeat(60_000)
  const received = await shield.raw(
    `POST / HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n${body}${LAST_GET}`,
  )
  assert.deepEqual(statuses(received), [200, 200])
})

test('a large rest that nobody reads costs the connection, and the answer still arrives', async () => {
  await using shield = await start(async x => text(x.target))
  const body = 'a'.repeat(500_000)
  const received = await shield.raw(
    `POST / HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n${body}${LAST_GET}`,
  )
  assert.deepEqual(statuses(received), [200])
  assert.match(received, /^Connection: close\r$/m)
  assert.ok(received.endsWith('\r\n\r\n/'))
})

test('a chunked rest of unknown size is read away up to the bound only', async () => {
  await using shield = await start(async x => text(x.target))
  const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`
  const small = await shield.raw(
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(2)}0\r\n\r\n${LAST_GET}`,
  )
  assert.deepEqual(statuses(small), [200, 200])
  const large = await shield.raw([
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`,
    `${chunk.repeat(20)}0\r\n\r\n${LAST_GET}`,
  ])
  assert.deepEqual(statuses(large), [200])
})

test('a body that a room cancels is not taken for requests', async () => {
  await using shield = await start(async x => {
    x.body?.pipe({ data: () => x.body?.cancel(new Error('enough')), end: () => {}, fail: () => {} })
    return text(x.target)
  })
  const inner = LAST_GET.replace('next', 'smuggled')
  const received = await shield.raw([
    `POST /1 HTTP/1.1\r\n${HOST}Content-Length: ${inner.length + 1}\r\n\r\na`,
    inner,
    LAST_GET,
  ])
  assert.deepEqual(statuses(received), [200, 200])
  assert.ok(!received.includes('smuggled'))
})

test('a visitor that leaves within its body fails it, once, and counts as gone', async () => {
  const failures: Error[] = []
  await using shield = await start(x =>
    readAll(x.body).then(
      () => text('x'),
      (why: Error) => (failures.push(why), text('y')),
    ),
  )
  const socket = await shield.open()
  socket.write(`POST / HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\nabc`)
  await until(() => shield.lane.inFlight === 1, 'the request is there')
  socket.resetAndDestroy()
  await until(() => failures.length > 0, 'the room hears of it')
  await pause(20)
  assert.equal(failures.length, 1)
  assert.deepEqual(shield.counted(), { gone: 1 })
})

test('an answer can be streamed while the body is still being read', async () => {
  await using shield = await start(async x => {
    const source = x.body!
    return {
      status: 200,
      fields: [],
      body: {
        length: undefined,
        pipe: s => source.pipe(s),
        pause: () => source.pause(),
        resume: () => source.resume(),
        cancel: why => source.cancel(why),
      } satisfies Body,
    }
  })
  const socket = await shield.open()
  let received = ''
  socket.on('data', chunk => void (received += chunk.toString()))
  socket.write(`POST / HTTP/1.1\r\n${HOST}Content-Length: 6\r\n\r\n`)
  await until(() => received.includes('\r\n\r\n'), 'the head is there')
  for (const part of ['abc', 'def']) {
    socket.write(part)
    await until(() => received.includes(part), 'the part came back')
  }
  await until(() => received.endsWith('0\r\n\r\n'), 'the end came back')
  socket.destroy()
})
