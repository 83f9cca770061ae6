// Byte ranges (RFC 9110 section 14).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { contentRange, MAX_RANGES, parseRange, partHeads, unsatisfiedRange } from '../../src/http/ranges.ts'

const range = (first: number, last: number) => ({ first, last })

test('one range from the front, the middle and the end', () => {
  assert.deepEqual(parseRange('bytes=0-499', 1000), [range(0, 499)])
  assert.deepEqual(parseRange('bytes=500-', 1000), [range(500, 999)])
  assert.deepEqual(parseRange('Bytes=-1', 1000), [range(999, 999)])
  assert.deepEqual(parseRange('bytes=-5000', 1000), [range(0, 999)])
  assert.deepEqual(parseRange('bytes=900-5000', 1000), [range(900, 999)])
})

test('several ranges keep their order; those beyond the end are left out', () => {
  assert.deepEqual(parseRange('bytes=500-599, 0-9,5000-', 1000), [range(500, 599), range(0, 9)])
})

test('no satisfiable range is an error of its own', () => {
  for (const value of ['bytes=1000-', 'bytes=-0', 'bytes=2000-3000,-0'])
    assert.equal(parseRange(value, 1000), 'not satisfiable')
  assert.equal(parseRange('bytes=0-', 0), 'not satisfiable')
  assert.equal(parseRange('bytes=-5', 0), 'not satisfiable')
})

test('whatever breaks the grammar, overlaps or is too much is ignored', () => {
  const many = Array.from({ length: MAX_RANGES + 1 }, (_, i) => `${i * 2}-${i * 2}`).join(',')
  for (const value of [
    'bytes=5-4',
    'bytes=',
    'bytes=a-b',
    'lines=0-1',
    'bytes 0-1',
    'bytes=0-1,',
    'bytes=0-9,5-',
    `bytes=${many}`,
  ]) {
    assert.equal(parseRange(value, 1000), 'whole', value)
  }
})

test('the fields and part heads name the ranges', () => {
  assert.equal(contentRange(range(0, 9), 20), 'bytes 0-9/20')
  assert.equal(unsatisfiedRange(20), 'bytes */20')
  const { heads, tail } = partHeads([range(0, 0), range(5, 6)], 20, 'text/plain', 'B')
  assert.equal(heads[0], '--B\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-0/20\r\n\r\n')
  assert.equal(heads[1], '\r\n--B\r\nContent-Type: text/plain\r\nContent-Range: bytes 5-6/20\r\n\r\n')
  assert.equal(tail, '\r\n--B--\r\n')
})

test('ranges lie within the representation, and together are never longer than it', () => {
  const spec = fc.tuple(fc.option(fc.nat(200)), fc.option(fc.nat(200))).map(([a, b]) => `${a ?? ''}-${b ?? ''}`)
  fc.assert(
    fc.property(fc.array(spec), fc.nat(100), (specs, length) => {
      const answer = parseRange(`bytes=${specs.join(',')}`, length)
      if (typeof answer === 'string') return
      let sum = 0
      for (const { first, last } of answer) {
        assert.ok(first >= 0 && first <= last && last < length)
        sum += last - first + 1
      }
      assert.ok(sum <= length)
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(), (text, length) => void parseRange(`bytes=${text}`, length)),
  )
})
