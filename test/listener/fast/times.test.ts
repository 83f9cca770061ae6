// Time-outs of the fast lane, with a clock that is moved by hand.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { echo, statuses, until } from '../slow-harness.ts'
import { get, readUntil, serve } from './harness.ts'

const limits = { headTimeout: '10s', idleTimeout: '60s', sendTimeout: '30s' }

test('an idle connection is closed after the idle time-out and not before', async () => {
  await using shield = await serve({ limits })
  shield.store.put({ target: '/', body: '<page>' })
  const socket = await shield.open()
  socket.write(get('/'))
  await readUntil(socket, received => received.endsWith('<page>'))
  shield.sweep(59_000)
  assert.equal(shield.fast.size, 1)
  shield.sweep(2000)
  await until(() => shield.fast.size === 0, 'it is closed')
  assert.equal(shield.count('timedOut'), 1)
})

test('a head that drips is answered 408 within its time, however steadily it drips', async () => {
  await using shield = await serve({ limits })
  const socket = await shield.open()
  const received = readUntil(socket, () => false)
  const head = get('/')
  for (let i = 0; i < 11; i++) {
    socket.write(head[i]!)
    const before = socket.bytesWritten
    await until(() => socket.bytesWritten >= before && socket.writableLength === 0, 'the byte has gone')
    await new Promise(resolve => setTimeout(resolve, 5))
    if (i < 10) assert.equal(shield.count('timedOut'), 0)
    shield.sweep(1000)
  }
  const answer = await received
  assert.deepEqual(statuses(answer), [408])
  assert.match(answer, /^Connection: close\r$/m)
  assert.match(answer, /^Date: /m)
  assert.equal(shield.count('timedOut'), 1)
  assert.equal(shield.count('refused'), 1)
})

test('a pipeline that never pauses is not taken for a head that drips', async () => {
  await using shield = await serve({ limits })
  shield.store.put({ target: '/', body: '<page>' })
  const socket = await shield.open()
  const whole = get('/')
  socket.write(whole.slice(0, 10))
  for (let i = 0; i < 5; i++) {
    shield.sweep(4000)
    const answer = readUntil(socket, received => received.endsWith('<page>'))
    // The end of one and the beginning of the next, so that there is never nothing to wait for.
    socket.write(whole.slice(10) + whole.slice(0, 10))
    assert.deepEqual(statuses(await answer), [200])
  }
  assert.equal(shield.count('timedOut'), 0)
})

test('a visitor that takes nothing of a hit is cut off, one that takes a little is not', async () => {
  await using shield = await serve({ limits })
  shield.store.put({ target: '/', body: Buffer.alloc(6 * 1024 * 1024, 'm') })
  const socket = await shield.open()
  socket.on('error', () => {})
  socket.pause()
  socket.write(get('/').repeat(2))
  await until(() => shield.store.holds === 1, 'the answer is under way')
  shield.sweep(1000)
  let taken = 0
  for (let i = 0; i < 3; i++) {
    shield.sweep(20_000)
    assert.equal(shield.fast.size, 1)
    const more = taken + 1024 * 1024
    const reading = new Promise<void>(resolve => {
      const take = (chunk: Buffer): void => {
        taken += chunk.length
        if (taken < more) return
        socket.off('data', take)
        socket.pause()
        resolve()
      }
      socket.on('data', take)
      socket.resume()
    })
    await reading
    await new Promise(resolve => setTimeout(resolve, 20))
    shield.sweep(1000)
  }
  shield.sweep(31_000)
  await until(() => shield.fast.size === 0, 'it is cut off')
  assert.equal(shield.store.holds, 0)
  assert.equal(shield.count('timedOut'), 1)
})

test('a visitor that takes nothing of a lent answer is cut off as well', async () => {
  await using shield = await serve({
    limits,
    origin: async x => {
      x.outcome = 'pass'
      return { status: 200, fields: [], body: Buffer.alloc(16 * 1024 * 1024) }
    },
  })
  const socket = await shield.open()
  socket.on('error', () => {})
  socket.pause()
  socket.write(get('/movie'))
  await until(() => shield.asked.length === 1, 'the origin was asked')
  await new Promise(resolve => setTimeout(resolve, 50))
  shield.sweep(1000)
  shield.sweep(31_000)
  await until(() => shield.fast.size === 0 && shield.slow.connections === 0, 'it is cut off')
})

test('a lent request may take its time, whatever the time-outs for idle connections and heads', async () => {
  const answer = Promise.withResolvers<void>()
  await using shield = await serve({
    limits,
    origin: async x => {
      await answer.promise
      return echo(x)
    },
  })
  const socket = await shield.open()
  socket.write(get('/slow'))
  await until(() => shield.asked.length === 1, 'the origin was asked')
  shield.sweep(300_000)
  shield.sweep(300_000)
  assert.equal(shield.fast.size, 1)
  const received = readUntil(socket, text => text.endsWith('}'))
  answer.resolve()
  assert.deepEqual(statuses(await received), [200])
  assert.equal(shield.count('timedOut'), 0)
})

test('a visitor that has left behind a lent request does not keep it for long', async () => {
  let gone = false
  await using shield = await serve({
    origin: x =>
      new Promise((_, reject) => {
        x.gone.addEventListener('abort', () => {
          gone = true
          reject(new Error('gone'))
        })
      }),
  })
  const socket = await shield.open()
  socket.on('error', () => {})
  socket.end(get('/slow'))
  await until(() => shield.asked.length === 1, 'the origin was asked')
  await new Promise(resolve => setTimeout(resolve, 20))
  shield.sweep(500)
  shield.sweep(1500)
  await until(() => gone && shield.fast.size === 0, 'the origin is let off')
})
