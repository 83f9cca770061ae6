// Visitors who speak HTTP/2: the same line of rooms, the same answers, and bounds for those who flood.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, constants } from 'node:http2'
import type { ClientHttp2Session, IncomingHttpHeaders, OutgoingHttpHeaders, Settings } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { makeCertificate } from '../fixtures/certificate.ts'
import { freePort } from '../fixtures/free-port.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'

const folder = mkdtempSync(join(tmpdir(), 'breakwater-http2-'))
const BIG = Buffer.alloc(3 * 1024 * 1024, 'x')
const KEPT = { 'cache-control': 'max-age=60', 'x-own': 'Kept' }
const BODY_40 = Buffer.from(Array.from({ length: 40 * 1024 }, (_, i) => 97 + (i % 26)))
let origin: Origin
let shield: Shield
let port: number

before(async () => {
  const { chain, key } = makeCertificate(folder, 'shop', ['shop.example'])
  origin = await Origin.start({
    '/page': { fields: { 'cache-control': 'max-age=60', etag: '"1"' }, body: 'page' },
    '/big': { fields: { 'cache-control': 'no-store' }, body: BIG },
    '/slow': { work: 300, body: 'slow' },
    '/kept-1': { fields: KEPT, body: 'one' },
    '/kept-40': { fields: KEPT, body: BODY_40 },
    '/kept-200': { fields: KEPT, body: Buffer.alloc(200 * 1024, 'z') },
    '/last': { work: 300, body: 'last' },
    '/echo': ({ body }) => ({ body: `${body.length}` }),
    '*': ({ fields }) => ({ fields: { 'set-cookie': ['a=1', 'b=2'] }, body: JSON.stringify(fields) }),
  })
  port = await freePort()
  shield = await Shield.start({
    config: {
      sites: [{ hosts: 'shop.example', origins: [origin.url] }],
      limits: { idleTimeout: '5s', sendTimeout: '4s', bodyTimeout: '1s', requestBody: '1 MiB' },
      tls: { listen: `127.0.0.1:${port}`, certificates: [{ chain, key: { file: key } }] },
    },
  })
})

after(async () => {
  await shield.stop()
  await origin.stop()
  rmSync(folder, { recursive: true })
})

async function session(use: (session: ClientHttp2Session) => Promise<void>, settings: Settings = {}): Promise<void> {
  const options = { servername: 'shop.example', rejectUnauthorized: false, settings } as const
  const made = connect(`https://127.0.0.1:${port}`, options)
  made.on('error', () => undefined)
  await once(made, 'connect')
  try {
    await use(made)
  } finally {
    made.destroy()
  }
}

interface Came {
  status: number
  fields: IncomingHttpHeaders
  text: string
  /** What the stream was reset with; 0 where it was not. */
  reset: number
}

function ask(on: ClientHttp2Session, fields: OutgoingHttpHeaders, body?: Buffer): Promise<Came> {
  return new Promise((resolve, reject) => {
    const stream = on.request({ ':authority': 'shop.example', ...fields }, { endStream: body === undefined })
    const came: Came = { status: 0, fields: {}, text: '', reset: 0 }
    stream.on('response', headers => {
      came.fields = headers
      came.status = Number(headers[':status'])
    })
    stream.setEncoding('latin1').on('data', (chunk: string) => (came.text += chunk))
    stream.on('error', error => (came.status === 0 && stream.rstCode === 0 ? reject(error) : undefined))
    stream.on('close', () => resolve({ ...came, reset: stream.rstCode }))
    if (body !== undefined) stream.end(body)
  })
}

test('a page comes through the rooms, from the store then, unchanged where it is, and its head alone', () =>
  session(async on => {
    const first = await ask(on, { ':path': '/page' })
    assert.deepEqual([first.status, first.text], [200, 'page'])
    assert.match(String(first.fields['cache-status']), /fwd=uri-miss/)
    assert.equal(first.fields['connection'], undefined)
    const second = await ask(on, { ':path': '/page' })
    assert.match(String(second.fields['cache-status']), /^breakwater; hit/)
    assert.deepEqual([second.status, second.text, second.fields['content-length']], [200, 'page', '4'])
    const head = await ask(on, { ':path': '/page', ':method': 'HEAD' })
    assert.deepEqual([head.status, head.text, head.fields['content-length']], [200, '', '4'])
    const unchanged = await ask(on, { ':path': '/page', 'if-none-match': '"1"' })
    assert.deepEqual([unchanged.status, unchanged.text], [304, ''])
    const mode = await ask(on, { ':path': '/.breakwater/mode' })
    assert.equal(mode.text, 'normal\n')
  }))

