// Visitors with cookies, forms and TLS against real servers, and what a stall does to them.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { CookieJar } from '../../src/rehearse/cookies.ts'
import { type LoadResult, runLoad } from '../../src/rehearse/load.ts'
import type { LoadOptions } from '../../src/rehearse/options.ts'

// One after the other: a server that stalls here stalls its whole process.
suite('visitors', () => {
  test('a cookie that the server sets comes back from the same visitor, and from no other', async () => {
    const seen = new Map<string, number>()
    let given = 0
    const listener: RequestListener = (request, response) => {
      const cookie = request.headers.cookie
      if (cookie === undefined)
        response.setHeader('Set-Cookie', [`session=${given++}; Path=/; HttpOnly`, 'gone=1; Max-Age=0'])
      else seen.set(cookie, (seen.get(cookie) ?? 0) + 1)
      response.end()
    }
    const result = await against(listener, {
      shape: { kind: 'constant', rate: 100 },
      seconds: 2,
      newVisitors: 0.2,
      seed: 5,
    })
    assert.equal(result.good, result.planned)
    const returned = [...seen.values()].reduce((sum, times) => sum + times, 0)
    assert.equal(returned + given, result.planned)
    assert.ok(given >= result.planned * 0.1 && given <= result.planned * 0.5, `${given} new of ${result.planned}`)
    for (const cookie of seen.keys()) assert.match(cookie, /^session=\d+$/)
  })

  test('a form is posted whole, with its length and type', async () => {
    const bodies: string[] = []
    const listener: RequestListener = (request, response) => {
      assert.equal(request.method, 'POST')
      assert.equal(request.headers['content-type'], 'application/x-www-form-urlencoded')
      request.setEncoding('utf8').on('data', text => bodies.push(text))
      request.on('end', () => response.writeHead(303, { Location: '/thanks' }).end())
    }
    const paths = [{ path: '/sign', weight: 1, form: { name: 'Zoë & Co', place: 'Quayside' } }]
    const result = await against(listener, {
      shape: { kind: 'constant', rate: 40 },
      seconds: 1,
      process: 'even',
      paths,
    })
    assert.equal(result.good, 40)
    assert.deepEqual(new Set(bodies), new Set(['name=Zo%C3%AB+%26+Co&place=Quayside']))
  })

  test('the page of a waiting room is no loss: the visitor asks again when it says so, and a refusal stays one', async () => {
    const asked = new Map<string, number>()
    const listener: RequestListener = (request, response) => {
      const cookie = request.headers.cookie ?? ''
      const times = (asked.get(cookie) ?? 0) + 1
      asked.set(cookie, times)
      const waits = cookie === '' || times === 1
      if (cookie === '') response.setHeader('Set-Cookie', `ticket=${asked.get('')}`)
      if (waits) response.setHeader('Retry-After', '1').setHeader('Breakwater-Waiting', 'waiting')
      response.writeHead(waits ? 503 : 200).end()
    }
    const shape = { kind: 'recorded' as const, rates: [20, 0, 0, 0], every: 1 }
    const result = await against(listener, { shape, seconds: 4, newVisitors: 1 })
    assert.equal(result.lost, 0)
    assert.equal(result.queued, result.visitors)
    assert.equal(result.waits, 2 * result.visitors)
    assert.equal(result.good, 3 * result.visitors)
    const refused = await against(refusing, { shape: { kind: 'constant', rate: 20 }, seconds: 1 })
    assert.deepEqual([refused.good, refused.waits, refused.queued], [0, 0, 0])
  })

  test('over TLS each new visitor makes a handshake of their own', async t => {
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-tls-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    try {
      const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
      execFileSync('openssl', [...args, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' })
    } catch {
      return t.skip('this machine has no openssl')
    }
    const server = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) =>
      response.end('x'),
    )
    let handshakes = 0
    server.on('secureConnection', () => handshakes++)
    const target = `https://localhost:${await listening(server)}`
    const shape = { kind: 'constant', rate: 40 } as const
    const result = await (await runLoad({ target, shape, seconds: 1, process: 'even', newVisitors: 1 })).result
    server.close()
    assert.deepEqual([result.good, result.opened, handshakes], [40, 40, 40])
  })

  test('a server that stalls for 2 s: the p99 from planned times is what the server itself measured (coordinated omission)', async () => {
    const [rate, seconds, stallAt, stallMs] = [200, 4, 200, 2000]
    const [came, ended]: number[][] = [[], []]
    const listener: RequestListener = (_request, response) => {
      if (came!.push(performance.now()) === stallAt)
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs)
      response.end(() => ended!.push(performance.now()))
    }
    const result = await against(listener, { shape: { kind: 'constant', rate }, seconds, process: 'even' })
    // Visitors were due evenly; nobody came before they were due, so the promptest tells when the schedule began.
    const due = Array.from({ length: rate * seconds }, (_, i) => ((i + 0.5) / rate) * 1000)
    const began = Math.min(...came!.map((at, i) => at - due[i]!))
    const waits = ended!.map((at, i) => at - began - due[i]!).sort((a, b) => a - b)
    const expected = waits[Math.ceil(0.99 * waits.length) - 1]!
    assert.equal(result.good, rate * seconds)
    assert.ok(expected > 0.9 * stallMs, `${expected} ms`)
    const off = Math.abs(result.latencyMs.p99 - expected) / expected
    assert.ok(off < 0.05, `p99 is ${result.latencyMs.p99} ms, ${expected} ms as the server measured it`)
  })
})

test('cookies are kept by path, replaced, expired and refused as RFC 6265 says', () => {
  const jar = new CookieJar('shop.example', false)
  jar.take('a=1', '/cart/add', 0)
  jar.take('b=2; Path=/', '/cart/add', 0)
  jar.take('c=3; Secure; Path=/', '/', 0)
  jar.take('d=4; Domain=other.example', '/', 0)
  jar.take('e=5; Domain=.example; Max-Age=10; Path=/', '/', 0)
  assert.equal(jar.fieldFor('/cart/pay?x=1', 0), 'a=1; b=2; e=5')
  assert.equal(jar.fieldFor('/cartoon', 0), 'b=2; e=5')
  assert.equal(jar.fieldFor('/', 10_000), 'b=2')
  jar.take('b=3; Path=/', '/', 0)
  jar.take('e=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/', '/', 0)
  assert.equal(jar.fieldFor('/', 0), 'b=3')
  for (let i = 0; i < 60; i++) jar.take(`many${i}=1; Path=/`, '/', 0)
  assert.equal(jar.size, 50)
})

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

const refusing: RequestListener = (_request, response) => response.writeHead(503, { 'Retry-After': '1' }).end()

async function against(listener: RequestListener, options: Omit<LoadOptions, 'target'>): Promise<LoadResult> {
  const server = createServer(listener)
  const target = `http://127.0.0.1:${await listening(server)}`
  try {
    return await (
      await runLoad({ ...options, target })
    ).result
  } finally {
    server.close()
  }
}
