// Whole runs of the generator against small real servers.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { suite, test } from 'node:test'
import { type LoadResult, runLoad } from '../../src/rehearse/load.ts'
import type { LoadOptions } from '../../src/rehearse/options.ts'
import { until } from '../fixtures/until.ts'

// Side by side, since each mostly waits for its seconds to pass.
suite('a run', { concurrency: true }, () => {
  test('a healthy site: every visitor is planned, sent and answered, pages by their weights', async () => {
    const seen = new Map<string, number>()
    const result = await loadAgainst(
      (request, response) => {
        seen.set(request.url!, (seen.get(request.url!) ?? 0) + 1)
        response.setHeader('Cache-Status', `x; ${request.url === '/' ? 'hit' : 'fwd=miss'}`)
        response.end('page')
      },
      { shape: { kind: 'constant', rate: 300 }, seconds: 2, seed: 3, process: 'even', paths: PATHS },
    )
    assert.equal(result.planned, 600)
    assert.equal(result.good, 600)
    assert.equal(result.status['2xx'], 600)
    assert.equal(result.lost, 0)
    assert.equal(result.judged, 600)
    assert.equal(result.hits, seen.get('/'))
    assert.ok(Math.abs(seen.get('/')! - 450) < 60, `${seen.get('/')} of 600 for a weight of 3 to 1`)
    assert.ok(result.bytes > 600 * 'HTTP/1.1 200 OKpage'.length)
    assert.ok(result.connections === 0 && result.inFlight === 0)
  })

  test('the time a server stalls is felt by everybody who came meanwhile, not by one', async () => {
    let stalled = false
    const result = await loadAgainst(
      (_request, response) => {
        if (!stalled) {
          stalled = true
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000) // the whole server stands still
        }
        response.end('page')
      },
      { shape: { kind: 'constant', rate: 200 }, seconds: 2, seed: 1, process: 'even' },
    )
    // Half of the visitors came in that second, and waited for what was left of it: half a second on average.
    assert.ok(result.latencyMs.p95 > 700, `p95 ${result.latencyMs.p95} ms`)
    assert.equal(result.lost, 0)
  })

  test('a refusal is a lost view, and an impatient visitor tries again', async () => {
    let asked = 0
    const refuseFirst: RequestListener = (_request, response) => response.writeHead(asked++ < 20 ? 503 : 200).end()
    const shape = { kind: 'constant', rate: 20 } as const
    const patient = await loadAgainst(refuseFirst, { shape, seconds: 2, seed: 1, process: 'even' })
    assert.deepEqual([patient.lost, patient.lostBy.status, patient.good], [20, 20, 20])
    asked = 0
    const impatient = await loadAgainst(refuseFirst, { shape, seconds: 2, seed: 1, process: 'even', reloadAfter: 0.3 })
    assert.deepEqual([impatient.lost, impatient.good, impatient.reloads], [0, 40, 20])
  })

  test('a site that does not listen, hangs up or talks nonsense loses visitors by that name', async () => {
    const options = { shape: { kind: 'constant', rate: 20 }, seconds: 1, process: 'even', target: '' } as const
    const closed = await listening(createTcpServer())
    closed.server.close()
    assert.equal((await load({ ...options, target: closed.target })).lostBy.refused, 20)
    const rude = await listening(
      createTcpServer(socket =>
        socket.on('error', () => {}).once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut')),
      ),
    )
    assert.equal((await load({ ...options, target: rude.target })).lostBy.closed, 20)
    rude.server.close()
    const odd = await listening(
      createTcpServer(socket => socket.on('error', () => {}).once('data', () => socket.write('HELLO\r\n\r\n'))),
    )
    assert.equal((await load({ ...options, target: odd.target })).lostBy.malformed, 20)
    odd.server.close()
  })

  test('a kept connection that the server closes as a request leaves costs no view', async () => {
    const closesSoon = await listening(
      createTcpServer(socket => {
        socket.on('error', () => {})
        socket.on('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
          setTimeout(() => socket.resetAndDestroy(), 5)
        })
      }),
    )
    const options = {
      target: closesSoon.target,
      shape: { kind: 'constant', rate: 200 },
      seconds: 1,
      process: 'even',
    } as const
    const result = await load(options)
    closesSoon.server.close()
    assert.deepEqual([result.good, result.lost], [200, 0])
  })

  test('visitors carry a cookie of their own when asked to', async () => {
    const cookies = new Set<string>()
    await loadAgainst(
      (request, response) => {
        cookies.add(request.headers.cookie ?? '')
        response.end()
      },
      { shape: { kind: 'constant', rate: 50 }, seconds: 1, process: 'even', newVisitors: 1, visitorCookie: 'visitor' },
    )
    assert.equal(cookies.size, 50)
    for (const cookie of cookies) assert.match(cookie, /^visitor=[0-9a-f]+$/)
  })

  test('a run that cannot keep its schedule is invalid and says why', async () => {
    const result = await loadAgainst((_request, response) => void setTimeout(() => response.end(), 500), {
      shape: { kind: 'constant', rate: 100 },
      seconds: 1,
      process: 'even',
      maxConnections: 10,
    })
    assert.equal(result.valid, false)
    assert.match(result.faults.join(), /views were sent on schedule.*found every connection busy/)
    assert.equal(result.unsent + result.good, 100)
  })

  test('the signal ends a run at once, with a report of what was', async () => {
    const site = await listening(createServer((_request, response) => response.end()))
    const abort = new AbortController()
    const run = await runLoad(
      { target: site.target, shape: { kind: 'constant', rate: 100 }, seconds: 600 },
      abort.signal,
    )
    let seconds = 0
    for await (const second of run.seconds) {
      assert.equal(second.second, ++seconds)
      // On a busy machine the crowd may need longer than a second to begin.
      if (second.planned > 0) break
    }
    abort.abort()
    const result = await run.result
    site.server.close()
    assert.equal(result.stopped, true)
    assert.ok(result.planned > 0 && result.seconds < 60)
  })

  test('who leaves before the answer resets the connection, so that its port is free at once', async t => {
    const [asked, reset] = [new Set<Socket>(), new Set<Socket>()]
    const silent = await listening(
      createTcpServer(socket => {
        socket.on('data', () => asked.add(socket)).on('error', () => reset.add(socket))
      }),
    )
    const abort = new AbortController()
    t.after(() => {
      abort.abort()
      silent.server.close()
    })
    const shape = { kind: 'constant', rate: 50 } as const
    const run = await runLoad({ target: silent.target, shape, seconds: 600 }, abort.signal)
    await until('ten have asked', () => asked.size >= 10)
    abort.abort()
    await run.result
    await until('all who asked have left', () => asked.isSubsetOf(reset))
  })

  test('a crowd of many thousand connections comes from several addresses of this machine, a smaller one from one', async () => {
    for (const [maxConnections, addresses] of [
      [4000, ['127.0.0.1']],
      [12_000, ['127.0.0.1', '127.0.0.2', '127.0.0.3']],
    ] as const) {
      const seen = new Set<string | undefined>()
      const result = await loadAgainst((request, response) => (seen.add(request.socket.remoteAddress), void response.end()), {
        shape: { kind: 'constant', rate: 60 }, seconds: 1, process: 'even', newVisitors: 1, maxConnections,
      }) // prettier-ignore
      assert.equal(result.good, 60)
      if (process.platform === 'linux') assert.deepEqual(seen, new Set<string | undefined>(addresses))
    }
  })

  test('two workers share one crowd', async () => {
    const result = await loadAgainst((_request, response) => response.end(), {
      shape: { kind: 'constant', rate: 200 },
      seconds: 1,
      workers: 2,
      process: 'even',
    })
    assert.deepEqual([result.planned, result.good], [200, 200])
  })

  test('options out of bounds are refused before anything is sent', async () => {
    const options: LoadOptions = { target: 'http://127.0.0.1:9', shape: { kind: 'constant', rate: 1 }, seconds: 1 }
    await assert.rejects(runLoad({ ...options, seconds: 4000 }), /seconds must be 1 to 3600, not 4000/)
    await assert.rejects(runLoad({ ...options, shape: { kind: 'constant', rate: 1e6 } }), /must be 0 to 100000/)
    await assert.rejects(runLoad({ ...options, paths: [{ path: 'a b', weight: 1 }] }), /must begin with \//)
    await assert.rejects(runLoad({ ...options, target: 'http://192.0.2.7' }), /TargetRefused/)
  })
})

const PATHS = [
  { path: '/', weight: 3 },
  { path: '/other', weight: 1 },
]

async function listening(server: Server): Promise<{ server: Server; target: string }> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { server, target: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function load(options: LoadOptions): Promise<LoadResult> {
  return (await runLoad(options)).result
}

async function loadAgainst(listener: RequestListener, options: Omit<LoadOptions, 'target'>): Promise<LoadResult> {
  const site = await listening(createServer(listener))
  try {
    return await load({ ...options, target: site.target })
  } finally {
    site.server.close()
  }
}
