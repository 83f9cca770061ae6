// The corpus of requests that must be refused, sent byte by byte over real sockets.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { bounds, chunks, framing, hosts, lines, requestLines, type Story } from './corpus/refused.ts'
import { echo, pause, start, type Started, statuses } from './slow-harness.ts'

const NEXT = 'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n'

let shield: Started
const forwarded: string[] = []

before(async () => {
  shield = await start(x => {
    forwarded.push(x.target)
    return echo(x)
  })
})
after(() => shield[Symbol.asyncDispose]())

async function tell({ bytes, status }: Story): Promise<void> {
  forwarded.length = 0
  const before = shield.count('refused')
  const received = await shield.raw(bytes + NEXT)
  assert.deepEqual(statuses(received), [status], received)
  assert.match(received, /^Connection: close\r$/m)
  assert.match(received, /^Cache-Control: no-store\r$/m)
  assert.match(received, /^Content-Length: \d+\r$/m)
  assert.ok(!forwarded.includes('/smuggled'), 'nothing behind it was taken for a request')
  assert.equal(shield.count('refused') - before, 1)
}

const groups = { lines, requestLines, hosts, framing, chunks, bounds }
for (const [group, stories] of Object.entries(groups)) {
  describe(`${group} that are refused, with the connection closed behind them`, () => {
    for (const story of stories) test(`${story.status}: ${story.name}`, () => tell(story))
  })
}

test('the same requests are refused alike when they come byte by byte', async () => {
  const short = [...lines, ...requestLines, ...hosts, ...framing, ...chunks].filter(({ bytes }) => bytes.length < 200)
  const told = await Promise.all(
    short.map(async ({ name, bytes, status }) => {
      const received = await shield.raw(bytes.split(''))
      return statuses(received).join() === String(status) ? undefined : `${name}: ${received.slice(0, 40)}`
    }),
  )
  assert.deepEqual(
    told.filter(each => each !== undefined),
    [],
  )
})

test('refusals show a page to people and problem details to programs', async () => {
  const page = await shield.raw('GET / HTTP/1.1\r\nHost: a/b\r\nAccept: text/html\r\n\r\n')
  assert.match(page, /Content-Type: text\/html/)
  const problem = await shield.raw('GET / HTTP/1.1\r\nHost: a/b\r\nAccept: application/json\r\n\r\n')
  assert.match(problem, /Content-Type: application\/problem\+json/)
  assert.match(problem, /"reason":"bad-request"/)
})

test('405 names the methods that are served', async () => {
  assert.match(await shield.raw('CONNECT a.test:1 HTTP/1.1\r\nHost: a.test:1\r\n\r\n'), /^Allow: GET, HEAD, POST/m)
})

test('a tunnel that is refused carries nothing of what follows it', async () => {
  forwarded.length = 0
  const received = await shield.raw(`CONNECT a.test:1 HTTP/1.1\r\nHost: a.test:1\r\n\r\n${NEXT}`)
  assert.deepEqual(statuses(received), [405])
  assert.deepEqual(forwarded, [])
})

test('a fault behind a good request is answered after it, in its turn', async () => {
  const received = await shield.raw(`GET /good HTTP/1.1\r\nHost: a.test\r\n\r\nGET / HTTP/1.1\r\nHost : a.test\r\n\r\n`)
  assert.deepEqual(statuses(received), [200, 400])
  assert.ok(received.indexOf('/good') < received.indexOf(' 400 '))
})

test('bytes behind Connection: close are ignored and do not disturb the answer', async () => {
  const received = await shield.raw(`GET /last HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n${NEXT}`)
  assert.deepEqual(statuses(received), [200])
  assert.match(received, /"target":"\/last"/)
})

test('a head that breaks off is told so, where somebody still listens', async () => {
  assert.deepEqual(statuses(await shield.raw('GET / HTTP/1.1\r\nHo', { end: true })), [400])
})

test('a refused upload is told why although it goes on sending', async () => {
  const socket = await shield.open()
  let received = ''
  socket.on('data', chunk => void (received += chunk.toString('latin1')))
  socket.on('error', () => {})
  const closed = new Promise<void>(resolve => {
    socket.once('end', resolve)
    socket.once('close', () => resolve())
  })
  socket.write(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 50000000\r\n\r\n`)
  for (let i = 0; i < 20; i++) {
    socket.write(Buffer.alloc(65_536))
    await pause(5)
  }
  await closed
  socket.destroy()
  assert.deepEqual(statuses(received), [413])
})
