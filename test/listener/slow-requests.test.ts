// What the rooms see of a request, and what the slow lane answers by itself.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { all, first } from '../../src/http/fields.ts'
import { isOwn } from '../../src/listener/slow/own-paths.ts'
import { bodyOf, echo, jsonOf, start, type Started, statuses, text } from './slow-harness.ts'

let shield: Started
before(async () => {
  shield = await start(echo)
})
after(() => shield[Symbol.asyncDispose]())

const HOST = 'Host: a.test\r\n'
const ask = async (bytes: string) =>
  jsonOf(await shield.raw(bytes.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')))

test('method, target, host and fields reach the rooms as they were sent', async () => {
  const seen = await ask('GET /a/%7Eb?c=d&e HTTP/1.1\r\nHost: A.Test:8080\r\nX-One:  1 \r\nx-one:\t2\r\n\r\n')
  assert.equal(seen['method'], 'GET')
  assert.equal(seen['target'], '/a/%7Eb?c=d&e')
  assert.equal(seen['host'], 'a.test:8080')
  assert.deepEqual(all(seen.fields, 'x-one'), ['1', '2'])
})

test('an absolute-form target that agrees with Host is turned into its origin-form', async () => {
  assert.equal((await ask(`GET http://A.test/x?y HTTP/1.1\r\n${HOST}\r\n`))['target'], '/x?y')
  assert.equal((await ask(`GET http://a.test HTTP/1.1\r\n${HOST}\r\n`))['target'], '/')
  assert.equal((await ask(`GET http://a.test?q HTTP/1.1\r\n${HOST}\r\n`))['target'], '/?q')
})

test('HTTP/1.0 is served, closed behind the answer unless it asks to stay', async () => {
  const once = await shield.raw(`GET /old HTTP/1.0\r\n${HOST}\r\n`)
  assert.match(once, /^Connection: close\r$/m)
  assert.equal(jsonOf(once)['version'], '1.0')
  const twice = await shield.raw(
    `GET /1 HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n${HOST}\r\n`,
  )
  assert.deepEqual(statuses(twice), [200, 200])
  assert.match(twice, /^Connection: keep-alive\r$/m)
})

test('Breakwater-* from outside is stripped, as is the spelling that CGI takes for it or for X-Forwarded-*', async () => {
  const { fields } = await ask(
    `GET / HTTP/1.1\r\n${HOST}Breakwater-Mode: spike\r\nbreakwater-x: 1\r\nBreakwater_Mode: 1\r\nX_Forwarded_For: 1.2.3.4\r\nX_Real_IP: 1.2.3.4\r\nX-Kept_It: 1\r\n\r\n`,
  )
  assert.deepEqual(
    fields.filter((_, i) => i % 2 === 0).map(name => name.toLowerCase()),
    ['host', 'x-kept_it', 'connection'],
  )
})

test('a chunked body arrives whole, with its extensions dropped and sizes with leading zeros read', async () => {
  const seen = await ask(
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: Chunked\r\n\r\n0003;a="b;c"\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n`,
  )
  assert.equal(seen['text'], 'abc0123456789')
})

test('trailers reach the rooms, but for those that would frame, route or authenticate', async () => {
  const seen = await ask(
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\nHost: evil\r\nAuthorization: x\r\nBreakwater-Key: x\r\nCookie: a=b\r\n\r\n`,
  )
  assert.deepEqual(seen['trailers'], ['X-Sum', '1'])
})

test('CL.0: the body of a GET stays a body, even where it looks like a request', async () => {
  const inner = `GET /admin HTTP/1.1\r\n${HOST}\r\n`
  const received = await shield.raw(
    `GET /outer HTTP/1.1\r\n${HOST}Content-Length: ${inner.length}\r\n\r\n${inner}GET /next HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
  )
  assert.deepEqual(statuses(received), [200, 200])
  assert.deepEqual(
    [...received.matchAll(/"target":"([^"]+)"/g)].map(match => match[1]),
    ['/outer', '/next'],
  )
})

test('a body that nobody reads is not taken for the next request', async () => {
  await using quiet = await start(async x => text(x.target))
  const inner = `GET /admin HTTP/1.1\r\n${HOST}\r\n`
  for (const framed of [
    `Content-Length: ${inner.length}\r\n\r\n${inner}`,
    `Transfer-Encoding: chunked\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`,
  ]) {
    const received = await quiet.raw(
      `POST /outer HTTP/1.1\r\n${HOST}${framed}GET /next HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
    )
    assert.deepEqual(statuses(received), [200, 200])
    assert.ok(!received.includes('/admin'))
    assert.ok(received.includes('/next'))
  }
})

test('empty lines before a request are forgiven', async () => {
  assert.equal((await ask(`\r\nGET / HTTP/1.1\r\n${HOST}\r\n`.replace('\r\n', '\r\n')))['method'] ?? 'GET', 'GET')
})

test('requests sent at once are answered in their order, one at a time', async () => {
  let atOnce = 0
  let most = 0
  await using slow = await start(async x => {
    most = Math.max(most, ++atOnce)
    await new Promise(resolve => setTimeout(resolve, x.target === '/1' ? 30 : 1))
    atOnce--
    return text(x.target)
  })
  const received = await slow.raw(
    ['/1', '/2', '/3'].map(target => `GET ${target} HTTP/1.1\r\n${HOST}\r\n`).join('') +
      `GET /4 HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
  )
  assert.deepEqual(received.match(/\/\d$|\/\d(?=HTTP)/gm), ['/1', '/2', '/3', '/4'])
  assert.equal(most, 1)
})

test('of a flood of requests on one connection only so many wait; then it ends', async () => {
  await using slow = await start(async x => {
    await new Promise(resolve => setImmediate(resolve))
    return text(x.target)
  })
  const received = await slow.raw(`GET / HTTP/1.1\r\n${HOST}\r\n`.repeat(1000))
  const answered = statuses(received).length
  assert.ok(answered >= 64 && answered <= 66, `${answered} answers`)
})

test('100 Continue is said when a room begins to read, and not before', async () => {
  let read!: () => void
  const mayRead = new Promise<void>(resolve => (read = resolve))
  await using shield = await start(async x => {
    await mayRead
    return echo(x)
  })
  const socket = await shield.open()
  let received = ''
  socket.on('data', chunk => void (received += chunk.toString()))
  socket.write(`POST / HTTP/1.1\r\n${HOST}Expect: 100-Continue\r\nContent-Length: 3\r\n\r\n`)
  await new Promise(resolve => setTimeout(resolve, 50))
  assert.equal(received, '')
  read()
  await new Promise(resolve => socket.once('data', resolve))
  assert.equal(received, 'HTTP/1.1 100 Continue\r\n\r\n')
  socket.write('abc')
  await new Promise(resolve => socket.once('data', resolve))
  assert.match(received, /"text":"abc"/)
  assert.doesNotMatch(received, /Expect/)
  assert.doesNotMatch(received, /Connection: close/)
  socket.destroy()
})

test('an answer given without the body that was held back closes the connection', async () => {
  await using shield = await start(async () => text('no thanks'))
  const received = await shield.raw(`POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`)
  assert.doesNotMatch(received, /100 Continue/)
  assert.match(received, /^Connection: close\r$/m)
})

test('an expectation in HTTP/1.0 is ignored', async () => {
  const received = await shield.raw(`POST / HTTP/1.0\r\n${HOST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`)
  assert.doesNotMatch(received, /100 Continue/)
  assert.equal(jsonOf(received)['text'], 'abc')
})

test('OPTIONS * is answered here', async () => {
  const own = shield.count('own')
  const received = await shield.raw(`OPTIONS * HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`)
  assert.deepEqual(statuses(received), [204])
  assert.match(received, /^Allow: GET/m)
  assert.equal(shield.count('own') - own, 1)
})

test('/.breakwater/health is ours on every site, and nothing below /.breakwater/ is forwarded', async () => {
  const health = await shield.raw(`GET /.breakwater/health HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`)
  assert.deepEqual([statuses(health), bodyOf(health)], [[200], 'ok\n'])
  for (const target of [
    '/.breakwater/',
    '/.breakwater',
    '/.breakwater/x?y',
    '/.Breakwater/health',
    '/%2ebreakwater/x',
  ]) {
    assert.deepEqual(statuses(await shield.raw(`GET ${target} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`)), [404])
  }
  assert.deepEqual(
    statuses(await shield.raw(`POST /.breakwater/health HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`)),
    [405],
  )
})

test('no spelling of /.breakwater/ that an origin may understand is forwarded', () => {
  const own = [
    '/.breakwater/a', '//.breakwater/a', '/x/../.breakwater/a', '/./.breakwater', '/.breakwater/../a', '\\.breakwater/a',
    '/%2E%62reakwater/a', '/x/%2e%2e/.breakwater/a', '/%252ebreakwater/a', '/.breakwater;x=1/a', '/x/..;/.breakwater/a',
    '/.BREAKWATER?x', '/%2f.breakwater/a', '/x%2f..%2f.breakwater/a', '/.breakwater%2fa',
  ] // prettier-ignore
  for (const target of own) assert.ok(isOwn(target), target)
  for (const target of ['/', '/breakwater', '/a/.breakwater', '/.breakwaters', '/?/.breakwater/', '/a%20b']) {
    assert.ok(!isOwn(target), target)
  }
})

test('the client is the peer until a room knows better', async () => {
  await using shield = await start(async x => text(`${x.client.address} ${x.client.scheme} ${x.peer.port > 0}`))
  const received = await shield.raw(`GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`)
  assert.equal(bodyOf(received), '127.0.0.1 http true')
})

test('a room that throws is answered with 500, logged, and counted as failed', async () => {
  await using shield = await start(() => Promise.reject(new Error('boom')))
  const received = await shield.raw(`GET /x HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`)
  assert.deepEqual(statuses(received), [500])
  assert.doesNotMatch(received, /boom/)
  assert.deepEqual(shield.counted(), { failed: 1 })
  assert.equal(shield.logged[0]?.event, 'room-failed')
})

test('every field of the request is there once, whatever its name', async () => {
  const seen = await ask(`GET / HTTP/1.1\r\n${HOST}__proto__: 1\r\nconstructor: 2\r\n\r\n`)
  assert.equal(first(seen.fields, '__proto__'), '1')
  assert.equal(first(seen.fields, 'constructor'), '2')
})
