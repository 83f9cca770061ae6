// HTTPS: by the name that is asked for, in both lanes, with tickets that every edge takes, and certificates that change.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as plainRequest } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import type { IncomingHttpHeaders } from 'node:http2'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connect } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { makeCertificate } from '../fixtures/certificate.ts'
import { freePort } from '../fixtures/free-port.ts'
import type { Made } from '../fixtures/certificate.ts'
import { Origin, type Script } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { answerToHello } from './fixtures/hello.ts'
import { until } from '../fixtures/until.ts'
import { loadConfig } from '../../src/config/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'breakwater-tls-'))
let origin: Origin
let shield: Shield
let shop: Made
let port: number

/** Says over which scheme it was asked. */
const said: Script = ({ fields, path }) => ({
  fields: { 'cache-control': 'max-age=60' },
  body: `${String(fields['x-forwarded-proto'])} ${path}`,
})

before(async () => {
  shop = makeCertificate(folder, 'shop', ['shop.example', '*.shop.example'])
  const news = makeCertificate(folder, 'news', ['news.example'], 'rsa')
  const own = { 'strict-transport-security': 'max-age=5', 'cache-control': 'max-age=60' }
  origin = await Origin.start({
    '/strict': { fields: own, body: 'strict' },
    '/ruled': { fields: own, body: 'ruled' },
    '/fresh': { fields: { ...own, 'cache-control': 'no-store' }, body: 'fresh' },
    '/page': said,
    '/open': said,
    '/.well-known/acme-challenge/token': said,
  })
  port = await freePort()
  shield = await Shield.start({
    config: {
      sites: [
        { hosts: '*', origins: [origin.url] },
        {
          hosts: 'strict.shop.example',
          origins: [origin.url],
          hsts: { maxAge: '365d', includeSubDomains: true, preload: true },
          rules: [
            { match: { path: '/ruled' }, responseHeaders: { set: { 'Strict-Transport-Security': 'max-age=1' } } },
          ],
        },
      ],
      proxies: { trusted: ['127.0.0.0/8'] },
      tls: {
        listen: `127.0.0.1:${port}`,
        certificates: [
          { chain: shop.chain, key: { file: shop.key } },
          { chain: news.chain, key: { file: news.key } },
        ],
      },
    },
  })
})

after(async () => {
  await shield.stop()
  await origin.stop()
  rmSync(folder, { recursive: true })
})

interface Came {
  status: number
  text: string
  fields: NodeJS.Dict<string | string[]>
}

function ask(path: string, servername = 'shop.example'): Promise<Came> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, servername, rejectUnauthorized: false, agent: false } as const
    const call = request({ ...options, headers: { Host: servername } }, response => {
      let text = ''
      response.on('data', (bytes: Buffer) => (text += bytes.toString()))
      response.on('end', () => resolve({ status: response.statusCode!, text, fields: response.headers }))
    })
    call.on('error', reject).end()
  })
}

/** A handshake, then `use`. */
function shake<Result>(
  options: ConnectionOptions,
  use: (socket: TLSSocket) => Result | Promise<Result>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }, () => {
      Promise.resolve(use(socket))
        .then(resolve, reject)
        .finally(() => socket.destroy())
    })
    socket.on('error', reject)
  })
}

const nameOf = (servername?: string): Promise<string> =>
  shake(servername === undefined ? {} : { servername }, socket => String(socket.getPeerCertificate().subject.CN))

test('a visitor gets the certificate of the name they ask for, the first one where none is', async () => {
  assert.equal(await nameOf('shop.example'), 'shop')
  assert.equal(await nameOf('www.shop.example'), 'shop')
  assert.equal(await nameOf('news.example'), 'news')
  assert.equal(await nameOf('elsewhere.example'), 'shop')
  assert.equal(await nameOf(), 'shop')
})

test('a page comes over HTTPS through the slow lane first and from the store then, and the origin hears the scheme', async () => {
  const first = await ask('/page')
  assert.deepEqual([first.status, first.text], [200, 'https /page'])
  const second = await ask('/page')
  assert.equal(second.text, 'https /page')
  assert.match(String(second.fields['cache-status']), /^breakwater; hit/)
})

test('plain requests are sent to the same place over HTTPS, but for those who give out certificates', async () => {
  const plain = await fetch(`${shield.url}/page?a=b`, { redirect: 'manual' })
  assert.deepEqual([plain.status, plain.headers.get('location')], [308, `https://127.0.0.1:${port}/page?a=b`])
  const challenge = await fetch(`${shield.url}/.well-known/acme-challenge/token`, { redirect: 'manual' })
  assert.deepEqual([challenge.status, await challenge.text()], [200, 'http /.well-known/acme-challenge/token'])
})

const STRICT = 'max-age=31536000; includeSubDomains; preload'

