// What goes to the origin server and what comes back of it.

import { strict as assert } from 'node:assert'
import { connect } from 'node:net'
import { test } from 'node:test'
import type { IncomingMessage } from 'node:http'
import { bodyOf, get, origin, raw, rawOrigin, shield, statusOf, until } from './shield.ts'

const echo = (request: IncomingMessage): string =>
  JSON.stringify({ method: request.method, url: request.url, raw: request.rawHeaders })

async function askedOf(lines: string[], entry: (url: string) => unknown = url => url): Promise<Map<string, string>> {
  await using server = await origin((request, response) => response.end(echo(request)))
  await using front = await shield([entry(server.url)])
  const response = await get(front.port, '/a?b=c', lines)
  const { raw: fields } = JSON.parse(bodyOf(response)) as { raw: string[] }
  const found = new Map<string, string>()
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!.toLowerCase()
    found.set(name, found.has(name) ? `${found.get(name)} | ${fields[i + 1]}` : fields[i + 1]!)
  }
  return found
}

test('a request reaches the origin with the visitor in X-Forwarded-* and Forwarded, and ours in Via', async () => {
  const asked = await askedOf(['Via: 1.0 edge', 'User-Agent: test'])
  assert.equal(asked.get('host'), 'www.example.org')
  assert.equal(asked.get('x-forwarded-for'), '127.0.0.1')
  assert.equal(asked.get('x-forwarded-host'), 'www.example.org')
  assert.equal(asked.get('x-forwarded-proto'), 'http')
  assert.equal(asked.get('forwarded'), 'for=127.0.0.1;host=www.example.org;proto=http')
  assert.match(asked.get('via')!, /^1\.0 edge, 1\.1 breakwater-[0-9a-f]{8}$/)
  assert.equal(asked.get('user-agent'), 'test')
})

test('fields of the connection and those that fake an address, a method or a path are left out', async () => {
  const asked = await askedOf([
    'Connection: X-Secret',
    'X-Secret: 1',
    'Keep-Alive: 300',
    'TE: trailers',
    'Proxy-Authorization: Basic x',
    'X-Forwarded-For: 6.6.6.6',
    'X-Forwarded-Server: evil',
    'Forwarded: for=6.6.6.6',
    'X-Real-IP: 6.6.6.6',
    'X-Original-URL: /admin',
    'X-Rewrite-URL: /admin',
    'X-HTTP-Method-Override: DELETE',
    'Accept: */*',
  ])
  assert.deepEqual([...asked.keys()].toSorted(), [
    'accept',
    'connection',
    'forwarded',
    'host',
    'via',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
  ])
  assert.equal(asked.get('x-forwarded-for'), '127.0.0.1')
})

test('an origin with a name of its own in the config gets that name as Host', async () => {
  const asked = await askedOf([], url => ({ url, host: 'inside.example.net' }))
  assert.equal(asked.get('host'), 'inside.example.net')
  assert.equal(asked.get('x-forwarded-host'), 'www.example.org')
})

test('redirects and cookies of the origin speak of the visitor’s host', async () => {
  await using server = await origin((_request, response) => {
    response.writeHead(302, [
      ...['Location', 'https://inside.example.net/next?a=1'],
      ...['Content-Location', 'https://other.example.net/x'],
      ...['Refresh', '5; url=http://inside.example.net/later'],
      ...['Set-Cookie', 'a=1; Domain=.inside.example.net; Path=/'],
      ...['Set-Cookie', 'b=2; domain=example.net'],
    ])
    response.end()
  })
  await using front = await shield([{ url: server.url, host: 'inside.example.net' }])
  const response = await get(front.port, '/')
  assert.match(response, /Location: http:\/\/www\.example\.org\/next\?a=1\r\n/)
  assert.match(response, /Content-Location: https:\/\/other\.example\.net\/x\r\n/)
  assert.match(response, /Refresh: 5; url=http:\/\/www\.example\.org\/later\r\n/)
  assert.match(response, /Set-Cookie: a=1; Domain=www\.example\.org; Path=\/\r\n/)
  assert.match(response, /Set-Cookie: b=2; domain=example\.net\r\n/)
})

test('a response loses the fields of its connection and gets Via and a Date', async () => {
  await using server = await rawOrigin(socket =>
    socket.end(
      'HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nAlt-Svc: h3=":443"\r\nX-End: 2\r\nContent-Length: 2\r\n\r\nhi',
    ),
  )
  await using front = await shield([server.url])
  const response = await get(front.port, '/')
  assert.equal(bodyOf(response), 'hi')
  assert.match(response, /\r\nVia: 1\.1 breakwater\r\n/)
  assert.match(response, /\r\nDate: /)
  assert.match(response, /\r\nX-End: 2\r\n/)
  assert.doesNotMatch(response, /X-Hop|Keep-Alive|Alt-Svc/i)
  assert.equal(front.flight(0, 'good'), 1)
  assert.equal(front.flight(0, 'inFlight'), 0)
  assert.equal(front.count('bytesOrigin'), 2)
})