/** What does not change from one answer to the next. */
const own = ({ age: _age, 'cache-status': _status, ...rest }: IncomingHttpHeaders): IncomingHttpHeaders => rest

/** Requests that the fast lane has answered so far. */
const fastHits = async (): Promise<number> => (await shield.stats()).counters['fastLane']?.total ?? 0

test('what is stored is answered by the fast lane with the same fields, before and between what the origin answers', () =>
  session(async on => {
    // As browsers do: all that is asked for at once fits into the window.
    on.setLocalWindowSize(16 * 1024 * 1024)
    const miss = await ask(on, { ':path': '/kept-40' })
    assert.match(String(miss.fields['cache-status']), /fwd=uri-miss/)
    const before = await fastHits()
    const hits = await Promise.all(Array.from({ length: 50 }, () => ask(on, { ':path': '/kept-40', 'x-any': 'a' })))
    for (const { status, text, fields, reset } of hits) {
      assert.deepEqual([status, text, reset], [200, BODY_40.toString(), 0])
      assert.match(String(fields['cache-status']), /^breakwater; hit; ttl=/)
      assert.deepEqual({ ...own(fields) }, { ...own(miss.fields) })
    }
    const all = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        i % 3 === 0 ? ask(on, { ':path': '/who', 'x-number': String(i) }) : ask(on, { ':path': '/kept-40' }),
      ),
    )
    for (const [i, { text }] of all.entries())
      if (i % 3 === 0) assert.equal((JSON.parse(text) as Record<string, string>)['x-number'], String(i))
      else assert.equal(text, BODY_40.toString())
    const head = await ask(on, { ':path': '/kept-40', ':method': 'HEAD' })
    assert.deepEqual([head.text, head.fields['content-length']], ['', String(BODY_40.length)])
    await until('all of them are counted', async () => (await fastHits()) - before >= 91)
    await until('none of them is open', async () => (await shield.stats()).accounts.open === 0)
  }))

test('what is larger than the visitor takes at once, or than the fast lane has ready, comes whole all the same', async () => {
  await session(
    async on => {
      for (const [path, bytes] of [
        ['/kept-40', BODY_40.length],
        ['/kept-200', 200 * 1024],
        ['/kept-200', 200 * 1024],
        ['/kept-1', 3],
        ['/kept-1', 3],
      ] as const)
        assert.equal((await ask(on, { ':path': path })).text.length, bytes)
    },
    { initialWindowSize: 1000 },
  )
  // The window of the connection, which both lanes share: 65,535 bytes until the visitor widens it as it reads.
  await session(async on => {
    const paths = Array.from({ length: 40 }, (_, i) => ['/kept-40', '/kept-200', '/big'][i % 3]!)
    const sizes = await Promise.all(paths.map(async path => (await ask(on, { ':path': path })).text.length))
    assert.deepEqual(
      sizes,
      paths
        .map(path => ({ '/kept-40': 40, '/kept-200': 200 })[path])
        .map(kib => (kib === undefined ? BIG.length : kib * 1024)),
    )
  })
})

test('the first that a visitor hears is our settings, however soon they ask for what is stored', async () => {
  await session(async on => void (await ask(on, { ':path': '/kept-1' })))
  const head = (
    [':method', 'GET', ':scheme', 'https', ':path', '/kept-1', ':authority', 'shop.example'] as const
  ).flatMap((text, i) => [...(i % 2 === 0 ? [0] : []), text.length, ...Buffer.from(text)])
  const first = frame(1, 5, 1, Buffer.from(head))
  for (let i = 0; i < 10; i++) {
    const socket = await greeted(Buffer.concat([PREFACE, frame(4, 0, 0), first]))
    const came = await new Promise<Buffer>(resolve => {
      let all = Buffer.alloc(0)
      socket.on('data', (chunk: Buffer) => {
        all = Buffer.concat([all, chunk])
        if (all.includes('one')) resolve(all)
      })
    })
    socket.destroy()
    assert.equal(came[3], 4)
  }
})

