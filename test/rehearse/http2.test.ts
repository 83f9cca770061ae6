// Visitors who speak HTTP/2, against Node's own server: the same crowd, the same counts.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createPlainServer } from 'node:http'
import { createSecureServer, createServer, type Http2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2' // prettier-ignore
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { Journey } from '../../src/rehearse/journey/journey.ts'
import { runLoad } from '../../src/rehearse/load.ts'
import { makeCertificate } from '../fixtures/certificate.ts'

type Listener = (request: Http2ServerRequest, response: Http2ServerResponse) => void

const SHAPE = { kind: 'constant', rate: 40 } as const

suite('visitors who speak HTTP/2', () => {
  for (const secure of [false, true]) {
    test(`${secure ? 'over TLS' : 'with prior knowledge'}: a session each, cookies of their own, refusals are lost`, async t => {
      let [sessions, given, returned] = [0, 0, 0]
      const server = serverOf(secure, (request, response) => {
        assert.equal(request.httpVersion, '2.0')
        assert.equal(request.headers[':authority'], `localhost:${portOf(server)}`)
        const cookie = request.headers.cookie
        if (cookie === undefined) response.setHeader('Set-Cookie', [`visit=${given++}; Path=/`, 'other=1; Max-Age=0'])
        else returned++
        response.statusCode = request.url === '/gone' ? 404 : 200
        response.end('a page')
      })
      server.on('session', () => sessions++)
      t.after(() => void server.close())
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const target = `http${secure ? 's' : ''}://localhost:${portOf(server)}`
      const paths = [{ path: '/', weight: 3 }, { path: '/gone', weight: 1 }] // prettier-ignore
      const run = await runLoad({ target, http2: true, shape: SHAPE, seconds: 2, process: 'even', newVisitors: 0.5, paths, seed: 4 }) // prettier-ignore
      const result = await run.result
      assert.equal(result.good + result.lost, 80)
      assert.equal(result.lost, result.status['4xx'])
      assert.equal(result.lostBy.status, result.lost)
      assert.equal(result.opened, sessions - 1, 'one more asks beforehand whether the site speaks it')
      assert.equal(given + returned, 80)
      assert.ok(returned > 10 && result.bytes === 80 * 'a page'.length)
    })
  }

  test('a form is found on its page and posted with its hidden token', async t => {
    const posted: string[] = []
    const server = serverOf(false, (request, response) => {
      if (request.method === 'GET')
        return void response.end('<form action="/sign" method="post"><input type="hidden" name="token" value="t0k"><input name="name"></form>') // prettier-ignore
      assert.equal(request.headers['content-type'], 'application/x-www-form-urlencoded')
      let text = ''
      request.setEncoding('utf8').on('data', each => (text += each))
      request.on('end', () => {
        posted.push(text)
        response.writeHead(303, { location: '/' }).end()
      })
    })
    t.after(() => void server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const asking = { expect: { text: [], without: [] }, extract: [] }
    const steps: Journey['steps'] = [
      { kind: 'get', path: '/', ...asking },
      { kind: 'submit', form: undefined, fields: { name: 'Ada' }, ...asking },
    ]
    const options = { http2: true, shape: SHAPE, seconds: 1, process: 'even' as const, journeys: [{ name: 'sign', weight: 1, steps }] } // prettier-ignore
    const result = await (await runLoad({ ...options, target: `http://127.0.0.1:${portOf(server)}` })).result
    assert.equal(result.lost, 0)
    assert.ok(posted.length > 0 && posted.every(text => text === 'token=t0k&name=Ada'), posted.join())
  })

  test('a session that the server ends loses nobody, one that it cuts loses the view', async t => {
    let asked = 0
    const server = serverOf(false, (_request, response) => {
      const { stream } = response
      if (asked++ % 2 === 0) return void response.end('page', () => stream.session?.close())
      response.writeHead(200)
      response.write('half')
      setTimeout(() => stream.session?.destroy(), 20)
    })
    t.after(() => void server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const options = { http2: true, shape: SHAPE, seconds: 1, process: 'even' as const, newVisitors: 1 }
    const result = await (await runLoad({ ...options, target: `http://127.0.0.1:${portOf(server)}` })).result
    assert.deepEqual([result.good, result.lost], [20, 20])
  })

  test('a site that does not speak it is told before anybody is sent', async t => {
    let asked = 0
    const server = createPlainServer((_request, response) => void (asked++, response.end()))
    t.after(() => void server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const target = `http://127.0.0.1:${portOf(server)}`
    await assert.rejects(runLoad({ target, http2: true, shape: SHAPE, seconds: 1 }), /does not speak HTTP\/2 .*leave --http2 out/) // prettier-ignore
    assert.equal(asked, 0)
  })
})

const serverOf = (secure: boolean, listener: Listener): Http2Server =>
  secure ? createSecureServer(certificate(), listener) : createServer(listener)

function certificate(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'http2-'))
  const { key, chain } = makeCertificate(folder, 'site', ['localhost'])
  const made = { key: readFileSync(key), cert: readFileSync(chain) }
  rmSync(folder, { recursive: true })
  return made
}

const portOf = (server: Http2Server | Server): number => (server.address() as AddressInfo).port
