// How a connection of the fast lane goes: split reads, pipelines, slow readers, time-outs, and its ways to the slow lane.

import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { echo, pause, statuses, until } from '../slow-harness.ts'
import { CLOSE, browser, get, readUntil, serve } from './harness.ts'
import type { Shield } from './harness.ts'

/** The bodies and targets in the order of the answers. */
const order = (received: string): string[] =>
  [...received.matchAll(/<(\w+)>|"target":"([^"]+)"/g)].map(([, page, target]) => page ?? target!)

async function withPages(wishes: Parameters<typeof serve>[0] = {}): Promise<Shield> {
  const shield = await serve(wishes)
  for (const name of ['one', 'two', 'three']) shield.store.put({ target: `/${name}`, body: `<${name}>` })
  return shield
}

test('a request may be split at any byte', async () => {
  await using shield = await withPages()
  const request = get('/one', 'Accept: */*\r\nX-Long: abc def\r\n') + get('/two', CLOSE)
  const cuts = Array.from({ length: request.length - 1 }, (_, i) => i + 1)
  const answers = await Promise.all(
    cuts.map(cut => shield.raw([request.slice(0, cut), request.slice(cut)], { gap: 20 })),
  )
  for (const [i, received] of answers.entries()) assert.deepEqual(order(received), ['one', 'two'], `cut at ${i + 1}`)
  assert.equal(shield.count('fastLane'), 2 * cuts.length)
})

test('a request may come byte by byte', async () => {
  await using shield = await withPages()
  const received = await shield.raw((get('/one') + get('/miss') + get('/two', CLOSE)).split(''), { gap: 0 })
  assert.deepEqual(order(received), ['one', '/miss', 'two'])
})

test('pipelined hits are answered in one go and in order', async () => {
  await using shield = await withPages()
  const many = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? '/one' : '/two'))
  const received = await shield.raw(many.map(target => browser(target)).join('') + get('/three', CLOSE))
  assert.deepEqual(order(received), [...many.map(target => target.slice(1)), 'three'])
  assert.equal(shield.count('fastLane'), 201)
  assert.equal(shield.latencies(), 201)
})

test('a miss between hits is answered in its turn, and the hit behind it is fast again', async () => {
  await using shield = await withPages({
    origin: async x => {
      await pause(20)
      return echo(x)
    },
  })
  const received = await shield.raw(
    get('/one') + get('/miss') + get('/two') + get('/miss2') + get('/miss3') + get('/three', CLOSE),
  )
  assert.deepEqual(order(received), ['one', '/miss', 'two', '/miss2', '/miss3', 'three'])
  assert.deepEqual(shield.asked, ['/miss', '/miss2', '/miss3'])
  assert.equal(shield.count('fastLane'), 3)
})

test('what the slow lane decides about one request leaves the next hit to the fast lane', async () => {
  await using shield = await withPages()
  const slow = [
    'Range: bytes=0-1',
    'Cache-Control: no-cache',
    'Authorization: Basic eDp5',
    'If-Match: "x"',
    'Pragma: x',
  ]
  const received = await shield.raw(slow.map(each => get('/one', `${each}\r\n`)).join('') + get('/two', CLOSE))
  assert.equal(statuses(received).length, 6)
  assert.equal(statuses(received)[0], 206)
  assert.equal(shield.count('fastLane'), 1)
})

const forGood: Record<string, string> = {
  'a long body': `POST /up HTTP/1.1\r\nHost: a.test\r\nContent-Length: 33000\r\n\r\n${'x'.repeat(33_000)}`,
  'another method with a body': 'PUT /up HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc',
  'a body in chunks': 'POST /up HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  'a GET with a body': get('/up', 'Content-Length: 3\r\n') + 'abc',
  'an expectation': get('/up', 'Expect: 100-continue\r\nContent-Length: 3\r\n') + 'abc',
  'HTTP/1.0': 'GET /up HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n',
  'absolute-form': 'GET http://a.test/up HTTP/1.1\r\nHost: a.test\r\n\r\n',
}
for (const [name, request] of Object.entries(forGood)) {
  test(`${name} takes the connection to the slow lane for good`, async () => {
    await using shield = await withPages()
    const received = await shield.raw(get('/one') + request + get('/two', CLOSE))
    assert.deepEqual(order(received), ['one', '/up', 'two'])
    assert.equal(shield.count('fastLane'), 1)
    assert.equal(shield.count('hit'), 2)
  })
}

