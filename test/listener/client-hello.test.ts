// Which protocols a visitor offers, told from the first bytes of real handshakes, whole and in pieces.

import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { connect } from 'node:tls'
import type { ConnectionOptions } from 'node:tls'
import * as fc from 'fast-check'
import { offers } from '../../src/listener/client-hello.ts'

/** The first flight of node:tls with these options. */
function helloOf(options: ConnectionOptions): Promise<Buffer> {
  return new Promise(resolve => {
    const server = createServer(socket => {
      socket.once('data', bytes => {
        socket.destroy()
        server.close()
        resolve(bytes as Buffer)
      })
    }).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      connect({ host: '127.0.0.1', port, servername: 'shop.example', ...options }).on('error', () => undefined)
    })
  })
}

test('a hello says what it offers, however it is cut, and in however many records', async () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const authority = await helloOf({ ALPNProtocols: ['acme-tls/1'], maxVersion })
    const browser = await helloOf({ ALPNProtocols: ['h2', 'http/1.1'], maxVersion })
    const plain = await helloOf({ maxVersion })
    assert.deepEqual(
      [authority, browser, plain].map(hello => offers('acme-tls/1', hello)),
      [true, false, false],
    )
    assert.equal(offers('h2', browser), true)
    for (let length = 0; length < authority.length; length++)
      assert.equal(offers('acme-tls/1', authority.subarray(0, length)), 'more', String(length))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: authority.length - 6 }), at => {
        const body = authority.subarray(5)
        const record = (part: Buffer) =>
          Buffer.concat([authority.subarray(0, 3), Buffer.of(part.length >> 8, part.length & 255), part])
        const parted = Buffer.concat([record(body.subarray(0, at)), record(body.subarray(at))])
        assert.equal(offers('acme-tls/1', parted), true)
      }),
    )
  }
})

test('whatever comes in its place offers nothing, and nothing is read beyond its end', async () => {
  assert.equal(offers('acme-tls/1', Buffer.from('GET / HTTP/1.1\r\n\r\n')), false)
  const hello = await helloOf({ ALPNProtocols: ['acme-tls/1'] })
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), changes => {
      const bytes = Buffer.from(hello)
      for (const [at, value] of changes) bytes[at] = value
      assert.ok(['more', true, false].includes(offers('acme-tls/1', bytes)))
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), bytes => assert.ok(offers('h2', Buffer.from(bytes)) !== true)),
  )
})
