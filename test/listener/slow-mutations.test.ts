// Whatever comes, the slow lane neither crashes nor hangs nor loses count: streams of good and bad requests, mutated and
// cut at random places.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import * as refused from './corpus/refused.ts'
import { echo, pause, start, statuses, text, until } from './slow-harness.ts'

const HOST = 'Host: a.test\r\n'
const good = [
  `GET /a HTTP/1.1\r\n${HOST}\r\n`,
  `HEAD /b HTTP/1.1\r\n${HOST}\r\n`,
  `POST /c HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`,
  `POST /d HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: 1\r\n\r\n`,
  `GET /e HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n`,
  `POST /f HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`,
  `GET /g HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nabc`,
  `POST /unread HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nabcde`,
  `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`,
  `GET /throws HTTP/1.1\r\n${HOST}\r\n`,
]
const bad = Object.values(refused)
  .flat()
  .map(({ bytes }) => bytes)
  .filter(bytes => bytes.length < 1000)

const mutation = fc.record({
  at: fc.nat(2000),
  what: fc.constantFrom('drop', 'double', 'swap', 'insert'),
  byte: fc.constantFrom('\r', '\n', '\0', ' ', '\t', ':', ';', ',', '0', '9', 'a', '\xff', '\x7f', '/', '\r\n'),
})

const streams = fc.record({
  parts: fc.array(fc.constantFrom(...good, ...good, ...bad), { minLength: 1, maxLength: 6 }),
  mutations: fc.array(mutation, { maxLength: 3 }),
  cuts: fc.array(fc.nat(2000), { maxLength: 4 }),
  leaves: fc.constantFrom('end', 'reset', 'stay'),
})

function mutate(bytes: string, { at, what, byte }: { at: number; what: string; byte: string }): string {
  const i = at % bytes.length
  if (what === 'drop') return bytes.slice(0, i) + bytes.slice(i + 1)
  if (what === 'double') return bytes.slice(0, i + 1) + bytes.slice(i)
  return bytes.slice(0, i) + byte + bytes.slice(what === 'swap' ? i + 1 : i)
}

test('mutated streams of requests end in answers and counts, never in a crash or a hang', async t => {
  let asked = 0
  await using shield = await start(async x => {
    asked++
    assert.ok(x.target.startsWith('/') && x.host !== '' && !x.target.startsWith('/.breakwater'))
    if (x.target === '/throws') throw new Error('thrown on purpose')
    if (x.target.length % 3 === 0) await pause(1)
    return x.target === '/unread' ? text('unread') : echo(x)
  })
  const seed = Date.now() % 2 ** 31
  t.diagnostic(`seed ${seed}`)
  await fc.assert(
    fc.asyncProperty(streams, async ({ parts, mutations, cuts, leaves }) => {
      const bytes = mutations.reduce(mutate, parts.join(''))
      const places = cuts.map(cut => cut % bytes.length).sort((a, b) => a - b)
      const pieces = [...places, bytes.length].map((end, i) => bytes.slice(places[i - 1] ?? 0, end))
      if (leaves === 'reset') {
        const socket = await shield.open()
        socket.on('error', () => {})
        for (const piece of pieces) socket.write(piece, 'latin1')
        await pause(2)
        socket.resetAndDestroy()
      } else {
        const received = await shield.raw(pieces, { end: leaves === 'end', quiet: 60 })
        for (const status of statuses(received)) assert.ok(status >= 200 && status < 600)
      }
      await until(() => shield.lane.connections === 0 && shield.lane.inFlight === 0, 'nothing is left open')
    }),
    { seed, numRuns: 150 },
  )
  const counted = Object.values(shield.counted()).reduce((sum, each) => sum + each, 0)
  assert.ok(counted >= asked, `${asked} asked, ${counted} counted`)
  assert.equal(shield.latencies(), counted)
  // What a room throws because its visitor left or sent nonsense is thrown on purpose too, by the body.
  const expected = /thrown on purpose|RequestBodyError|the visitor left/
  const others = shield.logged.map(({ detail }) => String(detail['error'])).filter(error => !expected.test(error))
  assert.deepEqual(others, [])
})