const posted = (target: string, body: string, more = ''): string =>
  `POST ${target} HTTP/1.1\r\nHost: a.test\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`

test('a body that comes with its head leaves the connection to the fast lane', async () => {
  await using shield = await withPages()
  const received = await shield.raw(
    get('/one') + posted('/up', 'abc') + posted('/up2', 'def') + posted('/up3', '') + get('/two', CLOSE),
  )
  assert.deepEqual(order(received), ['one', '/up', '/up2', '/up3', 'two'])
  assert.equal(shield.count('fastLane'), 2)
})

test('a head that was right for what was posted is not right for a GET', async () => {
  await using shield = await withPages()
  const asGet = posted('/two', 'abc').replace('POST', 'GET')
  const received = await shield.raw(posted('/up', 'abc') + asGet + get('/three', CLOSE))
  assert.deepEqual(order(received), ['/up', '/two', 'three'])
  assert.equal(shield.count('fastLane'), 0)
})

for (const [name, lines] of Object.entries({
  'two lengths': 'Content-Length: 3\r\nContent-Length: 3\r\n',
  'a length that is a list': 'Content-Length: 3, 3\r\n',
  'a signed length': 'Content-Length: +3\r\n',
  'a length and a coding': 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n',
}))
  test(`${name} is refused, and what follows is not read as a request`, async () => {
    await using shield = await withPages()
    const received = await shield.raw(`POST /up HTTP/1.1\r\nHost: a.test\r\n${lines}\r\nabc${get('/one')}`)
    assert.deepEqual(statuses(received), [400])
    assert.deepEqual(shield.asked, [])
  })

test('an upgraded connection carries bytes both ways, those sent with the request among them', async () => {
  await using shield = await withPages({
    origin: async x => {
      x.outcome = 'stream'
      // Whatever comes goes back.
      return {
        status: 101,
        fields: [],
        body: null,
        upgrade: { socket: new PassThrough(), head: Buffer.from('hello ') },
      }
    },
  })
  const upgrade = get('/socket', 'Connection: Upgrade\r\nUpgrade: websocket\r\n')
  for (const before of ['', get('/one'), get('/one') + get('/two')]) {
    const socket = await shield.open()
    socket.write(`${before}${upgrade}early `)
    const answer = await readUntil(socket, received => received.endsWith('early '))
    assert.ok(answer.endsWith('hello early '), answer)
    const frames = `${'x'.repeat(300_000)}done`
    socket.write(frames)
    assert.equal(await readUntil(socket, received => received.endsWith('done')), frames)
    socket.end('bye')
    assert.equal(await readUntil(socket, () => false), 'bye')
  }
})

test('an upgrade goes to the slow lane with the bytes behind it', async () => {
  await using shield = await withPages()
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
  const received = await shield.raw([get('/one'), `${get('/socket', upgrade)}frames`])
  assert.deepEqual(order(received), ['one', '/socket'])
})

test('a connection that asks for nothing stored is answered in order, and its hits stay the fast lane’s', async () => {
  await using shield = await withPages()
  const targets = Array.from({ length: 60 }, (_, i) => `/miss${i}`)
  const received = await shield.raw(targets.map(target => get(target)).join('') + get('/one', CLOSE))
  assert.deepEqual(order(received), [...targets, 'one'])
  const socket = await shield.open()
  for (const target of [...targets.slice(0, 30), '/one']) {
    socket.write(get(target))
    const answer = await readUntil(socket, received => /}$|>$/.test(received))
    assert.deepEqual(order(answer), [target === '/one' ? 'one' : target])
  }
  assert.equal(shield.count('fastLane'), 2)
})

