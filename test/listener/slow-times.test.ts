// What takes too long, on a clock that the tests move by hand.

import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { ManualClock } from '../../src/base/clock.ts'
import type { Answer, Next } from '../../src/exchange.ts'
import { echo, HandFed, start, type Started, statuses, text, until } from './slow-harness.ts'

const HOST = 'Host: a.test\r\n'

interface Scene {
  shield: Started
  socket: Socket
  received: () => string
  closed: () => boolean
  /** Lets time pass in steps of a second, with a sweep after each. */
  pass: (seconds: number) => void
  sent: (bytes: string) => Promise<void>
}

async function scene(answer: Next): Promise<Scene> {
  const clock = new ManualClock()
  const shield = await start(answer, { clock })
  const socket = await shield.open()
  let received = ''
  let closed = false
  socket.on('data', chunk => void (received += chunk.toString()))
  socket.on('end', () => (closed = true))
  socket.on('close', () => (closed = true))
  socket.on('error', () => {})
  await until(() => shield.lane.connections === 1, 'the connection is adopted')
  let inSum = 0
  return {
    shield,
    socket,
    received: () => received,
    closed: () => closed,
    pass: seconds => {
      for (let i = 0; i < seconds; i++) {
        clock.advance(1000)
        shield.lane.sweep()
      }
    },
    sent: async bytes => {
      socket.write(bytes)
      inSum += bytes.length
      await until(() => {
        shield.lane.sweep()
        return shield.count('bytesIn') >= inSum
      }, 'the bytes have come')
    },
  }
}

test('a connection on which nothing is asked is closed in silence after idleTimeout', async () => {
  const { shield, received, closed, pass } = await scene(echo)
  pass(59)
  assert.equal(shield.lane.connections, 1)
  pass(1)
  await until(closed, 'it is closed')
  assert.equal(received(), '')
  assert.equal(shield.count('timedOut'), 1)
  await shield[Symbol.asyncDispose]()
})

test('a kept connection is idle from its last answer on', async () => {
  const { shield, sent, received, closed, pass } = await scene(async () => text('ok'))
  pass(50)
  await sent(`GET / HTTP/1.1\r\n${HOST}\r\n`)
  await until(() => received().endsWith('ok'), 'it is answered')
  pass(50)
  assert.ok(!closed())
  pass(11)
  await until(closed, 'it is closed')
  await shield[Symbol.asyncDispose]()
})

test('a head that is not whole within headTimeout is answered with 408, however steadily it trickles', async () => {
  const { shield, sent, received, closed, pass } = await scene(echo)
  await sent(`GET / HTTP/1.1\r\n${HOST}`)
  for (let i = 0; i < 9; i++) {
    await sent('X: 1\r\n')
    pass(1)
  }
  assert.equal(received(), '')
  pass(2)
  await until(closed, 'it is closed')
  assert.deepEqual(statuses(received()), [408])
  assert.deepEqual(shield.counted(), { refused: 1 })
  await shield[Symbol.asyncDispose]()
})

test('a body that falls silent for bodyTimeout is answered with 408', async () => {
  const { shield, sent, received, closed, pass } = await scene(echo)
  await sent(`POST / HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\n`)
  for (let i = 0; i < 5; i++) {
    pass(20)
    await sent('a')
  }
  assert.equal(received(), '')
  pass(31)
  await until(closed, 'it is closed')
  assert.deepEqual(statuses(received()), [408])
  assert.deepEqual(shield.counted(), { refused: 1 })
  await shield[Symbol.asyncDispose]()
})

test('a body that nobody asks for may wait: the visitor is not to blame', async () => {
  let answer!: (answer: Answer) => void
  const { shield, sent, received, closed, pass } = await scene(() => new Promise(resolve => (answer = resolve)))
  await sent(`POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\n`)
  pass(300)
  assert.ok(!closed())
  answer(text('done'))
  await until(() => received().endsWith('done'), 'it is answered')
  await shield[Symbol.asyncDispose]()
})