test('a head that may not be sent over HTTP/2 is no hit either', () =>
  session(async on => {
    await ask(on, { ':path': '/kept-1' })
    for (const fields of [
      { ':path': '/kept-1', ':scheme': 'ftp' },
      { ':path': '/kept-1', host: 'other.example' },
    ]) {
      const { status, reset } = await ask(on, fields)
      assert.ok(status === 400 || reset !== 0, `${status} ${reset}`)
    }
  }))

test('cookies are one again, the host is the authority, several lines of an answer stay apart, and Via tells the version', () =>
  session(async on => {
    const { fields, text } = await ask(on, { ':path': '/who', cookie: ['a=1', 'b=2', 'c=3'], te: 'trailers' })
    const seen = JSON.parse(text) as Record<string, string>
    assert.equal(seen['cookie'], 'a=1; b=2; c=3')
    assert.equal(seen['host'], 'shop.example')
    assert.equal(seen['x-forwarded-proto'], 'https')
    assert.match(seen['via']!, /^2\.0 breakwater/)
    assert.deepEqual(fields['set-cookie'], ['a=1', 'b=2'])
  }))

test('many at once on one connection, a large one among them, each gets its own', () =>
  session(async on => {
    const big = ask(on, { ':path': '/big' })
    const all = await Promise.all(
      Array.from({ length: 60 }, (_, i) => ask(on, { ':path': `/item-${i}`, 'x-number': String(i) })),
    )
    for (const [i, { status, text }] of all.entries())
      assert.deepEqual([status, (JSON.parse(text) as Record<string, string>)['x-number']], [200, String(i)])
    assert.equal((await big).text.length, BIG.length)
  }))

test('bodies are handed on with a length and without, within the bound', () =>
  session(async on => {
    const post = (body: Buffer, more: OutgoingHttpHeaders = {}) =>
      ask(on, { ':path': '/echo', ':method': 'POST', ...more }, body)
    assert.equal((await post(Buffer.alloc(200_000, 'a'), { 'content-length': 200_000 })).text, '200000')
    assert.equal((await post(Buffer.alloc(300_000, 'a'))).text, '300000')
    assert.equal((await post(Buffer.alloc(0))).text, '0')
    assert.equal((await post(Buffer.alloc(2 * 1024 * 1024, 'a'))).status, 413)
    assert.equal((await ask(on, { ':path': '/page' })).status, 200)
  }))

test('what two readers could take for two things is refused', () =>
  session(async on => {
    // nghttp2 resets a stream for some of it.
    const statusOf = async (fields: OutgoingHttpHeaders): Promise<number> => {
      const { status, reset } = await ask(on, fields)
      return status === 0 && reset !== 0 ? 400 : status
    }
    assert.equal(await statusOf({ ':path': '/page', host: 'other.example' }), 400)
    assert.equal(await statusOf({ ':path': 'http://other.example/page' }), 400)
    assert.equal(await statusOf({ ':path': '/page', ':scheme': 'ftp' }), 400)
    assert.equal(await statusOf({ ':path': '/page', ':authority': 'shop.example@other.example' }), 400)
    assert.equal(await statusOf({ ':path': '/page', content_length: '5' }), 400)
    assert.equal(await statusOf({ ':path': '/page', ':method': 'TRACE' }), 405)
    assert.equal(await statusOf({ ':path': `/${'x'.repeat(9000)}` }), 414)
    assert.equal(await statusOf({ ':path': '/page', ':authority': 'elsewhere.example' }), 421)
    // Ours alone: no outsider sets them.
    const { text } = await ask(on, { ':path': '/who', 'breakwater-mode': 'spike', x_forwarded_for: '6.6.6.6' })
    const seen = JSON.parse(text) as Record<string, string>
    assert.deepEqual([seen['breakwater-mode'], seen['x_forwarded_for']], [undefined, undefined])
  }))

