// Origin servers that speak HTTP/2: many requests on one connection, places that are free when the origin has ended and not sooner, and
// what it refuses or leaves behind as it ends.

import { strict as assert } from 'node:assert'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { constants, createSecureServer } from 'node:http2'
import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeCertificate } from '../fixtures/certificate.ts'
import { until as untilSaid } from '../fixtures/until.ts'
import { bodyOf, get, raw, shield, statusOf } from './shield.ts'

const folder = mkdtempSync(join(tmpdir(), 'breakwater-http2-origin-'))
const { chain, key } = makeCertificate(folder, 'origin', ['origin.test'])
after(() => rmSync(folder, { recursive: true }))

interface Running {
  url: string
  sessions: ServerHttp2Session[]
  streams: ServerHttp2Stream[]
  /** Connections that were opened, of either version. */
  connections: () => number
  [Symbol.asyncDispose](): Promise<void>
}

type Answers = (request: Http2ServerRequest, response: Http2ServerResponse) => void

/** `allowHTTP1`: it speaks both. */
async function secureOrigin(answers: Answers, options: object = {}): Promise<Running> {
  const server = createSecureServer({ cert: readFileSync(chain), key: readFileSync(key), allowHTTP1: true, ...options })
  const [sessions, streams]: [ServerHttp2Session[], ServerHttp2Stream[]] = [[], []]
  let connections = 0
  server.on('request', answers)
  server.on('secureConnection', () => connections++)
  server.on('session', session => sessions.push(session.on('error', () => {})))
  server.on('stream', stream => {
    stream.on('error', () => {})
    streams.push(stream as ServerHttp2Stream)
  })
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sessions,
    streams,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const session of sessions) session.destroy()
      server.close()
    },
  }
}

const until = (condition: () => boolean): Promise<void> => untilSaid(condition.toString(), condition)

const saysVersion: Answers = (request, response) => response.end(request.httpVersion)
/** The body, of one chunk where its length was not told. */
const textOf = (answer: string): string => bodyOf(answer).replace(/^[0-9a-f]+\r\n(.*)\r\n0\r\n\r\n$/s, '$1')

const TRUSTING = { tls: { verify: false } }

test('many requests go over one connection at once, each with its own fields, body and answer', async () => {
  await using server = await secureOrigin((request, response) => {
    let body = ''
    request.setEncoding('latin1').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      response.setHeader('set-cookie', ['a=1', 'b=2'])
      response.end(`${request.httpVersion} ${request.method} ${request.authority} ${request.url} ${body.length}`)
    })
  })
  await using front = await shield([{ url: server.url, host: 'origin.test' }], { origin: TRUSTING })
  assert.equal(textOf(await get(front.port, '/first?a=b')), '2.0 GET origin.test /first?a=b 0')
  const all = await Promise.all(Array.from({ length: 30 }, (_, i) => get(front.port, `/item-${i}`)))
  for (const [i, answer] of all.entries()) {
    assert.equal(textOf(answer), `2.0 GET origin.test /item-${i} 0`)
    assert.equal(answer.match(/^set-cookie: [ab]=[12]\r$/gim)?.length, 2)
  }
  const post = `POST /form HTTP/1.1\r\nHost: www.example.org\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`
  assert.equal(textOf(await raw(front.port, post)), '2.0 POST origin.test /form 100000')
  assert.equal(textOf(await get(front.port, '/head', [], 'HEAD')), '')
  assert.equal(server.connections(), 1)
  assert.equal(front.flight(0, 'inFlight'), 0)
  assert.equal((await front.origins.probe(0)).ok, true)
})

test('HTTP/1.1 is spoken where nothing else is offered, where it is turned off, and for a change of protocols', async () => {
  const secrets = { cert: readFileSync(chain), key: readFileSync(key) }
  const old = createServer(secrets, (request, response) => response.end(request.httpVersion))
  await new Promise<void>(resolve => void old.listen(0, '127.0.0.1', resolve))
  await using modern = await secureOrigin(saysVersion)
  await using first = await shield([`https://127.0.0.1:${(old.address() as AddressInfo).port}`], { origin: TRUSTING })
  assert.equal(textOf(await get(first.port, '/')), '1.1')
  old.close()
  old.closeAllConnections()
  await using second = await shield([modern.url], { origin: { ...TRUSTING, http2: false } })
  assert.equal(textOf(await get(second.port, '/')), '1.1')
  await using third = await shield([modern.url], { origin: TRUSTING })
  assert.equal(textOf(await get(third.port, '/')), '2.0')
  const upgrade = await get(third.port, '/', ['Connection: Upgrade', 'Upgrade: websocket'])
  assert.match(upgrade, /1\.1/)
})