test('a rest of a body that is read away may not keep the connection for ever', async () => {
  const { shield, sent, received, closed, pass } = await scene(async () => text('done'))
  await sent(`POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\na`)
  await until(() => received().endsWith('done'), 'it is answered')
  pass(32)
  await until(closed, 'it is closed')
  assert.deepEqual(shield.counted(), { failed: 1 })
  await shield[Symbol.asyncDispose]()
})

test('a visitor that takes nothing for sendTimeout is closed, and counts as gone', async () => {
  const body = new HandFed()
  const { shield, socket, sent, pass } = await scene(async () => ({ status: 200, fields: [], body }))
  socket.pause()
  await sent(`GET / HTTP/1.1\r\n${HOST}\r\n`)
  await until(() => body.sink !== undefined, 'the body is asked for')
  while (body.paused < 20) body.sink?.data(Buffer.alloc(1_000_000))
  await new Promise(resolve => setTimeout(resolve, 100))
  pass(2)
  pass(61)
  await until(() => body.cancelled !== undefined, 'the body is cancelled')
  assert.deepEqual(shield.counted(), { gone: 1 })
  assert.equal(shield.count('timedOut'), 1)
  await shield[Symbol.asyncDispose]()
})

test('a slow origin is waited for without end: that is for other rooms to bound', async () => {
  const { shield, sent, closed, pass } = await scene(() => new Promise(() => {}))
  await sent(`GET / HTTP/1.1\r\n${HOST}\r\n`)
  pass(1000)
  assert.ok(!closed())
  await shield[Symbol.asyncDispose]()
})

test('a visitor that has ended its side and gets nothing for a second counts as gone', async () => {
  let gone = false
  const { shield, socket, sent, pass } = await scene(x => {
    x.gone.addEventListener('abort', () => (gone = true))
    return new Promise(() => {})
  })
  await sent(`GET / HTTP/1.1\r\n${HOST}\r\n`)
  socket.end()
  await until(() => {
    pass(1)
    return gone
  }, 'the rooms hear of it')
  assert.deepEqual(shield.counted(), { gone: 1 })
  await shield[Symbol.asyncDispose]()
})

test('a refused visitor that goes on sending is listened to for two seconds', async () => {
  const { shield, sent, received, pass } = await scene(echo)
  await sent(`POST / HTTP/1.1\r\n${HOST}Content-Length: 9999999999\r\n\r\n`)
  await until(() => statuses(received()).length === 1, 'it is refused')
  pass(1)
  assert.equal(shield.lane.connections, 1)
  pass(2)
  await until(() => shield.lane.connections === 0, 'it is closed')
  await shield[Symbol.asyncDispose]()
})

test('draining closes idle connections, at once when asked to', async () => {
  const { shield, closed } = await scene(echo)
  shield.lane.closeIdle()
  await until(closed, 'it is closed')
  await shield[Symbol.asyncDispose]()
  const other = await scene(echo)
  other.shield.drain()
  other.pass(1)
  await until(other.closed, 'it is closed')
  await other.shield[Symbol.asyncDispose]()
})

/** Sends so many bytes of a body each second; false once it is given up. */
const trickle = async (bytes: number): Promise<boolean> => {
  const clock = new ManualClock()
  await using shield = await start(echo, { clock, limits: { bodyTimeout: 10_000, leastRate: 100 } })
  const socket = await shield.open()
  socket.on('error', () => undefined)
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n')
  for (let second = 0; second < 30; second++) {
    const before = shield.count('bytesIn')
    socket.write('x'.repeat(bytes))
    await until(
      () => (shield.lane.sweep(), shield.count('bytesIn') >= before + bytes || shield.count('timedOut') > 0),
      'read',
    )
    clock.advance(1000)
    shield.lane.sweep()
    if (shield.count('timedOut') > 0) return false
  }
  return true
}

test('a body that trickles below the least rate is given up, one above it is not', async () => {
  assert.equal(await trickle(20), false)
  assert.equal(await trickle(150), true)
})
