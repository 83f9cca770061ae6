// Behind a load balancer that passes bytes on: the address it tells is the visitor's, over HTTP and HTTPS, and whoever does not
// announce himself as he should is not let in.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connect as secure } from 'node:tls'
import { makeCertificate } from '../fixtures/certificate.ts'
import { Origin } from '../fixtures/origin.ts'
import { blockHeader } from '../fixtures/proxy-header.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { freePort } from '../fixtures/free-port.ts'

const folder = mkdtempSync(join(tmpdir(), 'breakwater-proxy-'))
let origin: Origin
let shield: Shield
let tlsPort: number

before(async () => {
  const made = makeCertificate(folder, 'shop', ['shop.example'])
  origin = await Origin.start({
    '*': ({ fields }) => ({ body: `${String(fields['x-forwarded-for'])} ${String(fields['x-forwarded-proto'])}` }),
    '/kept': ({ nth }) => ({ fields: { 'cache-control': 'max-age=60' }, body: `kept ${nth}` }),
  })
  tlsPort = await freePort()
  shield = await Shield.start({
    config: {
      sites: [{ hosts: '*', origins: [origin.url] }],
      proxies: { trusted: ['127.0.0.0/8'], proxyProtocol: true, clientField: 'CF-Connecting-IP' },
      clients: { deny: ['203.0.113.9'], denied: 'close' },
      limits: { headTimeout: '1s' },
      tls: {
        listen: `127.0.0.1:${tlsPort}`,
        certificates: [{ chain: made.chain, key: { file: made.key } }],
        redirect: false,
      },
    },
  })
})

after(async () => {
  await shield.stop()
  await origin.stop()
  rmSync(folder, { recursive: true })
})

/** Sends each piece in a packet of its own, and resolves with all that comes until the connection closes. */
async function talk(...pieces: (Buffer | string)[]): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: shield.port, noDelay: true })
  const came = whatComes(socket)
  for (const piece of pieces) {
    if (socket.writable) socket.write(piece)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return came
}

async function whatComes(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')))
  await new Promise<void>(resolve => socket.on('close', () => resolve()).on('error', () => resolve()))
  return text
}

const get = (path: string, fields = '', connection = 'close'): string =>
  `GET ${path} HTTP/1.1\r\nHost: shop.example\r\nConnection: ${connection}\r\n${fields}\r\n`

const bodyOf = (text: string): string => text.slice(text.lastIndexOf('\r\n\r\n') + 4)

test('the address that the header tells is the visitor’s, in either version and cut anywhere', async () => {
  const first = 'PROXY TCP4 198.51.100.7 192.0.2.1 4000 80\r\n'
  assert.match(await talk(first + get('/who')), /198\.51\.100\.7 http/)
  const second = blockHeader({ address: '198.51.100.8', port: 4000 })
  assert.match(await talk(second.subarray(0, 5), second.subarray(5), get('/who')), /198\.51\.100\.8 http/)
  assert.match(await talk(blockHeader({ address: '198.51.100.8', port: 4000, isSecure: true }), get('/who')), /8 https/)
})

test('what is pipelined behind it is answered in both lanes', async () => {
  const header = blockHeader({ address: '198.51.100.7', port: 1 })
  await talk(header, get('/kept'))
  const both = await talk(Buffer.concat([header, Buffer.from(get('/kept', '', 'keep-alive') + get('/who'))]))
  assert.match(both, /kept 1[^]*198\.51\.100\.7 http/)
  assert.match(both, /breakwater; hit/)
})

test('what is not trusted behind the header cannot name somebody else; the proxy’s own field names the visitor', async () => {
  const header = blockHeader({ address: '198.51.100.7', port: 1 })
  assert.match(bodyOf(await talk(header, get('/who', 'X-Forwarded-For: 10.1.1.1\r\n'))), /198\.51\.100\.7/)
  assert.match(bodyOf(await talk(header, get('/who', 'CF-Connecting-IP: 10.1.1.1\r\n'))), /198\.51\.100\.7/)
  const own = blockHeader({ address: '127.0.0.1', port: 1, isLocal: true })
  assert.match(bodyOf(await talk(own, get('/who', 'CF-Connecting-IP: 203.0.113.5\r\n'))), /203\.0\.113\.5/)
})

test('one who is denied is closed by the address that the header tells', async () => {
  assert.equal(await talk(blockHeader({ address: '203.0.113.9', port: 1 }), get('/who')), '')
})

test('a connection without the header, with a broken one or a slow one is closed, and counted', async () => {
  assert.equal(await talk(get('/who')), '')
  assert.equal(await talk('PROXY TCP4 nobody nowhere 1 2\r\n', get('/who')), '')
  assert.equal(await talk('PROXY TC'), '')
  await until('all three are counted', async () => {
    const metrics = await (await shield.admit('/metrics')).text()
    return /breakwater_connections_without_proxy_header_total (\d+)/.exec(metrics)?.[1] === '3'
  })
})

test('it stands before the handshake of HTTPS', async () => {
  const plain = connect({ host: '127.0.0.1', port: tlsPort })
  plain.write(blockHeader({ address: '198.51.100.7', port: 1 }))
  const socket = secure({ socket: plain, rejectUnauthorized: false, servername: 'shop.example' })
  socket.write(get('/who'))
  assert.match(await whatComes(socket), /198\.51\.100\.7 https/)
  const bare = secure({ host: '127.0.0.1', port: tlsPort, rejectUnauthorized: false })
  assert.equal(await whatComes(bare), '')
})
