// Every answer says why it is what it is, in `detail` of Cache-Status: those that the store and the origin give, and those that
// are made here in their place.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { Shield } from '../fixtures/shield.ts'
import { ask } from '../fixtures/visitor.ts'
import type { Wishes } from '../fixtures/visitor.ts'

const server = createServer((asked, response) => {
  const { pathname } = new URL(asked.url!, 'http://origin')
  if (pathname === '/broken') return void asked.socket.destroy()
  response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'max-age=60' }).end('page')
})
server.on('upgrade', (_, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
  socket.pipe(socket)
})
let shield: Shield | undefined

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  shield = await Shield.start({
    config: {
      clients: { deny: ['192.0.2.66'] },
      proxies: { trusted: ['127.0.0.0/8'] },
      sites: [
        {
          hosts: ['www.example.org'],
          origins: [`http://127.0.0.1:${port}`],
          mode: 'spike',
          rules: [
            { match: { path: '/api/*' }, spike: { stub: { body: '{}' } } },
            { match: { path: '/old/*' }, spike: { funnel: '/landing' } },
            {
              match: { path: '/sign', method: 'POST' },
              collect: { when: 'always', fields: { email: { type: 'email', required: true } } },
            },
            { match: { path: '/tickets' }, waitingRoom: 'room' },
            { match: { path: '/counted' }, rate: { limit: '1/1h', by: 'address' } },
          ],
          waitingRoom: { name: 'room', sessions: 1, opens: '2999-01-01T00:00:00Z' },
        },
      ],
    },
  })
})
after(async () => {
  await shield?.stop()
  server.close()
  server.closeAllConnections()
})

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const html = { accept: 'text/html' }

const told: [path: string, wishes: Wishes, expected: RegExp][] = [
  ['/page', {}, /^breakwater; fwd=uri-miss; fwd-status=200; stored; detail=stored-explicit$/],
  ['/page', {}, /^breakwater; hit; ttl=\d+; detail=fresh$/],
  ['/page', { method: 'DELETE' }, /^breakwater; fwd=method; fwd-status=200; detail=method-not-stored$/],
  ['/api/count', {}, /^breakwater; detail=stubbed$/],
  ['/old/1', { fields: html }, /^breakwater; detail=funnelled$/],
  ['/sign', { method: 'POST', fields: form, body: 'email=a@example.org' }, /^breakwater; detail=collected$/],
  ['/sign', { method: 'POST', fields: form, body: 'email=' }, /^breakwater; detail=form-invalid$/],
  ['/tickets', { fields: html }, /^breakwater; detail=not-open-yet$/],
  ['/tickets', { fields: { accept: 'application/json' } }, /^breakwater; detail=not-open-yet$/],
  ['/absent', { fields: { 'cache-control': 'only-if-cached' } }, /^breakwater; detail=only-if-cached$/],
  ['/page', { fields: { 'x-forwarded-for': '192.0.2.66' } }, /^breakwater; detail=denied$/],
  ['/page', { fields: { host: 'elsewhere.example' } }, /^breakwater; detail=unknown-host$/],
  ['/page', { method: 'TRACE' }, /^breakwater; detail=method-refused$/],
  ['/page', { fields: { expect: 'a-miracle' } }, /^breakwater; detail=expectation-unknown$/],
  ['/.breakwater/nothing', {}, /^breakwater; detail=own-path-unknown$/],
  ['/broken', {}, /^breakwater; detail=origin-reset$/],
]

for (const [path, wishes, expected] of told)
  test(`${wishes.method ?? 'GET'} ${path} says ${expected.source.replace(/^.*detail=|\$$/g, '')}`, async () => {
    assert.match((await ask(shield!.port, path, wishes)).cache, expected)
  })

test('what is asked for too often says so', async () => {
  await ask(shield!.port, '/counted?1')
  assert.equal((await ask(shield!.port, '/counted?2')).cache, 'breakwater; detail=rate-limited')
})

test('a change of protocol says so', async () => {
  const headers = { host: 'www.example.org', connection: 'Upgrade', upgrade: 'echo' }
  const asked = request({ host: '127.0.0.1', port: shield!.port, path: '/socket', agent: false, headers })
  const upgraded = once(asked, 'upgrade')
  asked.end()
  const [answer, socket] = (await upgraded) as [IncomingMessage, Socket]
  assert.equal(answer.statusCode, 101)
  assert.equal(answer.headers['cache-status'], 'breakwater; fwd=bypass; fwd-status=101; detail=protocol-change')
  socket.destroy()
})

test('what is no HTTP says so', async () => {
  const socket = connect(shield!.port, '127.0.0.1')
  socket.end('NONSENSE\r\n\r\n')
  let heard = ''
  for await (const chunk of socket) heard += String(chunk)
  assert.match(heard, /^HTTP\/1\.1 400 [^]*\r\nCache-Status: breakwater; detail=bad-request\r\n/)
})
