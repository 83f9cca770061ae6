// Fields of one connection (RFC 9110 section 7.6.1).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectionOptions, isHopByHop, withoutHopByHop, withoutNamed } from '../../src/http/hopbyhop.ts'

test('the known ones go, listed or not', () => {
  for (const name of [
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Proxy-Connection',
    'Proxy-Authenticate',
  ]) {
    assert.deepEqual(withoutHopByHop([name, 'x', 'A', '1']), ['A', '1'], name)
    assert.ok(isHopByHop(name.toLowerCase()))
  }
})

test('so do those that Connection names, on any of its lines and in any case', () => {
  assert.deepEqual(withoutHopByHop(['a', '1', 'Connection', 'A, close', 'B', '2', 'connection', 'b', 'C', '3']), [
    'C',
    '3',
  ])
})

test('a connection option cannot take away what is meant for everyone', () => {
  const fields = [
    'Connection',
    'Cookie, Content-Length, Cache-Control, X',
    'Cookie',
    'a=1',
    'Content-Length',
    '0',
    'X',
    '1',
  ]
  assert.deepEqual(withoutHopByHop(fields), ['Cookie', 'a=1', 'Content-Length', '0'])
  assert.deepEqual([...connectionOptions(fields)], ['x'])
})

test('the list handed in is left as it was', () => {
  const fields = ['Connection', 'close']
  withoutHopByHop(fields)
  assert.deepEqual(fields, ['Connection', 'close'])
})

test('what Connection names goes, but what concerns every connection stays for those who read it', () => {
  const plain = ['Connection', 'keep-alive', 'Accept-Language', 'fr']
  assert.equal(withoutNamed(plain), plain)
  const upgrading = [
    'Upgrade',
    'websocket',
    'Connection',
    'keep-alive, Upgrade, Accept-Language',
    'accept-language',
    'fr',
  ]
  assert.deepEqual(withoutNamed(upgrading), upgrading.slice(0, 4))
  const cookies = ['Connection', 'Cookie', 'Cookie', 'a=1']
  assert.deepEqual(withoutNamed(cookies), cookies)
})
