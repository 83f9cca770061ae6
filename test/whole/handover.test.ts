// One process takes the place of another, and no visitor notices. `npm run handover -- --requests 100000` runs the first for longer
// and at full load.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { ConfigInput } from '../../src/config/types.ts'
import { makeCertificate } from '../fixtures/certificate.ts'
import { freePort } from '../fixtures/free-port.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import { WATCHED, handOver, handingOver } from './fixtures/handing-over.ts'

const pidOf = async (shield: Shield): Promise<number> => (await shield.stats()).pid

/** One that nobody has asked how it ended is over all the same. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

async function overHttp2(port: number) {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, servername: 'shop.example' })
  session.on('error', () => undefined)
  await once(session, 'connect')
  const get = async (): Promise<number> => {
    const stream = session.request({ ':path': '/', ':authority': 'shop.example' })
    stream.resume()
    const [headers] = (await once(stream, 'response')) as [{ ':status': number }]
    return headers[':status']
  }
  return { session, get }
}

const gone = (pid: number): Promise<void> => until(`process ${pid} is gone`, () => !isAlive(pid), 90_000)

describe('a hand-over', { timeout: 900_000 }, () => {
  it('fails no request and loses no form, three times over, on kept connections and on new ones', async context => {
    if (spawnSync('wrk', ['-v']).error !== undefined) return context.skip('wrk is not installed')
    const { requests, failed, forms, handovers, slowest, longest, report } = await handingOver({
      ...{ requests: 1000, handovers: 3, rest: 20 },
    })
    context.diagnostic(
      `${requests} requests, ${failed} failed; ${forms.acknowledged} forms; a new connection waited ${slowest} ms at most, a hand-over took ${longest} ms`,
    )
    assert.equal(failed, 0, report)
    assert.equal(handovers, 3)
    assert.deepEqual([forms.lost, forms.twice], [0, 0])
    assert.ok(forms.acknowledged > 50, `${forms.acknowledged} forms`)
  })

  it('ends what is in flight in the process that goes, while the one that comes serves', async () => {
    const released = Promise.withResolvers<void>()
    await using origin = await Origin.start({
      '/slow': () => released.promise.then(() => ({ body: 'slow' })),
      '/quick': { fields: { 'cache-control': 'max-age=600' }, body: 'quick' },
    })
    await using shield = await Shield.start({ config: { sites: [{ origins: [origin.url] }] }, under: WATCHED })
    await ask(shield.port, '/quick')
    const slow = ask(shield.port, '/slow')
    await until('it is in flight', () => origin.of('/slow').length === 1)
    const { from, to } = await handOver(shield.data)
    assert.notEqual(from, to)
    const quick = await ask(shield.port, '/quick')
    assert.match(quick.cache, /hit/, 'what was stored is there')
    assert.ok(isAlive(from), 'the other still has the slow one')
    assert.equal(await pidOf(shield), to)
    released.resolve()
    assert.equal((await slow).text, 'slow')
    await gone(from)
    assert.equal((await ask(shield.port, '/quick')).status, 200)
    assert.equal(await shield.stop(), 0, 'whoever started it sees one process, which ends with the last')
    await gone(to)
  })

  it('goes on with the old process, and says why, where the new config is wrong', async () => {
    await using origin = await Origin.start({ '*': { body: 'page' } })
    await using shield = await Shield.start({ config: { sites: [{ origins: [origin.url] }] } })
    const before = await pidOf(shield)
    writeFileSync(join(shield.folder, 'breakwater.json'), '{ "sites": [{ "origins": ["nonsense here"] }] }')
    await assert.rejects(
      handOver(shield.data),
      /No other process can take over: [^]*nonsense here[^]* This one goes on\./,
    )
    assert.equal(await pidOf(shield), before)
    assert.equal((await ask(shield.port, '/')).status, 200)
  })

  it('begins anew in the old process where the new one took over and cannot serve', async () => {
    await using origin = await Origin.start({ '/page': { fields: { 'cache-control': 'max-age=600' }, body: 'page' } })
    const config: ConfigInput = { sites: [{ origins: [origin.url] }] }
    await using shield = await Shield.start({ config })
    await ask(shield.port, '/page')
    const before = await pidOf(shield)
    const squatter = createServer()
    await new Promise<void>(resolve => squatter.listen(0, '127.0.0.1', resolve))
    const { port } = squatter.address() as AddressInfo
    shield.rewrite({ ...config, admin: `127.0.0.1:${port}` })
    await shield.heard('config-applied')
    await assert.rejects(handOver(shield.data), /this one has begun anew/)
    const [failed] = await shield.heard('handover-failed')
    assert.match(String(failed!['why']), /Cannot listen on 127\.0\.0\.1/)
    assert.equal(await pidOf(shield), before)
    assert.match((await ask(shield.port, '/page')).cache, /hit/)
    squatter.close()
  })

  it('takes a changed port and more edges with it, which a reload cannot', async () => {
    await using origin = await Origin.start({ '*': { body: 'page' } })
    const config: ConfigInput = { sites: [{ origins: [origin.url] }] }
    await using shield = await Shield.start({ config, under: WATCHED })
    const port = await freePort()
    shield.rewrite({ ...config, edges: 3, listen: ['127.0.0.1:0', `127.0.0.1:${port}`] })
    await handOver(shield.data)
    assert.equal((await ask(shield.port, '/')).status, 200, 'the port that the system drew stays')
    assert.equal((await ask(port, '/')).status, 200)
    assert.equal((await shield.stats()).threads.filter(({ role }) => role === 'edge').length, 3)
  })

  it('hands HTTPS over, with HTTP/2 on the sockets as before', async context => {
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-handover-'))
    context.after(() => rmSync(folder, { recursive: true }))
    await using origin = await Origin.start({ '*': { body: 'page' } })
    const port = await freePort()
    const { chain, key } = makeCertificate(folder, 'shop', ['shop.example'])
    const tls = { listen: `127.0.0.1:${port}`, certificates: [{ chain, key: { file: key } }] }
    await using shield = await Shield.start({ config: { tls, sites: [{ origins: [origin.url] }] }, under: WATCHED })
    const early = await overHttp2(port)
    assert.equal(await early.get(), 200)
    const { to } = await handOver(shield.data)
    await until('its session has been told to end', () => early.session.closed || early.session.destroyed)
    const late = await overHttp2(port)
    assert.equal(await late.get(), 200)
    late.session.close()
    assert.equal(await pidOf(shield), to)
  })

  it('acknowledges a form that was on its way, in the journal of the new process, and sends it once', async () => {
    await using origin = await Origin.start({ '/sign': { status: 303, fields: { location: '/done' } } })
    const rules = [{ name: 'sign', match: 'POST /sign', collect: { when: 'always' as const } }]
    await using shield = await Shield.start({ config: { sites: [{ origins: [origin.url], rules }] }, under: WATCHED })
    const socket = connect(shield.port, '127.0.0.1')
    const type = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\nExpect: 100-continue'
    let answer = ''
    socket.on('data', bytes => (answer += String(bytes)))
    socket.write(`POST /sign HTTP/1.1\r\nHost: www.example.org\r\n${type}\r\n\r\n`)
    await until('its head has come', () => answer.startsWith('HTTP/1.1 100 '))
    socket.write('name=')
    const { from } = await handOver(shield.data)
    assert.ok(isAlive(from))
    socket.write('Grace')
    await once(socket, 'end')
    assert.match(answer, /\r\n\r\nHTTP\/1\.1 (?:202|303) /)
    assert.match(answer, /^breakwater-receipt: /im)
    await until('it arrived whole', () => String(origin.of('/sign')[0]?.body) === 'name=Grace')
    assert.equal(origin.of('/sign').length, 1)
    await gone(from)
  })

  it('takes out of the new store what a request in the old process has made untrue', async () => {
    let text = 'before'
    const released = Promise.withResolvers<void>()
    await using origin = await Origin.start({
      '/page': ({ method }) =>
        method === 'POST'
          ? released.promise.then(() => ({ status: 204 }))
          : { fields: { 'cache-control': 'max-age=600' }, body: text },
    })
    await using shield = await Shield.start({ config: { sites: [{ origins: [origin.url] }] }, under: WATCHED })
    await ask(shield.port, '/page')
    const posted = ask(shield.port, '/page', { method: 'POST', body: 'change' })
    await until('it is in flight', () => origin.of('/page').length === 2)
    await handOver(shield.data)
    assert.match((await ask(shield.port, '/page')).cache, /hit/)
    text = 'after'
    released.resolve()
    assert.equal((await posted).status, 204)
    assert.equal((await ask(shield.port, '/page')).text, 'after')
  })

  it('sends an origin no more than its limit, both processes together', async () => {
    const released = Promise.withResolvers<void>()
    await using origin = await Origin.start({ '*': () => released.promise.then(() => ({ body: 'page' })) })
    const sites = [{ origins: [origin.url], origin: { concurrency: 4 } }]
    await using shield = await Shield.start({ config: { sites }, under: WATCHED })
    const before = [1, 2, 3].map(i => ask(shield.port, `/before/${i}`))
    await until('three are in flight', () => origin.most() === 3)
    await handOver(shield.data)
    const after = [1, 2, 3].map(i => ask(shield.port, `/after/${i}`))
    await until('there is room for one', () => origin.most() === 4)
    assert.equal(origin.asked.length, 4)
    released.resolve()
    const all = await Promise.all([...before, ...after])
    assert.deepEqual([...new Set(all.map(({ status }) => status))], [200])
    assert.equal(origin.most(), 4)
  })
})