test('Connection: close ends the connection behind its answer, and what follows is not answered', async () => {
  await using shield = await withPages()
  const received = await shield.raw(get('/one', CLOSE) + get('/two'))
  assert.deepEqual(order(received), ['one'])
  assert.match(received, /^Connection: close\r$/m)
  const miss = await shield.raw(get('/miss', CLOSE) + get('/two'))
  assert.deepEqual(order(miss), ['/miss'])
  await until(() => shield.fast.size === 0, 'both connections are gone')
})

test('a client that ends its side behind its requests gets all answers', async () => {
  await using shield = await withPages()
  for (const request of [get('/one'), get('/one') + get('/miss'), get('/miss') + get('/two'), get('/miss')]) {
    const received = await shield.raw(request, { end: true })
    assert.equal(statuses(received).length, request.split('GET').length - 1, received)
  }
  const unfinished = await shield.raw(get('/one') + get('/two').slice(0, -2), { end: true })
  assert.deepEqual(statuses(unfinished), [200, 400])
  await until(() => shield.fast.size === 0, 'nothing is left open')
})

test('a connection that we have ended is closed soon, whether the client closes it or not', async () => {
  await using shield = await withPages()
  for (const target of ['/one', '/miss']) {
    const socket = await shield.open()
    socket.on('error', () => {})
    socket.write(get(target, CLOSE))
    await readUntil(socket, () => false)
    const writing = setInterval(() => socket.write(get('/two')), 20)
    for (let i = 0; i < 3; i++) shield.sweep(1500)
    await until(() => shield.fast.size === 0, `the one for ${target} is closed`)
    clearInterval(writing)
    socket.destroy()
  }
  assert.equal(shield.count('connections'), 0)
  assert.equal(shield.count('timedOut'), 0)
})

for (const [name, up] of Object.entries({
  'a short body': posted('/up', 'abc'),
  'a long body': forGood['a long body']!,
}))
  test(`bytes are counted once, whichever lane a request goes: ${name}`, async () => {
    await using shield = await withPages()
    const requests = get('/one') + get('/miss') + get('/two') + up + get('/three', CLOSE)
    const received = await shield.raw(requests)
    await until(() => shield.fast.size === 0, 'it is closed')
    assert.equal(shield.count('bytesIn'), requests.length)
    assert.equal(shield.count('bytesOut'), received.length)
    assert.deepEqual(order(received), ['one', '/miss', 'two', '/up', 'three'])
  })

test('a client that pipelines and never reads is not read from any more, and costs little memory', async () => {
  await using shield = await withPages()
  shield.store.put({ target: '/large', body: 'x'.repeat(60_000) })
  const socket = await shield.open()
  socket.on('error', () => {})
  socket.pause()
  const burst = get('/large').repeat(1000)
  let sent = 0
  for (let i = 0; i < 200 && socket.writableLength < 4 * burst.length; i++) {
    socket.write(burst)
    sent += 1000
    await pause(1)
  }
  await until(() => shield.count('fastLane') > 0, 'the first ones are answered')
  await pause(50)
  // Kernel buffers take some megabytes of answers; of 200,000 requests the rest waits with the client.
  assert.ok(socket.writableLength > burst.length, 'the client is held back')
  assert.ok(shield.count('fastLane') < sent / 10, `${shield.count('fastLane')} of ${sent} answered`)
  const before = shield.count('fastLane')
  socket.resume()
  await until(() => shield.count('fastLane') > before + 1000, 'it goes on as soon as the client reads', 20_000)
  socket.destroy()
})