test('a request that has passed this Breakwater before is refused as a loop', async () => {
  let via = ''
  await using server = await origin((request, response) => {
    via = request.headers.via ?? ''
    response.end()
  })
  await using front = await shield([server.url])
  await get(front.port, '/')
  const again = await get(front.port, '/', [`Via: ${via}`])
  assert.equal(statusOf(again), 508)
  assert.equal(front.flight(0, 'inFlight'), 0)
})

test('a HEAD request keeps the length, and its connection', async () => {
  let connections = 0
  await using server = await origin((_request, response) => response.writeHead(200, { 'content-length': '1234' }).end())
  server.server.on('connection', () => connections++)
  await using front = await shield([server.url])
  for (let i = 0; i < 3; i++) {
    const response = await get(front.port, '/', [], 'HEAD')
    assert.match(response, /Content-Length: 1234\r\n/i)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  assert.equal(connections, 1)
})

test('interim responses go through, and trailers come behind the body', async () => {
  await using server = await rawOrigin(socket =>
    socket.write(
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n' +
        'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 9\r\n\r\n',
    ),
  )
  await using front = await shield([server.url])
  const response = await raw(front.port, 'GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close, TE\r\n\r\n')
  assert.match(response, /^HTTP\/1\.1 103 [^\r]*\r\n(?:[^\r]+\r\n)*Link: <\/a\.css>/)
  assert.match(response, /HTTP\/1\.1 200 OK/)
  assert.match(response, /hello\r\n0\r\nX-Sum: 9\r\n/)
})

test('a request body arrives whole, whether it fits into memory or not', async () => {
  await using server = await origin((request, response) => {
    let bytes = 0
    request.on('data', (chunk: Buffer) => (bytes += chunk.length))
    request.on('end', () => response.end(`${bytes} ${request.headers['content-length']}`))
  })
  await using front = await shield([server.url], { config: { limits: { requestBodyMemory: '64 KiB' } } })
  for (const size of [1, 1000, 3_000_000]) {
    const response = await raw(
      front.port,
      `POST /up HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`,
    )
    assert.equal(bodyOf(response), `${size} ${size}`)
  }
  await until(() => front.spool.memory.used === 0 && front.spool.uploads.used === 0)
})

/** Uploads so many bytes as one chunk. */
const chunked = (port: number, bytes: number) =>
  raw(
    port,
    `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n0\r\n\r\n`,
  )

test('a body beyond its bound is answered 413, and one that the spool has no room for 503', async () => {
  await using server = await origin((_request, response) => response.end('never'))
  await using narrow = await shield([server.url], { config: { limits: { requestBody: '1 MiB' } } })
  await using full = await shield([server.url], {
    config: { limits: { requestBodyMemory: '1 KiB', spool: '100 KiB' } },
  })
  const refused = await chunked(narrow.port, 2_000_000)
  assert.equal(statusOf(refused), 413)
  const shed = await chunked(full.port, 300_000)
  assert.equal(statusOf(shed), 503)
  assert.match(shed, /\(spool-full\)/)
  assert.match(shed, /Retry-After: 5\r\n/)
  for (const { spool } of [narrow, full]) await until(() => spool.memory.used === 0 && spool.uploads.used === 0)
  assert.equal(narrow.count('originRequests') + full.count('originRequests'), 0)
})

test('a WebSocket-like upgrade is joined, and counts as a stream until it closes', async () => {
  await using server = await origin(() => {})
  server.server.on('upgrade', (request, socket, head) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Key: ${String(request.headers['x-key'])}\r\n\r\nfirst`,
    )
    socket.write(head)
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  await using front = await shield([server.url])
  const socket = connect(front.port, '127.0.0.1')
  let got = ''
  socket.on('data', chunk => (got += chunk.toString()))
  socket.write('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Key: k\r\n\r\n')
  await until(() => got.includes('first'))
  assert.match(got, /^HTTP\/1\.1 101 /)
  assert.match(got, /X-Key: k\r\n/)
  assert.equal(got.match(/^Upgrade: /gm)?.length, 1)
  socket.write('ping')
  await until(() => got.endsWith('firstping'))
  assert.equal(front.flight(0, 'inFlight'), 0)
  assert.equal(front.flight(0, 'streams'), 1)
  assert.equal(front.count('streams'), 1)
  socket.destroy()
  await until(() => front.flight(0, 'streams') === 0 && front.count('streams') === 0)
})

test('one stream too many is refused with 503, before the visitor is told anything else', async () => {
  await using server = await origin((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: 1\n\n')
  })
  await using front = await shield([server.url], { config: { limits: { streams: 1 } } })
  const socket = connect(front.port, '127.0.0.1')
  let got = ''
  socket.on('data', chunk => (got += chunk.toString()))
  socket.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => got.includes('data: 1'))
  const refused = await get(front.port, '/events')
  assert.equal(statusOf(refused), 503)
  assert.match(refused, /\(too-many-streams\)/)
  socket.resetAndDestroy()
  await until(() => front.count('streams') === 0 && front.flight(0, 'inFlight') === 0)
})