test('whoever opens streams and gives them up at once is shown out, and others are not', async () => {
  await session(async flood => {
    let sent = 0
    const more = setInterval(() => {
      for (let i = 0; i < 50 && !flood.destroyed && !flood.closed; i++, sent++) {
        const stream = flood.request({ ':authority': 'shop.example', ':path': '/slow' })
        stream.on('error', () => undefined)
        stream.close(constants.NGHTTP2_CANCEL)
      }
    }, 5)
    try {
      await until('it is shown out', () => flood.closed || flood.destroyed, 45_000)
    } finally {
      clearInterval(more)
    }
    assert.ok(sent >= 100, String(sent))
  })
  await session(async on => assert.equal((await ask(on, { ':path': '/page' })).status, 200))
  await until('nothing is open', async () => (await shield.stats()).accounts.open === 0)
})

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** A connection whose frames are written by hand, with the first of them sent. */
async function greeted(first: Buffer): Promise<TLSSocket> {
  const to = { host: '127.0.0.1', port, servername: 'shop.example' } as const
  const socket = connectTls({ ...to, ALPNProtocols: ['h2'], rejectUnauthorized: false })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  assert.equal(socket.alpnProtocol, 'h2')
  socket.write(first)
  return socket
}

/** Does so again and again until it is shown out. */
async function raw(use: (socket: TLSSocket) => void): Promise<void> {
  const socket = await greeted(Buffer.concat([PREFACE, frame(4, 0, 0)]))
  // What was on its way when it was closed is answered with a reset.
  socket.on('error', () => undefined)
  const closed = new Promise(resolve => socket.resume().once('close', resolve))
  const again = setInterval(() => use(socket), 5)
  await closed
  clearInterval(again)
}

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

test('floods of CONTINUATION, of settings and of pings end their connection', { timeout: 60_000 }, async () => {
  // A head that begins and never ends (CVE-2024-27316).
  let isBegun = false
  await raw(socket => {
    if (!isBegun) socket.write(frame(1, 0, 1, Buffer.of(0x82)))
    isBegun = true
    socket.write(Buffer.concat(Array.from({ length: 50 }, () => frame(9, 0, 1, Buffer.alloc(100, 0x82)))))
  })
  const settings = Buffer.concat(Array.from({ length: 50 }, () => Buffer.of(0, 3, 0, 0, 0, 100)))
  await raw(socket => socket.write(Buffer.concat(Array.from({ length: 500 }, () => frame(4, 0, 0, settings)))))
  await session(async on => assert.equal((await ask(on, { ':path': '/page' })).status, 200))
})

// In a session each: in one, a machine that stood still for longer than both have shuts it off before it says 408.
test('who takes nothing of an answer is shut off', { timeout: 60_000 }, () =>
  session(async on => {
    // On a machine with much else to do the origin has no room at times: of a refusal there is nothing to be taken.
    for (let status: unknown = 0; status !== 200;) {
      const stuck = on.request({ ':authority': 'shop.example', ':path': '/big' })
      stuck.on('error', () => undefined)
      status = ((await once(stuck, 'response')) as [IncomingHttpHeaders])[0][':status']
      if (status !== 200) await once(stuck.resume(), 'close')
    }
    await once(on, 'close')
  }),
)

test('who sends nothing of a body is told so', { timeout: 60_000 }, () =>
  session(async on => {
    const silent = on.request(
      { ':authority': 'shop.example', ':path': '/echo', ':method': 'POST', 'content-length': 10 },
      { endStream: false },
    )
    silent.on('error', () => undefined)
    const [headers] = (await once(silent, 'response')) as [IncomingHttpHeaders]
    assert.equal(headers[':status'], 408)
  }),
)

test('idle connections are closed, and a drain lets what is open end', { timeout: 60_000 }, async () => {
  await session(async on => {
    await ask(on, { ':path': '/page' })
    await once(on, 'close')
  })
  await session(async on => {
    const last = ask(on, { ':path': '/last' })
    await until('it is asked for', () => origin.asked.some(({ path }) => path === '/last'))
    const ended = shield.stop()
    assert.equal((await last).text, 'last')
    assert.equal(await ended, 0)
  })
})
