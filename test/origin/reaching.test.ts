// Which origin servers there are, how they are reached, and how their health is asked for.

import { strict as assert } from 'node:assert'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { OriginWord } from '../../src/board/board.ts'
import { bodyOf, get, origin, rawOrigin, shield, statusOf, until } from './shield.ts'

test('a name is looked up anew when its time is over, and connections to vanished addresses are left', async () => {
  let address = '127.0.0.1'
  let lookups = 0
  const seen: string[] = []
  await using server = await origin((request, response) => {
    seen.push(request.socket.localAddress!)
    response.end('ok')
  })
  // All of 127.0.0.0/8 is this machine on Linux; elsewhere the second address has no listener.
  server.server.close()
  await new Promise<void>(resolve => void server.server.listen(server.port, '0.0.0.0', resolve))
  await using front = await shield([`http://origin.test:${server.port}`], {
    origin: { dnsTtl: '1s' },
    resolve: async () => {
      lookups++
      return [{ address, family: 4 }]
    },
  })
  await get(front.port, '/')
  await get(front.port, '/')
  assert.equal(lookups, 1)
  address = '127.0.0.2'
  await new Promise(resolve => setTimeout(resolve, 1400))
  await until(() => lookups === 2)
  await get(front.port, '/')
  assert.deepEqual(seen, ['127.0.0.1', '127.0.0.1', '127.0.0.2'])
  assert.ok(front.logged.includes('origin-addresses-changed'))
})

test('origins come and go at run time; what is in flight at a removed one ends well', async () => {
  let release: (() => void) | undefined
  await using first = await origin((_request, response) => (release = () => response.end('first')))
  await using second = await origin((_request, response) => response.end('second'))
  await using front = await shield([first.url])
  const held = get(front.port, '/')
  await until(() => front.flight(0, 'inFlight') === 1)
  const rows = [{ index: 7, site: 'main', url: second.url, state: 'up' as const }]
  Atomics.store(front.board.origin(7), OriginWord.limit, 4)
  Atomics.store(front.board.origin(0), OriginWord.limit, 0)
  front.places.update(rows)
  front.origins.update(rows)
  assert.equal(bodyOf(await get(front.port, '/')), 'second')
  release?.()
  assert.equal(bodyOf(await held), 'first')
  assert.equal(front.flight(0, 'inFlight'), 0)
})

test('a permit for an origin that has just been removed is answered 503', async () => {
  await using server = await origin((_request, response) => response.end('ok'))
  await using front = await shield([server.url])
  front.origins.update([])
  const response = await get(front.port, '/')
  assert.equal(statusOf(response), 503)
  assert.match(response, /\(no-origin\)/)
  assert.equal(front.flight(0, 'inFlight'), 0)
})

test('a probe asks for the health path with the site’s host, and counts what is below 400 as healthy', async () => {
  let status = 204
  let asked = ''
  await using server = await origin((request, response) => {
    asked = `${request.method} ${request.url} ${request.headers.host}`
    response.writeHead(status).end()
  })
  await using front = await shield([{ url: server.url, host: 'inside.test' }], {
    origin: { health: { path: '/healthz' } },
  })
  const { ms: _, ...good } = await front.origins.probe(0)
  assert.deepEqual(good, { type: 'probed', origin: 0, ok: true, status: 204, error: '' })
  assert.equal(asked, 'GET /healthz inside.test')
  status = 500
  assert.equal((await front.origins.probe(0)).ok, false)
  assert.equal(front.flight(0, 'inFlight'), 0)
})

test('a probe that is not answered in time has failed', async () => {
  await using server = await rawOrigin(() => {})
  await using front = await shield([server.url], { origin: { health: { path: '/', timeout: '100ms' } } })
  const probed = await front.origins.probe(0)
  assert.equal(probed.ok, false)
  assert.ok(probed.ms >= 90 && probed.ms < 2000, `${probed.ms} ms`)
})

test('without a health path a probe is a connection', async () => {
  await using server = await rawOrigin(() => {})
  await using front = await shield([server.url])
  assert.equal((await front.origins.probe(0)).ok, true)
  await server[Symbol.asyncDispose]()
  assert.equal((await front.origins.probe(0)).ok, false)
})

test('an https origin is asked for its server name, and its certificate is checked', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'breakwater-tls-'))
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  try {
    const subject = ['-subj', '/CN=secure.test', '-addext', 'subjectAltName=DNS:secure.test']
    const made = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    execFileSync('openssl', ['req', ...made, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  } catch {
    rmSync(directory, { recursive: true })
    return t.skip('no openssl on this machine')
  }
  const names: unknown[] = []
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => {
    response.end('secret')
  })
  server.on('secureConnection', socket => names.push(socket.servername))
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const entry = { url, host: 'secure.test' }
  const ca = readFileSync(cert, 'utf8')
  await using trusting = await shield([entry], { origin: { tls: { ca: 'cert.pem' } }, readFile: () => ca })
  assert.equal(bodyOf(await get(trusting.port, '/')), 'secret')
  await using careless = await shield([{ url }], { origin: { tls: { verify: false } } })
  assert.equal(bodyOf(await get(careless.port, '/')), 'secret')
  await using careful = await shield([entry])
  assert.match(await get(careful.port, '/'), /\(connect-failed\)/)
  assert.deepEqual(names.slice(0, 2), ['secure.test', false])
  server.close()
  server.closeAllConnections()
  rmSync(directory, { recursive: true })
  return undefined
})
