// What the fast lane answers from the store, and how.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Flag } from '../../../src/store/layout.ts'
import { bodyOf, statuses } from '../slow-harness.ts'
import { CLOSE, NOON, browser, get, readUntil, serve } from './harness.ts'
import type { Shield } from './harness.ts'

const MODIFIED = 'Wed, 31 Dec 2025 10:00:00 GMT'
const validators = ['ETag', '"v1"', 'Last-Modified', MODIFIED, 'Content-Type', 'text/plain']

let shield: Shield
before(async () => {
  shield = await serve()
  shield.store.put({ target: '/page', body: 'the page', fields: validators, age: 5 })
  shield.store.put({ target: '/gone', body: 'no more', status: 404 })
  shield.store.put({ target: '/empty', status: 204 })
})
after(() => shield[Symbol.asyncDispose]())

const fieldsOf = (received: string): string[] => received.slice(0, received.indexOf('\r\n\r\n')).split('\r\n').slice(1)

test('a stored page comes whole, with its Date, its Age and what the cache did', async () => {
  const received = await shield.raw(browser('/page') + get('/page', CLOSE))
  const first = received.slice(0, received.indexOf('HTTP/1.1', 1))
  assert.match(first, /^HTTP\/1\.1 200 OK\r\n/)
  assert.equal(bodyOf(first), 'the page')
  assert.deepEqual(fieldsOf(first), [
    'ETag: "v1"',
    `Last-Modified: ${MODIFIED}`,
    'Content-Type: text/plain',
    `Date: ${new Date(NOON - 5000).toUTCString()}`,
    'Content-Length: 8',
    'Age: 5',
    'Cache-Status: breakwater; hit; ttl=3600; detail=fresh',
  ])
  assert.deepEqual(shield.asked, [])
})

test('HEAD brings the same head and no body', async () => {
  const whole = await shield.raw(get('/page', CLOSE))
  const head = await shield.raw(get('/page', CLOSE).replace('GET', 'HEAD'))
  assert.equal(head, whole.slice(0, whole.indexOf('\r\n\r\n') + 4))
})

test('an error page that may be stored is a hit as well, and a 204 has no length', async () => {
  const received = await shield.raw(get('/gone') + get('/empty', CLOSE))
  assert.deepEqual(statuses(received), [404, 204])
  const empty = received.slice(received.indexOf('HTTP/1.1 204'))
  assert.doesNotMatch(empty, /content-length/i)
  assert.ok(empty.endsWith('\r\n\r\n'))
})

const conditions: [fields: string, status: number][] = [
  ['If-None-Match: "v1"', 304],
  ['If-None-Match: W/"v1"', 304],
  ['If-None-Match: "v0", "v1"', 304],
  ['If-None-Match: *', 304],
  ['If-None-Match: "v2"', 200],
  [`If-Modified-Since: ${MODIFIED}`, 304],
  ['If-Modified-Since: Wed, 31 Dec 2025 09:59:59 GMT', 200],
  ['If-Modified-Since: yesterday', 200],
  [`If-None-Match: "v2"\r\nIf-Modified-Since: ${MODIFIED}`, 200],
]
for (const [fields, status] of conditions) {
  test(`${status} is the answer to ${fields.replaceAll('\r\n', ' and ')}, by GET and by HEAD`, async () => {
    const before = shield.count('fastLane')
    const request = get('/page', `${fields}\r\n${CLOSE}`)
    for (const each of [request, request.replace('GET', 'HEAD')]) {
      const received = await shield.raw(each)
      assert.deepEqual(statuses(received), [status])
      if (status !== 304) continue
      assert.equal(bodyOf(received), '')
      assert.match(received, /^ETag: "v1"\r$/m)
      assert.match(received, /^Age: 5\r$/m)
      assert.doesNotMatch(received, /^Content-/m)
    }
    assert.equal(shield.count('fastLane') - before, 2)
  })
}

