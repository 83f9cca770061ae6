// The header of the PROXY protocol: what it says, wherever it is cut, and what is none.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readProxyHeader } from '../../src/listener/proxy-header.ts'
import { blockHeader } from '../fixtures/proxy-header.ts'

const read = (text: string) => readProxyHeader(Buffer.from(text, 'latin1'))

test('version 1 tells who connected, over IPv4 and IPv6', () => {
  assert.deepEqual(read('PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\nGET /'), {
    length: 45,
    source: { address: '192.0.2.7', port: 56324, secure: false },
  })
  const six = read('PROXY TCP6 2001:db8::7 2001:db8::1 1 80\r\n')
  assert.deepEqual(typeof six === 'object' && six.source, { address: '2001:db8::7', port: 1, secure: false })
})

test('what the proxy does not know, and its own connections, have no source', () => {
  assert.deepEqual(read('PROXY UNKNOWN\r\nGET'), { length: 15, source: undefined })
  assert.deepEqual(read('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n'), { length: 35, source: undefined })
  assert.deepEqual(readProxyHeader(blockHeader({ address: '192.0.2.7', port: 1, isLocal: true })), {
    length: 28,
    source: undefined,
  })
})

test('version 2 tells who connected, and whether over TLS', () => {
  const four = readProxyHeader(blockHeader({ address: '192.0.2.7', port: 56324 }))
  assert.deepEqual(four, { length: 28, source: { address: '192.0.2.7', port: 56324, secure: false } })
  const six = readProxyHeader(blockHeader({ address: '2001:db8:0:0:0:0:0:7', port: 9, isSecure: true }))
  assert.deepEqual(six, { length: 60, source: { address: '2001:db8:0:0:0:0:0:7', port: 9, secure: true } })
})

test('what is no header is refused as soon as that is plain', () => {
  for (const text of [
    'GET / HTTP/1.1\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n',
    'PROXY TCP4 2001:db8::7 198.51.100.1 1 2\r\n',
    'PROXY TCP4 192.0.2.777 198.51.100.1 1 2\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n',
    'PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n',
    `PROXY ${'x'.repeat(120)}`,
  ])
    assert.equal(read(text), 'bad', text)
  const header = blockHeader({ address: '192.0.2.7', port: 1, isSecure: true })
  const changed = (at: number, byte: number): Buffer => Buffer.from(header).fill(byte, at, at + 1)
  assert.equal(readProxyHeader(changed(12, 0x11)), 'bad', 'version 1 in a block')
  assert.equal(readProxyHeader(changed(12, 0x22)), 'bad', 'an unknown command')
  assert.equal(readProxyHeader(changed(14, 0xff)), 'bad', 'longer than any proxy makes it')
  assert.equal(readProxyHeader(changed(30, 0xff)), 'bad', 'a field that goes beyond the end')
})

test('a header cut anywhere is the beginning of one, and whole it is read the same with any bytes behind it', () => {
  const address = fc.oneof(
    fc.ipV4(),
    fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }).map(groups => groups.map(g => g.toString(16)).join(':')),
  )
  const source = fc.record({ address, port: fc.nat(65_535), isSecure: fc.boolean() })
  fc.assert(
    fc.property(source, fc.nat(), fc.uint8Array({ maxLength: 50 }), (from, cut, behind) => {
      const header = blockHeader(from)
      assert.equal(readProxyHeader(header.subarray(0, cut % header.length)), 'more')
      const whole = readProxyHeader(Buffer.concat([header, behind]))
      assert.deepEqual(whole, {
        length: header.length,
        source: { address: from.address, port: from.port, secure: from.isSecure },
      })
    }),
  )
})

test('no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (noise, isSigned) => {
      const bytes = isSigned
        ? Buffer.concat([blockHeader({ address: '192.0.2.7', port: 1 }).subarray(0, 12), noise])
        : noise
      readProxyHeader(Buffer.from(bytes))
    }),
  )
})