/** Each value of the field, over HTTP/1.1 from the lines as they came. */
async function strictnessOf(path: string, more = ''): Promise<string[]> {
  const text = await shake({ servername: 'strict.shop.example' }, socket => {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: strict.shop.example\r\n${more}Connection: close\r\n\r\n`)
    return new Promise<string>(resolve => {
      let came = ''
      socket.setEncoding('latin1').on('data', (chunk: string) => (came += chunk))
      socket.on('end', () => resolve(came))
    })
  })
  return [...text.matchAll(/^strict-transport-security: (.*)\r$/gim)].map(([, value]) => value!)
}

test('browsers are told to keep to HTTPS, once, in the place of what origin and rules say, by both lanes and versions', async () => {
  // Passed through, stored, from the store twice, unchanged, by a rule, refused, and from the origin alone.
  for (const path of ['/fresh', '/strict', '/strict', '/strict', '/ruled', '/ruled', '/nowhere'])
    assert.deepEqual(await strictnessOf(path), [STRICT], path)
  const http2 = connectHttp2(`https://127.0.0.1:${port}`, {
    servername: 'strict.shop.example',
    rejectUnauthorized: false,
  })
  for (const path of ['/fresh', '/strict', '/strict']) {
    const stream = http2.request({ ':path': path, ':authority': 'strict.shop.example' })
    const [headers] = (await once(stream.resume(), 'response')) as [IncomingHttpHeaders]
    assert.equal(headers['strict-transport-security'], STRICT, path)
  }
  http2.destroy()
  // Another site says what its origin says.
  const other = await ask('/strict')
  assert.equal(other.fields['strict-transport-security'], 'max-age=5')
})

/** The fields of an answer to a plain request with these. */
const plain = (more: Record<string, string>): Promise<NodeJS.Dict<string | string[]>> =>
  new Promise((resolve, reject) => {
    const headers = { Host: 'strict.shop.example', ...more }
    plainRequest({ host: '127.0.0.1', port: shield.port, path: '/fresh', headers, agent: false }, response => {
      response.resume()
      resolve(response.headers)
    })
      .on('error', reject)
      .end()
  })

test('nothing of it is said over plain HTTP, but behind a proxy that took the request over HTTPS', async () => {
  const redirected = await plain({})
  assert.equal(redirected['location'], `https://strict.shop.example:${port}/fresh`)
  assert.equal(redirected['strict-transport-security'], undefined)
  assert.equal((await plain({ 'X-Forwarded-Proto': 'https' }))['strict-transport-security'], STRICT)
})

test('ciphers that a stolen key would open afterwards are not spoken', async () => {
  const only = (ciphers: string): Promise<string> =>
    shake({ maxVersion: 'TLSv1.2', ciphers, servername: 'shop.example' }, socket => socket.getCipher().name)
  for (const old of ['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-SHA', 'AES128-GCM-SHA256'])
    await assert.rejects(only(old), /handshake failure|no ciphers|no shared cipher/i, old)
  assert.equal(await only('ECDHE-ECDSA-AES256-GCM-SHA384'), 'ECDHE-ECDSA-AES256-GCM-SHA384')
  assert.equal(
    await only('ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256'),
    'ECDHE-ECDSA-CHACHA20-POLY1305',
  )
  assert.equal(await shake({ servername: 'shop.example' }, socket => socket.getCipher().name), 'TLS_AES_128_GCM_SHA256')
})

test('a session is taken up again on whichever edge the visitor comes to', async () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const bounds = { minVersion: version, maxVersion: version, servername: 'shop.example' } as const
    const session = await shake(
      bounds,
      socket =>
        new Promise<Buffer>(resolve => {
          const known = version === 'TLSv1.2' ? socket.getSession() : undefined
          if (known !== undefined) resolve(known)
          else socket.once('session', resolve)
        }),
    )
    // Ten connections reach both edges but for one run in 500.
    for (let i = 0; i < 10; i++) {
      assert.equal(await shake({ ...bounds, session }, socket => socket.isSessionReused()), true, `${version}, ${i}`)
    }
  }
})

test('versions that are too old are refused', async () => {
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' } as const
    await assert.rejects(
      shake(old, () => 'spoken'),
      /alert protocol version/i,
      version,
    )
  }
})

/** By their numbers, since no client of today knows them all; with a certificate on a curve (shop) and with one of RSA (news). */
const WEAK = {
  'RSA with RC4': 0x0005,
  'RSA with 3DES': 0x000a,
  'RSA with AES-CBC': 0x002f,
  'RSA with AES-256-CBC': 0x0035,
  'RSA with AES-GCM': 0x009c,
  'DHE-RSA with AES-GCM': 0x009e,
  'ECDHE-ECDSA with RC4': 0xc007,
  'ECDHE-ECDSA with 3DES': 0xc008,
  'ECDHE-ECDSA with AES-CBC': 0xc009,
  'ECDHE-RSA with RC4': 0xc011,
  'ECDHE-RSA with 3DES': 0xc012,
  'ECDHE-RSA with AES-CBC': 0xc013,
  'ECDHE-ECDSA with AES-CBC and SHA-256': 0xc023,
  'ECDHE-RSA with AES-CBC and SHA-256': 0xc027,
  'no encryption': 0x0002,
  'nobody known': 0xc018,
}

