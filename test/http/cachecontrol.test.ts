// Cache-Control (RFC 9111 section 5.2): broken and repeated values are read the safe way.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { coveredFields, isPlain, isPresent, parseCacheControl, seconds } from '../../src/http/cachecontrol.ts'

const covered = (value: string) => coveredFields(parseCacheControl(value), 'no-cache')
const maxAge = (value: string) => seconds(parseCacheControl(value), 'max-age')

test('names are compared without case, and unknown directives are left alone', () => {
  assert.equal(maxAge('MAX-AGE=5'), 5)
  assert.equal(maxAge('foo, bar=baz, max-age=5, x="y"'), 5)
  assert.equal(isPresent(parseCacheControl('No-Store'), 'no-store'), true)
})

test('delta-seconds are digits and nothing else', () => {
  for (const value of ['5', '"5"', '005']) assert.equal(maxAge(`max-age=${value}`), 5, value)
  for (const value of ["'5'", '5.0', '5.5', '5s', '5 s', '-5', '+5', '', '""', '5;a=b', '0x5', '5e1', '" 5"', '٥']) {
    assert.equal(maxAge(`max-age=${value}`), 'invalid', value)
  }
  assert.equal(maxAge('max-age'), 'invalid')
  assert.equal(maxAge('public'), undefined)
})

test('white space around the equals sign spoils the value', () => {
  for (const value of ['max-age =5', 'max-age= 5', 'max-age = 5', 'max-age\t=5'])
    assert.equal(maxAge(value), 'invalid', value)
})

test('too great a number counts as 2^31', () => {
  assert.equal(maxAge('max-age=2147483648'), 2 ** 31)
  assert.equal(maxAge('max-age=99999999999999999999999999'), 2 ** 31)
})

test('a directive given twice holds only where both say the same', () => {
  assert.equal(maxAge('max-age=5, max-age=5'), 5)
  assert.equal(maxAge('max-age=5, max-age=6'), 'invalid')
  assert.equal(maxAge('max-age=5, max-age=a'), 'invalid')
})

test('what stands in quotes is no directive', () => {
  const control = parseCacheControl('extension="max-age=100, no-store", max-age=1')
  assert.equal(seconds(control, 'max-age'), 1)
  assert.equal(isPresent(control, 'no-store'), false)
})

test('a quote that never ends hides no restriction and makes every number invalid', () => {
  const control = parseCacheControl('a="b, no-store, max-age=100')
  assert.equal(isPresent(control, 'no-store'), true)
  assert.equal(seconds(control, 'max-age'), 'invalid')
})

test('no-cache and private cover the fields they name, or all', () => {
  assert.deepEqual(covered('no-cache="Set-Cookie, A"'), ['set-cookie', 'a'])
  assert.deepEqual(covered('no-cache=a'), ['a'])
  assert.deepEqual(covered('no-cache="a", no-cache="b"'), ['a', 'b'])
  for (const value of ['no-cache', 'no-cache=""', 'no-cache="a b"', 'no-cache="a", no-cache', 'no-cache ="a"']) {
    assert.equal(covered(value), 'all', value)
  }
  assert.equal(covered('public'), undefined)
})

test('a directive that allows something counts only without an argument', () => {
  assert.equal(isPlain(parseCacheControl('public'), 'public'), true)
  assert.equal(isPlain(parseCacheControl('public=1'), 'public'), false)
  assert.equal(isPresent(parseCacheControl('no-store=1'), 'no-store'), true)
})

test('a number is read as it was written, and no text makes the parser throw', () => {
  fc.assert(fc.property(fc.nat(), number => assert.equal(maxAge(`a, max-age=${number},b`), number)))
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const control = parseCacheControl(text)
      for (const name of control.directives.keys()) void [seconds(control, name), coveredFields(control, name)]
    }),
  )
})

test('no-store is seen whatever stands before it, unless it is quoted', () => {
  const before = fc.string({ unit: 'binary-ascii' }).filter(text => !text.includes('"'))
  fc.assert(fc.property(before, text => assert.ok(isPresent(parseCacheControl(`${text},no-store`), 'no-store'))))
})
