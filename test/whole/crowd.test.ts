// One limit for both edges: what slow crowds hold, and what is left for the others. How a single edge frees its places is
// told in test/admission; here core grants them to two.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { HOST, crowd } from '../fixtures/visitor.ts'

const LIMIT = 8
const EACH = 100

const open = (port: number, head: string): Socket => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(`${head}\r\nHost: ${HOST}\r\n`)
  return socket
}

test(`${EACH} slow uploaders, readers and event streams each leave a limit of ${LIMIT} to the others`, async context => {
  let streams = 0
  let now = 0
  let most = 0
  await using origin = await Origin.start({
    '/events': (_, response) => {
      streams++
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: hello\n\n')
      return undefined
    },
    '*': async ({ path }) => {
      most = Math.max(most, ++now)
      await sleep(10)
      now--
      return { body: path === '/big' ? Buffer.alloc(400_000, 'p') : path }
    },
  })
  // How long one waits on a machine that others use is not what this is about.
  const site = { origins: [origin.url], origin: { concurrency: LIMIT, queue: { wait: '30s' as const } } }
  await using shield = await Shield.start({ config: { sites: [site] } })
  const slow = Array.from({ length: EACH }, (_, i) => {
    const uploader = open(shield.port, 'POST /up HTTP/1.1')
    uploader.write('Content-Length: 1000\r\n\r\nfirst bytes')
    // Each its own page, so that nobody shares a fetch.
    const reader = open(shield.port, `GET /big?${i} HTTP/1.1`)
    reader.pause().write('\r\n')
    const listener = open(shield.port, 'GET /events HTTP/1.1')
    listener.resume().write('\r\n')
    return [uploader, reader, listener]
  }).flat()
  await until('all streams are open', () => streams === EACH)
  await until('the origin is done with the readers', () => origin.of('/big').length === EACH && now === 0)
  const began = performance.now()
  const all = await crowd(shield.port, '/page', 200)
  const seconds = (performance.now() - began) / 1000
  assert.deepEqual([...new Set(all.map(({ status }) => status))], [200])
  context.diagnostic(`200 visitors beside ${slow.length} slow ones in ${seconds.toFixed(2)} s, ${most} at once`)
  assert.ok(most <= LIMIT, `${most} at once at the origin`)
  assert.equal(origin.of('/up').length, 0, 'an upload that is not whole does not concern the origin')
  for (const socket of slow) socket.resetAndDestroy()
  await until('everything is given back', async () => {
    const { counters, origins } = await shield.stats()
    const { streams } = counters as unknown as Record<string, { now: number }>
    return streams!.now === 0 && origins.every(({ inFlight }) => inFlight === 0)
  })
})

test('a probe has a place of its own where visitors hold all others and wait in line, and is alone in it', async () => {
  const { promise, resolve: letGo } = Promise.withResolvers<void>()
  await using origin = await Origin.start({
    '/held': () => promise.then(() => ({ body: 'held' })),
    // Longer than the time from one probe to the next.
    '/healthz': { work: 300, body: 'well' },
  })
  const health = { path: '/healthz', every: '100ms', timeout: '30s' }
  const settings = { concurrency: LIMIT, queue: { wait: '60s' as const }, health } as const
  await using shield = await Shield.start({ config: { sites: [{ origins: [origin.url], origin: settings }] } })
  const visitors = Array.from({ length: 3 * LIMIT }, (_, i) => {
    const visitor = open(shield.port, `GET /held?${i} HTTP/1.1`)
    visitor.resume().write('\r\n')
    return visitor
  })
  await until('every place is taken', () => origin.of('/held').length === LIMIT)
  const before = origin.of('/healthz').length
  await until('it is probed all the same', () => origin.of('/healthz').length >= before + 5)
  assert.deepEqual([origin.most('/held'), origin.most('/healthz')], [LIMIT, 1])
  letGo()
  await until('the others come', () => origin.of('/held').length === 3 * LIMIT)
  assert.equal(origin.most('/held'), LIMIT)
  for (const visitor of visitors) visitor.destroy()
})
