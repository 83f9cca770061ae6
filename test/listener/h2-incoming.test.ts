// What HTTP/2 clients send, read by the fast lane: heads as nghttp2 packs them, in whatever pieces they come, and what nobody may send.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:http2'
import type { OutgoingHttpHeaders } from 'node:http2'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { encodeFields, encodeHead } from '../../src/listener/h2/encode.ts'
import { Code, Flags, Type, writeFrameHead, writeHead } from '../../src/listener/h2/frames.ts'
import { Decoder } from '../../src/listener/h2/hpack.ts'
import type { Field } from '../../src/listener/h2/hpack.ts'
import { unfold } from '../../src/listener/h2/huffman.ts'
import { Incoming } from '../../src/listener/h2/incoming.ts'

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const MOST = 80 * 1024

/** Reads, and keeps what it read. */
class Reader {
  readonly heads: [string, string][][] = []
  readonly forwarded: Buffer[] = []
  readonly settings: [number, number][] = []
  widened = 0
  failed: number | undefined
  readonly #open = new Set<number>()
  readonly incoming: Incoming

  constructor(answers = true) {
    this.incoming = new Incoming(
      {
        answer: (_stream, fields) => {
          this.heads.push(fields.map(({ name, value }) => [name, value]))
          return answers
        },
        forward: bytes => void this.forwarded.push(Buffer.from(bytes)),
        opened: stream => void this.#open.add(stream),
        ended: () => {},
        reset: stream => void this.#open.delete(stream),
        isOpen: stream => this.#open.has(stream),
        widened: bytes => void (this.widened += bytes),
        settled: (setting, value) => void this.settings.push([setting, value]),
        fail: code => void (this.failed = code),
      },
      () => MOST,
    )
  }
}

const frame = (type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(9)
  writeFrameHead(head, 0, payload.length, type, flags, stream)
  return Buffer.concat([head, payload])
}

const word = (value: number): Buffer => Buffer.of(value >>> 24, value >>> 16, value >>> 8, value)

/** All that Node's own client sends for requests with these headers, one after the other on one connection. */
async function sentFor(requests: OutgoingHttpHeaders[]): Promise<Buffer> {
  const sent: Buffer[] = []
  const duplex = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      sent.push(Buffer.from(chunk))
      done()
    },
  })
  const session = connect('https://shop.example', { createConnection: () => duplex })
  session.on('error', () => {})
  await once(session, 'connect')
  for (const headers of requests) session.request(headers).on('error', () => {})
  // What it sends comes with the turns of the event loop.
  for (let turns = 0; turns < 20; turns++) await new Promise(resolve => setImmediate(resolve))
  session.destroy()
  return Buffer.concat(sent)
}

test('the Huffman code is that of RFC 7541, as its examples in appendix C.4 have it', () => {
  const into = Buffer.alloc(64)
  const read = (hex: string): string => {
    const bytes = Buffer.from(hex, 'hex')
    const length = unfold(bytes, 0, bytes.length, into)
    return length === -1 ? 'no code' : into.toString('latin1', 0, length)
  }
  assert.equal(read('f1e3c2e5f23a6ba0ab90f4ff'), 'www.example.com')
  assert.equal(read('a8eb10649cbf'), 'no-cache')
  assert.equal(read('25a849e95ba97d7f'), 'custom-key')
  // A whole byte of filling, filling that is not ones, and the end of the string within it (section 5.2).
  assert.equal(read('a8eb10649cbfff'), 'no code')
  assert.equal(read('a8eb10649cbe'), 'no code')
  assert.equal(read('ffffffff'), 'no code')
})