test('what varies by Accept-Encoding is told apart, each client on its own connection', async () => {
  const names = ['accept-encoding']
  const fields = ['Vary', 'Accept-Encoding']
  for (const coding of ['gzip', 'br']) {
    const request = ['Accept-Encoding', coding]
    shield.store.put({ target: '/vary', body: `in ${coding}`, fields, vary: { names, request } })
  }
  const before = shield.count('fastLane')
  const ask = (coding: string): Promise<string> => shield.raw(get('/vary', `Accept-Encoding: ${coding}\r\n${CLOSE}`))
  const [gzip, br, upper] = await Promise.all([ask('gzip'), ask('br'), ask('GZIP')])
  assert.equal(bodyOf(gzip), 'in gzip')
  assert.equal(bodyOf(br), 'in br')
  assert.equal(bodyOf(upper), 'in gzip')
  assert.equal(shield.count('fastLane') - before, 3)
  shield.asked.length = 0
  await ask('identity')
  assert.deepEqual(shield.asked, ['/vary'])
})

test('one connection may change what it accepts from request to request', async () => {
  const received = await shield.raw(
    get('/vary', 'Accept-Encoding: br\r\n') + get('/vary', `Accept-Encoding: gzip\r\n${CLOSE}`),
  )
  assert.match(received, /in br.*in gzip$/s)
})

test('the head is new in each second', async () => {
  await using own = await serve()
  own.store.put({ target: '/', body: 'x', age: 0, fresh: 10 })
  const seen: string[] = []
  for (let second = 0; second < 3; second++) {
    const received = await own.raw(get('/', CLOSE))
    seen.push(/^Age: (\d+)\r$/m.exec(received)![1]!, /ttl=(\d+)/.exec(received)![1]!)
    own.clock.advance(1000)
  }
  assert.deepEqual(seen, ['0', '10', '1', '9', '2', '8'])
})

test('a stale response is served under a lease of core and not after it', async () => {
  await using own = await serve()
  const ref = own.store.put({ target: '/', body: 'stored', fresh: 1 })
  const ask = async (): Promise<string> => bodyOf(await own.raw(get('/', CLOSE)))
  assert.equal(await ask(), 'stored')
  own.clock.advance(2000)
  own.store.lease(ref, own.clock.now() + 1000)
  assert.equal(await ask(), 'stored')
  assert.equal(own.count('stale'), 1)
  own.clock.advance(1000)
  assert.deepEqual(own.asked, [])
  assert.match(await ask(), /"target":"\/"/)
  assert.deepEqual(own.asked, ['/'])
})

test('what was purged softly is served under a lease alone, and says so', async () => {
  await using own = await serve()
  const ref = own.store.put({ target: '/', body: 'stored' })
  await own.raw(get('/', CLOSE))
  own.store.flag(ref, Flag.purged)
  const refreshing = await own.raw(get('/', CLOSE))
  assert.equal(own.count('fastLane'), 1, 'the slow lane has it fetched anew')
  own.store.lease(ref, own.clock.now() + 10_000)
  const leased = await own.raw(get('/', CLOSE))
  assert.equal(own.count('fastLane'), 2)
  assert.equal(own.count('stale'), 2)
  for (const told of [refreshing, leased]) {
    assert.match(told, /stored$/)
    assert.match(told, /Cache-Status: breakwater; hit; ttl=0; detail=purged\r\n/)
  }
})

test('what must be validated each time is never the fast lane’s', async () => {
  await using own = await serve()
  own.store.put({ target: '/', body: 'stored', flags: Flag.noCache })
  own.store.put({ target: '/miss', flags: Flag.hitForMiss })
  await own.raw(get('/') + get('/miss', CLOSE))
  assert.deepEqual(own.asked, ['/', '/miss'])
})

test('a record that was retired is not served again by a connection that had it ready', async () => {
  await using own = await serve()
  const ref = own.store.put({ target: '/', body: 'old' })
  const socket = await own.open()
  const answer = (end: string): Promise<string> => readUntil(socket, received => received.endsWith(end))
  socket.write(get('/'))
  assert.match(await answer('old'), / 200 OK/)
  own.store.retire(ref)
  own.store.put({ target: '/', body: 'new' })
  socket.write(get('/'))
  assert.match(await answer('new'), / 200 OK/)
  assert.deepEqual(own.asked, [])
})

test('an If-Modified-Since beside a response with neither date is measured against when it was stored', async () => {
  await using own = await serve()
  own.store.put({ target: '/', body: 'x', age: 10 })
  for (const [ago, status] of [
    [0, 304],
    [11, 200],
  ] as const) {
    const since = new Date(NOON - ago * 1000).toUTCString()
    assert.deepEqual(statuses(await own.raw(get('/', `If-Modified-Since: ${since}\r\n${CLOSE}`))), [status])
  }
})
