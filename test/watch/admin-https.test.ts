// The admin address beyond this machine: HTTPS with a certificate of its own, the token or a password for reading too, and a command
// line that sends its token only to whom the certificate names.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect } from 'node:tls'
import { Child } from '../cli/fixtures/child.ts'
import { makeCertificate } from '../fixtures/certificate.ts'
import { Origin } from '../fixtures/origin.ts'
import { until } from '../fixtures/until.ts'

describe('admin address with a certificate, open to the network', { timeout: 90_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-admin-'))
  const { chain, key } = makeCertificate(folder, 'admin', ['breakwater.internal'])
  const config = join(folder, 'breakwater.json')
  let origin: Origin
  let child: Child
  let port = 0
  let token = ''

  before(async () => {
    origin = await Origin.start({})
    const admin = { listen: '0.0.0.0:0', certificate: { chain, key: { file: key } }, hosts: ['breakwater.internal'] }
    const rest = { listen: '127.0.0.1:0', edges: 1, data: join(folder, 'data'), cache: { memory: '32 MiB' } }
    writeFileSync(config, JSON.stringify({ ...rest, admin, sites: [{ origins: origin.url }] }))
    child = Child.breakwater(['serve', '--config', config], folder)
    port = Number(
      String((await child.event('serving'))['admin'])
        .split(':')
        .at(-1),
    )
    token = readFileSync(join(folder, 'data', 'admin-token'), 'utf8').trim()
  })
  after(async () => {
    child.process.kill('SIGTERM')
    await child.ended
    await origin.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const asks = { host: '127.0.0.1', servername: 'breakwater.internal', ca: readFileSync(chain), agent: new Agent() }
  const read = async (path: string, headers: Record<string, string> = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; asked: string | undefined }>()
    request({ ...asks, port, path, headers: { host: `breakwater.internal:${port}`, ...headers } }, answer => {
      resolve({ status: answer.statusCode ?? 0, asked: answer.headers['www-authenticate'] })
      answer.resume()
    })
      .on('error', reject)
      .end()
    return promise
  }

  it('speaks HTTPS with that certificate and asks readers for the token, as bearer or as password', async () => {
    assert.deepEqual(await read('/'), { status: 401, asked: 'Basic realm="Breakwater"' })
    assert.equal((await read('/api/stats')).status, 401)
    assert.equal((await read('/metrics', { authorization: `Bearer ${token}` })).status, 200)
    assert.equal((await read('/', { authorization: `Basic ${btoa(`me:${token}`)}` })).status, 200)
    assert.equal((await read('/', { authorization: `Basic ${btoa('me:no')}` })).status, 401)
    assert.equal((await read('/healthz')).status, 200)
    assert.equal((await read('/', { host: 'elsewhere.example', authorization: `Bearer ${token}` })).status, 403)
  })

  it('is reached by commands through the data directory and the config, not by those who cannot know the certificate', async () => {
    const known = Child.breakwater(['alerts', '--config', config, '--json'], folder)
    assert.equal(await known.ended, 0, known.stderr)
    const stranger = mkdtempSync(join(tmpdir(), 'breakwater-stranger-'))
    const unknown = Child.breakwater(['alerts', '--admin', `https://127.0.0.1:${port}`], stranger, {
      BREAKWATER_TOKEN: token,
    })
    assert.equal(await unknown.ended, 2)
    assert.match(unknown.stderr, /The certificate at 127\.0\.0\.1:\d+ is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/)
    const told = Child.breakwater(['alerts', '--admin', `https://localhost:${port}`], stranger, { BREAKWATER_TOKEN: token, NODE_EXTRA_CA_CERTS: chain }) // prettier-ignore
    assert.equal(await told.ended, 2, 'signed by an authority that is trusted, for another name')
    assert.match(told.stderr, /not trusted/)
    rmSync(stranger, { recursive: true })
  })

  it('takes up a renewed certificate without a restart', async () => {
    const renewed = makeCertificate(folder, 'renewed', ['breakwater.internal'])
    copyFileSync(renewed.key, key)
    copyFileSync(renewed.chain, chain)
    await until('the new certificate', async () => (await shownAt(port)) === 'renewed')
  })

  it('names what is wrong with a certificate whose key is missing', async () => {
    const file = join(folder, 'half.json')
    writeFileSync(file, JSON.stringify({ admin: { certificate: { chain } }, sites: [{ origins: origin.url }] }))
    const check = Child.breakwater(['check', '--config', file], folder)
    assert.equal(await check.ended, 1)
    assert.match(check.stdout + check.stderr, /a certificate needs its chain and its key, and key is missing/)
  })
})

/** Whose certificate is shown there. */
async function shownAt(port: number): Promise<string | string[] | undefined> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return subject.CN
}