test('heads are read as nghttp2 packs them: every byte, from the table, cut into any pieces', async () => {
  const value = fc.string({
    unit: fc.integer({ min: 0x21, max: 0xff }).map(code => String.fromCharCode(code)),
    maxLength: 80,
  })
  const request = fc.record({ path: value, agent: value, other: value })
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 200 }),
      async (all, cut) => {
        const asked = all.map(({ path, agent, other }) => ({
          ':path': `/${path}`,
          'user-agent': `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa${agent}`,
          'x-other': other,
        }))
        const bytes = await sentFor(asked)
        const reader = new Reader()
        for (let at = 0; at < bytes.length; at += cut) reader.incoming.read(bytes.subarray(at, at + cut))
        assert.equal(reader.failed, undefined)
        const seen = reader.heads.map(head => Object.fromEntries(head))
        assert.equal(seen.length, asked.length)
        for (const [i, head] of seen.entries()) {
          assert.equal(head[':method'], 'GET')
          for (const name of [':path', 'user-agent', 'x-other'] as const) assert.equal(head[name], asked[i]![name])
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('what goes on is the same head without the table, and the same again when it is read', () => {
  const fields: Field[] = [
    { name: ':method', value: 'POST' },
    { name: 'x-long', value: 'y'.repeat(20_000) },
    { name: 'empty', value: '' },
  ]
  const block = encodeFields(fields)
  assert.deepEqual(new Decoder().decode(block, 0, block.length, MOST), fields)
  const reader = new Reader(false)
  const frames = Buffer.alloc(block.length + 100)
  const length = writeHead(frames, 0, block, 1, true)
  reader.incoming.read(Buffer.concat([Buffer.from(PREFACE), frames.subarray(0, length)]))
  assert.equal(reader.failed, undefined)
  assert.deepEqual(Buffer.concat(reader.forwarded.slice(1)), frames.subarray(0, length))
})

test('the head of an answer loses what belongs to a connection of HTTP/1.1', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nX-Own:  a b \r\nAge: 3\r\n\r\n'
  const block = encodeHead(Buffer.from(head))
  assert.deepEqual(new Decoder().decode(block, 0, block.length, MOST), [
    { name: ':status', value: '200' },
    { name: 'content-type', value: 'text/html' },
    { name: 'x-own', value: 'a b' },
    { name: 'age', value: '3' },
  ])
  const rare = encodeHead(Buffer.from('HTTP/1.1 418 Teapot\r\n\r\n'))
  assert.deepEqual(new Decoder().decode(rare, 0, rare.length, MOST), [{ name: ':status', value: '418' }])
})

test('padding and priority are taken off, window and settings are read, and what is said of answered streams is dropped', () => {
  const reader = new Reader()
  const block = encodeFields([{ name: ':method', value: 'GET' }])
  const padded = Buffer.concat([Buffer.of(3), Buffer.alloc(5), block, Buffer.alloc(3)])
  reader.incoming.read(
    Buffer.concat([
      Buffer.from(PREFACE),
      frame(Type.settings, 0, 0, Buffer.concat([Buffer.of(0, 4), word(1000), Buffer.of(0, 1), word(2000)])),
      frame(Type.headers, Flags.endHeaders | Flags.endStream | Flags.padded | Flags.priority, 1, padded),
      frame(Type.windowUpdate, 0, 0, word(70_000)),
      frame(Type.windowUpdate, 0, 1, word(5)),
      frame(Type.reset, 0, 1, word(8)),
      frame(Type.priority, 0, 3, Buffer.alloc(5)),
    ]),
  )
  assert.equal(reader.failed, undefined)
  assert.deepEqual(reader.heads, [[[':method', 'GET']]])
  assert.deepEqual(reader.settings, [
    [4, 1000],
    [1, 2000],
  ])
  assert.equal(reader.widened, 70_000)
  // The preface and the settings.
  assert.equal(reader.forwarded.length, 2)
})

test('what no client may send ends the connection, with the code that says why', () => {
  const failed = (...frames: Buffer[]): number | undefined => {
    const reader = new Reader()
    reader.incoming.read(Buffer.concat([Buffer.from(PREFACE), ...frames]))
    return reader.failed
  }
  const begun = frame(Type.headers, 0, 1, Buffer.of(0x82))
  assert.equal(failed(begun, frame(Type.ping, 0, 0, Buffer.alloc(8))), Code.protocolError)
  assert.equal(failed(begun, frame(Type.continuation, 4, 3, Buffer.of(0x82))), Code.protocolError)
  assert.equal(failed(frame(Type.continuation, 4, 1, Buffer.of(0x82))), Code.protocolError)
  assert.equal(failed(frame(Type.headers, 4, 0, Buffer.of(0x82))), Code.protocolError)
  assert.equal(failed(frame(Type.reset, 0, 5, Buffer.alloc(4))), Code.protocolError)
  assert.equal(failed(frame(Type.windowUpdate, 0, 0, Buffer.alloc(4))), Code.protocolError)
  assert.equal(failed(frame(Type.windowUpdate, 0, 0, Buffer.alloc(3))), Code.frameSizeError)
  assert.equal(failed(frame(Type.data, 0, 1, Buffer.alloc(16_385))), Code.frameSizeError)
  // No such field; a string that does not end; a size of the table beyond ours, and one behind a field.
  assert.equal(failed(frame(Type.headers, 5, 1, Buffer.of(0xff, 0x20))), Code.compressionError)
  assert.equal(failed(frame(Type.headers, 5, 1, Buffer.of(0x00, 0x05, 0x61))), Code.compressionError)
  assert.equal(failed(frame(Type.headers, 5, 1, Buffer.of(0x3f, 0xe2, 0x1f))), Code.compressionError)
  assert.equal(failed(frame(Type.headers, 5, 1, Buffer.of(0x82, 0x20))), Code.compressionError)
  assert.equal(
    failed(frame(Type.headers, 5, 1, Buffer.of(0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01))),
    Code.compressionError,
  )
  const reader = new Reader()
  reader.incoming.read(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
  assert.equal(reader.failed, Code.protocolError)
})

test('a head that never ends, and one that is small on its way and large once unpacked, end the connection', () => {
  const endless = new Reader()
  endless.incoming.read(Buffer.concat([Buffer.from(PREFACE), frame(Type.headers, 0, 1, Buffer.of(0x82))]))
  for (let i = 0; i < 100 && endless.failed === undefined; i++) endless.incoming.read(frame(Type.continuation, 0, 1))
  assert.equal(endless.failed, Code.enhanceYourCalm)
  // 4,000 bytes in the table, and a byte for each time they are meant.
  const name = Buffer.alloc(3, 'n')
  const value = Buffer.alloc(4000, 'v')
  const kept = Buffer.concat([Buffer.of(0x40, name.length), name, Buffer.of(0x7f, 0xa1, 0x1e), value])
  const bomb = new Reader()
  bomb.incoming.read(
    Buffer.concat([Buffer.from(PREFACE), frame(Type.headers, 5, 1, Buffer.concat([kept, Buffer.alloc(1000, 0xbe)]))]),
  )
  assert.equal(bomb.failed, Code.enhanceYourCalm)
})

test('whatever comes, it is read, handed on or refused, and nothing breaks', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), fc.boolean(), (payloads, answers) => {
      const reader = new Reader(answers)
      reader.incoming.read(Buffer.from(PREFACE))
      for (const [i, bytes] of payloads.entries())
        reader.incoming.read(frame(bytes[0] ?? i, bytes[1] ?? 0, (bytes[2] ?? 1) & 7, Buffer.from(bytes)))
      assert.ok(reader.incoming.last >= 0)
    }),
    { numRuns: 500 },
  )
})
