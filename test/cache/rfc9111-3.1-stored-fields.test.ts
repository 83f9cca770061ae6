// Which fields are stored (RFC 9111 section 3.1).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storedFields } from '../../src/cache/policy/stored-fields.ts'

test('every field is stored in its order, known or not', () => {
  const fields = [
    'X-Foo',
    '1',
    'Content-Type',
    'a/b',
    'x-foo',
    '2',
    'Clear-Site-Data',
    '"cache"',
    'Cache-Status',
    'a; hit',
  ]
  assert.deepEqual(storedFields(fields), fields)
})

test('the connection’s fields are not, nor those that Connection names', () => {
  assert.deepEqual(
    storedFields(['A', '1', 'Connection', 'a, B', 'B', '2', 'Keep-Alive', '1', 'Proxy-Authenticate', 'x', 'C', '3']),
    ['C', '3'],
  )
})

test('fields named by no-cache or private are not', () => {
  const fields = ['A', '1', 'B', '2', 'C', '3', 'Cache-Control', 'no-cache="A", private="b, x"']
  assert.deepEqual(storedFields(fields), ['C', '3', 'Cache-Control', 'no-cache="A", private="b, x"'])
})

test('a targeted field names them in the place of Cache-Control', () => {
  const fields = ['A', '1', 'B', '2', 'Cache-Control', 'no-cache="a"', 'CDN-Cache-Control', 'no-cache="b"']
  assert.deepEqual(storedFields(fields).slice(0, 2), ['A', '1'])
  assert.ok(!storedFields(fields).includes('B'))
})

test('a cookie is set for one visitor only, and Age is written anew', () => {
  assert.deepEqual(storedFields(['Set-Cookie', 'a=1', 'set-cookie2', 'b=1', 'Age', '5', 'Date', 'x']), ['Date', 'x'])
})
