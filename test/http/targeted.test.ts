// Targeted cache control (RFC 9213) and the Structured Fields below it (RFC 8941).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isPresent, seconds } from '../../src/http/cachecontrol.ts'
import { parseDictionary } from '../../src/http/structured.ts'
import { parseTargeted, responsePolicy } from '../../src/http/targeted.ts'

const age = (value: string) => seconds(parseTargeted(value)!, 'max-age')
const source = (...fields: string[]) => responsePolicy(fields).source

test('the field meant for us goes before that for all CDNs, and both before Cache-Control', () => {
  const [cc, cdn, ours] = [
    ['Cache-Control', 'a'],
    ['CDN-Cache-Control', 'b'],
    ['Breakwater-Cache-Control', 'c'],
  ]
  assert.equal(source(...cc), 'cache-control')
  assert.equal(source(...cc, ...cdn), 'cdn-cache-control')
  assert.equal(source(...cdn, ...ours, ...cc), 'breakwater-cache-control')
})

test('an empty or malformed field is as good as absent', () => {
  for (const value of [
    '',
    '  ',
    'max-age=',
    'max-age=1,',
    'Max-Age=1',
    'max-age =1',
    'max-age=1 max-age=2',
    '"a"',
    'a=&',
    'a=1;;',
  ]) {
    assert.equal(source('CDN-Cache-Control', value, 'Cache-Control', 'max-age=2'), 'cache-control', value)
  }
})

test('only an Integer is a number of seconds', () => {
  assert.equal(age('max-age=10'), 10)
  assert.equal(age('max-age=10;a=b'), 10)
  assert.equal(age('max-age=1, max-age=10'), 10, 'the later of two members counts (RFC 8941 section 4.2.2)')
  assert.equal(age('max-age=999999999999999'), 2 ** 31)
  for (const value of [
    'max-age="10"',
    'max-age=10.0',
    'max-age=a10',
    'max-age',
    'max-age=-1',
    'max-age=(1 2)',
    'max-age=:MTA=:',
  ]) {
    assert.equal(age(value), 'invalid', value)
  }
})

test('a directive that is false does not hold', () => {
  assert.equal(isPresent(parseTargeted('no-store=?0, a')!, 'no-store'), false)
  assert.equal(isPresent(parseTargeted('no-store=?1')!, 'no-store'), true)
})

test('items of every type are read', () => {
  const members = parseDictionary('a, b=?0, c=-1, d=1.5, e="x\\"y", f=*t/k:n, g=:aGk=:, h=(1 "a" b;p);q=1')!
  assert.deepEqual(
    [...members],
    [
      ['a', { type: 'boolean', value: true }],
      ['b', { type: 'boolean', value: false }],
      ['c', { type: 'integer', value: -1 }],
      ['d', { type: 'decimal', value: 1.5 }],
      ['e', { type: 'string', value: 'x"y' }],
      ['f', { type: 'token', value: '*t/k:n' }],
      ['g', { type: 'bytes', value: 'aGk=' }],
      ['h', { type: 'inner list' }],
    ],
  )
})

test('what RFC 8941 refuses is refused', () => {
  const refused = [
    ...[
      'A',
      '1a',
      'a=',
      'a=1,',
      'a,,b',
      'a=1000000000000000',
      'a=1.2345',
      'a=1.',
      'a=1234567890123.1',
      'a="x',
      'a="\\x"',
    ],
    ...['a="ü"', 'a=?2', 'a=:?:', 'a=(1', 'a=(1,2)', 'a=(1"b")', 'a=1;B', 'a=@1', "a='1'", 'a b', 'a;b=', '\ta'],
  ]
  for (const text of refused) assert.equal(parseDictionary(text), undefined, text)
})

test('numbers and strings survive, and no text makes the parser throw', () => {
  const limit = 999_999_999_999_999
  const text = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map(code => String.fromCharCode(code)) })
  fc.assert(
    fc.property(fc.integer({ min: -limit, max: limit }), text, (number, string) => {
      const members = parseDictionary(`n=${number}, s="${string.replace(/["\\]/g, '\\$&')}"`)!
      assert.deepEqual(members.get('n'), { type: 'integer', value: number })
      assert.deepEqual(members.get('s'), { type: 'string', value: string })
    }),
  )
  fc.assert(fc.property(fc.string({ unit: 'binary' }), value => void parseTargeted(value)))
})