test('a place is free when the origin has ended, and no more are under way than there are places', async () => {
  const held: Http2ServerResponse[] = []
  await using server = await secureOrigin((_request, response) => {
    response.write('begun ')
    held.push(response)
  })
  await using front = await shield([server.url], { origin: TRUSTING, inFlight: 2 })
  const asked = Array.from({ length: 4 }, (_, i) => get(front.port, `/${i}`))
  await until(() => held.length === 2)
  assert.equal(front.flight(0, 'inFlight'), 2)
  await new Promise(resolve => setTimeout(resolve, 50))
  assert.equal(held.length, 2)
  held[0]!.end('done')
  await until(() => held.length === 3)
  assert.equal(front.flight(0, 'inFlight'), 2)
  held[1]!.end('done')
  await until(() => held.length === 4)
  held[2]!.end('done')
  held[3]!.end('done')
  for (const answer of await Promise.all(asked)) assert.match(answer, /begun .*done/s)
  await until(() => front.flight(0, 'inFlight') === 0)
})

test('what the origin refuses before it has begun is asked again, a form too; what it breaks off is not whole', async () => {
  let [refused, served] = [0, 0]
  await using server = await secureOrigin((request, response) => {
    if (request.url === '/cut') {
      response.write('half')
      setTimeout(() => response.stream.close(constants.NGHTTP2_CANCEL), 20)
    } else if (request.url !== '/always' && refused > 0) {
      served++
      response.end('served')
    } else {
      refused++
      response.stream.close(constants.NGHTTP2_REFUSED_STREAM)
    }
  })
  await using front = await shield([server.url], { origin: { ...TRUSTING, retries: { budget: '100%' } } })
  const form = 'POST /form HTTP/1.1\r\nHost: www.example.org\r\nConnection: close\r\nContent-Length: 3\r\n\r\na=b'
  assert.equal(textOf(await raw(front.port, form)), 'served')
  assert.deepEqual([refused, served], [1, 1])
  assert.equal(statusOf(await get(front.port, '/always')), 502)
  assert.equal(refused, 3)
  const cut = await get(front.port, '/cut')
  // In chunks, of which the last never comes.
  assert.doesNotMatch(cut, /\r\n0\r\n\r\n$/)
  assert.equal(front.flight(0, 'inFlight'), 0)
})

test('a connection that the origin ends takes no new requests, and those under way on it end well', async () => {
  const held: Http2ServerResponse[] = []
  await using server = await secureOrigin((request, response) => {
    if (request.url === '/slow') held.push(response)
    else response.end('ok')
  })
  await using front = await shield([server.url], { origin: TRUSTING })
  await get(front.port, '/')
  const slow = get(front.port, '/slow')
  await until(() => held.length === 1)
  server.sessions[0]!.close()
  await until(() => server.sessions[0]!.closed)
  assert.equal(textOf(await get(front.port, '/next')), 'ok')
  assert.equal(server.connections(), 2)
  held[0]!.end('slow')
  assert.equal(textOf(await slow), 'slow')
  // And one that breaks with a request on it: a safe one is asked again on another.
  const again = get(front.port, '/slow')
  await until(() => held.length === 2)
  server.sessions[1]!.destroy()
  await until(() => held.length === 3)
  held[2]!.end('again')
  assert.equal(textOf(await again), 'again')
})

test('an origin that is silent is given up, and the next request goes over another connection', async () => {
  let asked = 0
  await using server = await secureOrigin((_request, response) => {
    if (++asked > 1) response.end('ok')
  })
  await using front = await shield([server.url], { origin: { ...TRUSTING, firstByteTimeout: '3s' } })
  assert.equal(statusOf(await get(front.port, '/')), 504)
  await until(() => server.streams[0]!.rstCode === constants.NGHTTP2_CANCEL)
  assert.equal(textOf(await get(front.port, '/')), 'ok')
  assert.equal(server.connections(), 2)
  assert.equal(front.flight(0, 'inFlight'), 0)
})

test('an origin says how many requests it takes at once, and more go over further connections', async () => {
  const held: Http2ServerResponse[] = []
  await using server = await secureOrigin(
    (request, response) => (request.url === '/' ? response.end('ok') : held.push(response)),
    { settings: { maxConcurrentStreams: 3 } },
  )
  await using front = await shield([server.url], { origin: TRUSTING })
  await get(front.port, '/')
  const asked = Array.from({ length: 5 }, (_, i) => get(front.port, `/${i}`))
  await until(() => held.length === 5)
  assert.ok(server.connections() >= 2)
  for (const response of held) response.end('done')
  for (const answer of await Promise.all(asked)) assert.equal(textOf(answer), 'done')
})
