// HTTP-date (RFC 9110 section 5.6.7).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatDate, parseDate, parseDateAnyCase } from '../../src/http/dates.ts'

const NOW = Date.UTC(2026, 10, 21)
const EXAMPLE = Date.UTC(1994, 10, 6, 8, 49, 37)

test('the three forms name the same moment', () => {
  for (const text of ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994']) {
    assert.equal(parseDate(text, NOW), EXAMPLE, text)
  }
})

test('anything malformed is no date', () => {
  const malformed = [
    ...['', '0', '-1', 'now', 'Sun, 06 Nov 1994', 'Sun, 06 Nov 1994 08:49:37', 'Sun, 06 Nov 1994 08:49:37 UTC'],
    ...['Sun, 06 Nov 1994 08:49:37 AEST', 'Sun, 06 Nov 1994 08:49:37 +0000', 'Sun, 06-Nov-1994 08:49:37 GMT'],
    ...['Sun, 06 Nov 1994 8:49:37 GMT', 'Sun, 06 Nov 1994 08.49.37 GMT', 'Sun,  06 Nov 1994  08:49:37 GMT'],
    ...['Sun 06 Nov 1994 08:49:37 GMT', '06 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 94 08:49:37 GMT'],
    ...['Sun, 6 Nov 1994 08:49:37 GMT', 'Sun, 31 Feb 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 24:00:00 GMT'],
    ...['Sun, 06 Nov 1994 08:60:00 GMT', 'Sun, 00 Nov 1994 08:49:37 GMT', ' Sun, 06 Nov 1994 08:49:37 GMT'],
    ...['Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT', 'Sun Nov 6 08:49:37 1994', '784111777'],
  ]
  for (const text of malformed) assert.equal(parseDateAnyCase(text, NOW), undefined, text)
})

test('case counts, except where freshness is calculated (RFC 9111 section 4.2)', () => {
  for (const text of [
    'sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 NOV 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 gMT',
  ]) {
    assert.equal(parseDate(text, NOW), undefined, text)
    assert.equal(parseDateAnyCase(text, NOW), EXAMPLE, text)
  }
})

test('a two-digit year more than 50 years ahead lies in the past', () => {
  assert.equal(parseDate('Friday, 20-Nov-76 00:00:00 GMT', NOW), Date.UTC(2076, 10, 20))
  assert.equal(parseDate('Sunday, 22-Nov-76 00:00:00 GMT', NOW), Date.UTC(1976, 10, 22))
  assert.equal(parseDate('Monday, 21-Nov-77 00:00:00 GMT', NOW), Date.UTC(1977, 10, 21))
  assert.equal(parseDate('Saturday, 21-Nov-26 00:00:00 GMT', NOW), NOW)
  assert.equal(parseDate('Tuesday, 29-Feb-00 00:00:00 GMT', NOW), Date.UTC(2000, 1, 29))
})

test('what is formatted is read back, cut to the second', () => {
  const moments = fc.integer({ min: Date.UTC(0, 0), max: Date.UTC(9999, 11, 31) })
  fc.assert(
    fc.property(moments, ms => {
      assert.equal(parseDate(formatDate(ms), NOW), Math.floor(ms / 1000) * 1000)
    }),
  )
})

test('no text makes the parser throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => void parseDateAnyCase(text, NOW)))
})
