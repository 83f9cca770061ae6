// Certificates that are ordered by themselves, at Pebble: proven in each way, replaced, revoked, and there at once after a restart.

import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { connect } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import type { CertificateState } from '../../src/acme/keeper.ts'
import type { ConfigInput } from '../../src/config/types.ts'
import { Child } from '../cli/fixtures/child.ts'
import { freePort } from '../fixtures/free-port.ts'
import { Origin } from '../fixtures/origin.ts'
import { Pebble, noPebble } from '../fixtures/pebble.ts'
import { Shield } from '../fixtures/shield.ts'
import { until as untilWithin } from '../fixtures/until.ts'

type Acme = NonNullable<NonNullable<ConfigInput['tls']>['acme']>

/** An order looks at its challenge each second, and is one of many processes here. */
const until = (what: string, condition: () => boolean | Promise<boolean>): Promise<void> =>
  untilWithin(what, condition, 90_000)

/** What a visitor is shown for the name; undefined where there is nothing to show. */
function shown(port: number, servername: string, ca?: string): Promise<TLSSocket | undefined> {
  return new Promise(resolve => {
    const options = {
      host: '127.0.0.1',
      port,
      servername,
      ...(ca === undefined ? { rejectUnauthorized: false } : { ca }),
    }
    const socket = connect(options, () => resolve(socket))
    socket.on('error', () => resolve(undefined))
  })
}

async function serialOf(port: number, name: string, ca?: string): Promise<string | undefined> {
  const socket = await shown(port, name, ca)
  const serial = socket?.getPeerX509Certificate()?.serialNumber
  socket?.destroy()
  return serial
}

async function statesOf(shield: Shield): Promise<CertificateState[]> {
  const answer = (await (await shield.admit('/api/certificates')).json()) as { certificates: CertificateState[] }
  return answer.certificates
}

/** Pebble, a site, and a shield before it that orders certificates there. */
async function scene(t: TestContext, acme: (pebble: Pebble, folder: string) => Partial<Acme>) {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-acme-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [httpPort, tlsPort] = [await freePort(), await freePort()]
  const pebble = await Pebble.start(folder, { httpPort, tlsPort })
  t.after(() => pebble.stop())
  const origin = await Origin.start({ '*': { body: 'page' } })
  t.after(() => origin.stop())
  const own = { directory: pebble.directory, ca: pebble.ca, agree: true, email: 'web@shop.example' } as const
  const config: ConfigInput = {
    sites: [{ hosts: '*', origins: [origin.url] }],
    tls: { listen: `127.0.0.1:${tlsPort}`, acme: { ...own, ...acme(pebble, folder) } },
  }
  const begin = async (data?: string): Promise<Shield> => {
    const shield = await Shield.start({ config, port: httpPort, ...(data === undefined ? {} : { data }) })
    t.after(() => shield.stop())
    return shield
  }
  return { folder, pebble, tlsPort, begin, root: await pebble.root() }
}

const certificates = async (shield: Shield, ...args: string[]) => {
  const child = Child.breakwater(['certificates', ...args, '--data', shield.data], shield.folder)
  return { code: await child.ended, stdout: child.stdout, stderr: child.stderr }
}

test(
  'by a text on port 80: ordered, replaced, revoked and replaced, and there at once after a restart without the directory',
  { timeout: 300_000, skip: noPebble ?? false },
  async t => {
    const { pebble, tlsPort, begin, root } = await scene(t, () => ({ names: ['shop.example', 'www.shop.example'] }))
    const shield = await begin()
    const of = (name: string) => serialOf(tlsPort, name, root)
    await until(
      'both have one',
      async () => (await of('shop.example')) !== undefined && (await of('www.shop.example')) !== undefined,
    )
    const first = (await of('shop.example'))!
    assert.notEqual(first, await of('www.shop.example'))
    const listed = await certificates(shield, 'list')
    assert.equal(listed.code, 0, listed.stdout)
    assert.match(listed.stdout, /^shop\.example +good until \d{4}-\d\d-\d\d \d\d:\d\d, renewed \d{4}/)
    for (const file of readdirSync(join(shield.data, 'acme')))
      assert.equal(statSync(join(shield.data, 'acme', file)).mode & 0o077, 0, file)

    const open = (await shown(tlsPort, 'shop.example', root))!
    assert.equal((await certificates(shield, 'renew', 'shop.example')).code, 0)
    await until('another one is shown', async () => ![undefined, first].includes(await of('shop.example')))
    const second = (await of('shop.example'))!
    assert.equal(await pebble.statusOf(first), 'Valid')
    open.write('GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n')
    const [answer] = await new Promise<[Buffer]>(resolve => open.once('data', (chunk: Buffer) => resolve([chunk])))
    assert.match(answer.toString(), /^HTTP\/1\.1 200 OK/)
    open.destroy()

    await certificates(shield, 'revoke', 'shop.example')
    await until('it is replaced', async () => ![undefined, second].includes(await of('shop.example')))
    assert.equal(await pebble.statusOf(second), 'Revoked')
    const third = (await of('shop.example'))!
    assert.equal(await pebble.statusOf(third), 'Valid')

    const unknown = await certificates(shield, 'renew', 'elsewhere.example')
    assert.equal(unknown.code, 2)
    assert.match(unknown.stderr, /is one of tls\.acme\.names \(shop\.example, www\.shop\.example\)/)

    pebble.stop()
    shield.child.process.kill('SIGKILL')
    await shield.child.ended
    const next = await begin(shield.data)
    assert.equal(await of('shop.example'), third)
    await certificates(next, 'renew', 'shop.example')
    await until('it says what is wrong', async () => (await statesOf(next)).some(({ error }) => error !== null))
    const [state] = await statesOf(next)
    assert.ok(state!.tries === 1 && state!.nextTry > Date.now(), JSON.stringify(state))
    assert.equal(await of('shop.example'), third)
  },
)