test('a head renewed in the meantime does not change what a slow reader still has to get', async () => {
  await using shield = await withPages()
  // The largest body that is copied beside its head.
  const body = Buffer.from(Array.from({ length: 64 * 1024 }, (_, i) => 97 + (i % 26)))
  shield.store.put({ target: '/large', body })
  const slow = await shield.open()
  slow.pause()
  const asked = 120
  slow.write(get('/large').repeat(asked))
  await until(() => shield.count('fastLane') > 10, 'the answers fill the kernel’s buffers')
  for (let second = 0; second < 3; second++) {
    shield.clock.advance(1000)
    const other = await shield.raw(get('/large', CLOSE))
    assert.match(other, new RegExp(`^Age: ${second + 1}\\r$`, 'm'))
  }
  const text = body.toString('latin1')
  const received = await readUntil(slow, () => false, 500)
  const answers = received.split('HTTP/1.1 200 OK\r\n').slice(1)
  assert.equal(answers.length, asked)
  for (const [i, answer] of answers.entries()) {
    const at = answer.indexOf('\r\n\r\n')
    assert.match(answer.slice(0, at + 2), /^Age: \d\r\nCache-Status: breakwater; hit; ttl=\d+; detail=fresh\r$/m)
    assert.ok(answer.slice(at + 4) === text, `body ${i} is intact`)
  }
})

test('a large body comes from shared memory, whose place is held until the last byte has left', async () => {
  await using shield = await withPages()
  const body = Buffer.from(Array.from({ length: 1024 * 1024 }, (_, i) => 97 + (i % 23)))
  shield.store.put({ target: '/movie', body })
  const socket = await shield.open()
  socket.pause()
  socket.write(get('/movie').repeat(8) + get('/one', CLOSE))
  await until(() => shield.store.holds === 1, 'the place is held')
  assert.ok(shield.count('fastLane') < 9)
  const received = await readUntil(socket, () => false)
  assert.equal(received.split(body.toString('latin1')).length, 9)
  assert.ok(received.endsWith('<one>'))
  assert.equal(shield.store.holds, 0)
  assert.equal(shield.count('fastLane'), 9)
})

test('a reader of a large body that leaves in the middle leaves no place held', async () => {
  await using shield = await withPages()
  shield.store.put({ target: '/movie', body: Buffer.alloc(4 * 1024 * 1024, 'm') })
  const socket = await shield.open()
  socket.pause()
  socket.write(get('/movie'))
  await until(() => shield.store.holds === 1, 'the place is held')
  socket.resetAndDestroy()
  await until(() => shield.store.holds === 0 && shield.fast.size === 0, 'the place is free')
})

test('more connections than allowed are closed at once', async () => {
  await using shield = await withPages({ limits: { connections: 2 } })
  const held = [await shield.open(), await shield.open()]
  await until(() => shield.fast.size === 2, 'two are open')
  assert.equal(await shield.raw(get('/one', CLOSE)), '')
  assert.equal(shield.count('overConnections'), 1)
  for (const socket of held) socket.destroy()
  await until(() => shield.fast.size === 0, 'they are gone')
  assert.deepEqual(order(await shield.raw(get('/one', CLOSE))), ['one'])
})

test('a draining lane closes idle connections and says so on its last answers', async () => {
  await using shield = await withPages()
  const idle = await shield.open()
  const busy = await shield.open()
  await until(() => shield.fast.size === 2, 'both are open')
  busy.write(get('/one').slice(0, -2))
  await pause(20)
  shield.fast.drain()
  assert.equal(await readUntil(idle, () => false), '')
  busy.write('\r\n')
  const received = await readUntil(busy, () => false)
  assert.match(received, /^Connection: close\r$/m)
  assert.deepEqual(order(received), ['one'])
})

test('a new config holds for open connections from their next request on', async () => {
  await using shield = await withPages()
  const socket = await shield.open()
  const next = async (): Promise<string> => {
    socket.write(get('/one'))
    return readUntil(socket, received => /<one>$|}$/.test(received))
  }
  assert.deepEqual(order(await next()), ['one'])
  shield.configure([{ responseHeaders: { set: { 'X-New': 'yes' } } }])
  assert.match(await next(), /^X-New: yes\r$/m)
  shield.configure([{ cache: { bypass: true } }])
  assert.deepEqual(order(await next()), ['/one'])
  assert.deepEqual(shield.asked, ['/one'])
})