test('no suite is spoken that is broken, or without forward secrecy, whatever certificate a name has', async () => {
  for (const [name, good] of [
    ['shop.example', 0xc02b],
    ['news.example', 0xc02f],
  ] as const) {
    assert.equal(await answerToHello(port, name, [good]), `hello ${good}`)
    for (const [what, suite] of Object.entries(WEAK))
      assert.equal(await answerToHello(port, name, [suite]), 'alert 40', `${name}: ${what}`)
    assert.equal(await answerToHello(port, name, [...Object.values(WEAK), good]), `hello ${good}`)
  }
})

test('names that nobody has, and such as are none, get the first certificate and harm nobody', async () => {
  for (const name of ['elsewhere.example', 'x'.repeat(300), '..', '*', '*.shop.example', '127.0.0.1', 'a\0b', '\u00fc'])
    assert.match(await answerToHello(port, name, [0xc02b]), /^hello 49195$|^alert \d+$/, name)
  assert.equal(await nameOf('news.example'), 'news')
})

test('a new certificate is taken up when its files change, and open connections go on', async () => {
  const open = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  await new Promise(resolve => open.once('secureConnect', resolve))
  const fresh = makeCertificate(folder, 'fresh', ['shop.example'])
  copyFileSync(fresh.key, shop.key)
  copyFileSync(fresh.chain, shop.chain)
  await until('the new certificate', async () => (await nameOf('shop.example')) === 'fresh')
  open.write('GET /open HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n')
  const [bytes] = await new Promise<[Buffer]>(resolve => open.once('data', (chunk: Buffer) => resolve([chunk])))
  assert.match(bytes.toString(), /^HTTP\/1\.1 200 OK/)
  open.destroy()
})

const filesOf = ({ chain, key }: Made) => ({ chain, key: { file: key } })

test('a second certificate is shown by name as soon as the config has it, and no more when it has not', async () => {
  const [one, two] = [makeCertificate(folder, 'one', ['one.example']), makeCertificate(folder, 'two', ['two.example'])]
  const alone = await freePort()
  const listen = `127.0.0.1:${alone}`
  const config = (certificates: ReturnType<typeof filesOf>[]) => ({
    sites: [{ hosts: '*', origins: [origin.url] }],
    tls: { listen, certificates },
  })
  await using other = await Shield.start({ config: config([filesOf(one)]) })
  const shown = (servername: string): Promise<string> =>
    shake({ servername, port: alone }, socket => String(socket.getPeerCertificate().subject.CN))
  assert.equal(await shown('two.example'), 'one')
  other.rewrite(config([filesOf(one), filesOf(two)]))
  await until('the second is shown', async () => (await shown('two.example')) === 'two')
  assert.equal(await shown('one.example'), 'one')
  other.rewrite(config([filesOf(one)]))
  await until('it is shown no more', async () => (await shown('two.example')) === 'one')
})

test('what cannot be used is said when the config is checked, with its place', async () => {
  const other = makeCertificate(folder, 'other', ['other.example'])
  const file = join(folder, 'wrong.yaml')
  const sites = `sites:\n  - origins: [${origin.url}]\n`
  const of = (chain: string, key: string): string =>
    `${sites}tls:\n  listen: 127.0.0.1:0\n  certificates:\n    - chain: ${chain}\n      key: { file: ${key} }\n`
  const first = async (text: string): Promise<string> => {
    writeFileSync(file, text)
    const loaded = await loadConfig({ file })
    return loaded.ok ? 'right' : `${loaded.errors[0]!.line} ${loaded.errors[0]!.code}: ${loaded.errors[0]!.message}`
  }
  assert.equal(await first(of(other.chain, other.key)), 'right')
  assert.match(
    await first(of(other.chain, shop.key)),
    /^7 bad-certificate: the key is of another certificate than DNS:other\.example/,
  )
  assert.match(await first(of(other.key, other.key)), /^6 bad-certificate: no certificate in PEM/)
  assert.match(await first(of(join(folder, 'gone.pem'), other.key)), /file-unreadable: .*there is no such file/)
  assert.match(
    await first(`${sites}tls: { listen: 127.0.0.1:0 }\n`),
    /contradiction: HTTPS is served, and there is no certificate: name files of one, or acme.names to order/,
  )
})