test(
  'by a certificate on port 443, while visitors go on being served',
  { timeout: 300_000, skip: noPebble ?? false },
  async t => {
    const { tlsPort, begin, root } = await scene(t, () => ({ names: ['shop.example'], challenge: 'tls-alpn-01' }))
    const shield = await begin()
    await until('it has one', async () => (await serialOf(tlsPort, 'shop.example', root)) !== undefined)
    const first = await serialOf(tlsPort, 'shop.example', root)
    await certificates(shield, 'renew', 'shop.example')
    // Every handshake until then, those during the challenge among them, shows a certificate of the authority.
    let asked = 0
    await until('another one is shown', async () => {
      const serial = await serialOf(tlsPort, 'shop.example', root)
      assert.notEqual(serial, undefined)
      asked++
      return serial !== first
    })
    assert.ok(asked > 1)
  },
)

test('by a record in the DNS: a wildcard', { timeout: 300_000, skip: noPebble ?? false }, async t => {
  const { tlsPort, begin, root } = await scene(t, (pebble, folder) => {
    const program = join(folder, 'dns.mjs')
    writeFileSync(
      program,
      `const { BREAKWATER_DNS_NAME: name, BREAKWATER_DNS_VALUE: value } = process.env
await fetch('${pebble.records}/' + process.argv[2], { method: 'POST', body: JSON.stringify({ host: name + '.', value }) })\n`,
    )
    const run = (verb: string) => [process.execPath, program, verb]
    return { names: ['*.shop.example'], challenge: 'dns-01', dns: { add: run('set-txt'), remove: run('clear-txt') } }
  })
  const shield = await begin()
  await until('it has one', async () => (await serialOf(tlsPort, 'any.shop.example', root)) !== undefined)
  const socket = (await shown(tlsPort, 'any.shop.example', root))!
  const certificate = new X509Certificate(socket.getPeerX509Certificate()!.raw)
  socket.destroy()
  assert.match(String(certificate.subjectAltName), /DNS:\*\.shop\.example/)
  assert.deepEqual(
    (await statesOf(shield)).map(({ name, error }) => [name, error]),
    [['*.shop.example', null]],
  )
})

test(
  'what the directory suggests goes before its time: it is replaced at once',
  { timeout: 300_000, skip: noPebble ?? false },
  async t => {
    // Pebble in Debian says nothing of renewals: before its directory stands one that does.
    const asked: string[] = []
    let pebble: Pebble | undefined
    const directory = async (): Promise<string> => {
      const own = JSON.parse(await pebble!.read(pebble!.directory)) as object
      return JSON.stringify({ ...own, renewalInfo: `https://localhost:${port}/renewals` })
    }
    const front = createServer((request, response) => {
      if (request.url === '/dir') return void directory().then(text => response.end(text))
      asked.push(request.url!)
      // Past at first, as where many have to be replaced at once.
      const window = asked.length === 1 ? [-2, -1] : [100, 101]
      const [start, end] = window.map(hours => new Date(Date.now() + hours * 3_600_000).toISOString())
      response.end(JSON.stringify({ suggestedWindow: { start, end } }))
    }).listen(0, '127.0.0.1')
    t.after(() => front.close().closeAllConnections())
    await once(front, 'listening')
    const { port } = front.address() as AddressInfo
    const { tlsPort, begin, root } = await scene(t, (started, folder) => {
      pebble = started
      front.setSecureContext({ cert: readFileSync(started.ca), key: readFileSync(join(folder, 'pebble.key')) })
      return { names: ['shop.example'], directory: `https://localhost:${port}/dir` }
    })
    const shield = await begin()
    await until('it is replaced', async () => shield.logs('certificate-ordered').length >= 2)
    await until('the new window is known', async () => {
      const [state] = await statesOf(shield)
      const hours = ((state?.renewAt ?? 0) - Date.now()) / 3_600_000
      return hours > 99 && hours < 102
    })
    const serial = await serialOf(tlsPort, 'shop.example', root)
    assert.match(asked.at(-1)!, /^\/renewals\/[\w-]+\.[\w-]+$/)
    assert.ok(
      serial !== undefined &&
        Buffer.from(asked.at(-1)!.split('.').at(-1)!, 'base64url').toString('hex').endsWith(serial.toLowerCase()),
    )
    assert.equal(shield.logs('certificate-ordered')[1]!['renewed'], true)
  },
)
