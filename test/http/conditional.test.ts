// Preconditions (RFC 9110 section 13) as a cache evaluates them (RFC 9111 section 4.3.2).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluate } from '../../src/http/conditional.ts'
import type { Role, Selected } from '../../src/http/conditional.ts'

const NOW = Date.UTC(2026, 0, 2)
const MODIFIED = 'Thu, 01 Jan 2026 10:00:00 GMT'
const BEFORE = 'Thu, 01 Jan 2026 09:59:59 GMT'
const AFTER = 'Thu, 01 Jan 2026 10:00:01 GMT'
const page: Selected = {
  status: 200,
  fields: ['ETag', '"a"', 'Last-Modified', MODIFIED, 'Date', 'Thu, 01 Jan 2026 12:00:00 GMT'],
  length: 100,
  receivedAt: Date.UTC(2026, 0, 1, 12),
}
const ask = (request: string[], stored = page, role: Role = 'cache', method = 'GET') =>
  evaluate(method, request, stored, NOW, role)
const answer = (...args: Parameters<typeof ask>) => ask(...args).answer

test('If-None-Match is compared weakly and goes before If-Modified-Since', () => {
  assert.equal(answer(['If-None-Match', 'W/"a"']), 'not modified')
  assert.equal(answer(['If-None-Match', '"x"', 'if-none-match', '"a"']), 'not modified')
  assert.equal(answer(['If-None-Match', '*']), 'not modified')
  assert.equal(answer(['If-None-Match', '"b"', 'If-Modified-Since', AFTER]), 'full')
  assert.equal(answer(['If-None-Match', '"a"'], page, 'cache', 'HEAD'), 'not modified')
})

test('If-Modified-Since compares with Last-Modified', () => {
  assert.equal(answer(['If-Modified-Since', MODIFIED]), 'not modified')
  assert.equal(answer(['If-Modified-Since', AFTER]), 'not modified')
  assert.equal(answer(['If-Modified-Since', 'Thursday, 01-Jan-26 10:00:00 GMT']), 'not modified')
  assert.equal(answer(['If-Modified-Since', BEFORE]), 'full')
})

test('without Last-Modified the Date is compared, and without that the time of arrival', () => {
  const dated = { ...page, fields: ['Date', MODIFIED] }
  assert.equal(answer(['If-Modified-Since', MODIFIED], dated), 'not modified')
  assert.equal(answer(['If-Modified-Since', BEFORE], dated), 'full')
  const bare = { ...page, fields: [], receivedAt: Date.parse(MODIFIED) }
  assert.equal(answer(['If-Modified-Since', MODIFIED], bare), 'not modified')
  assert.equal(answer(['If-Modified-Since', BEFORE], bare), 'full')
})

test('an If-Modified-Since that is no single date is ignored', () => {
  assert.equal(answer(['If-Modified-Since', 'tomorrow']), 'full')
  assert.equal(answer(['If-Modified-Since', AFTER, 'If-Modified-Since', AFTER]), 'full')
})

test('preconditions do not apply to a stored error', () => {
  assert.equal(answer(['If-None-Match', '*'], { ...page, status: 404 }), 'full')
  assert.equal(answer(['If-Match', '"x"'], { ...page, status: 301 }), 'full')
})

test('If-Match and If-Unmodified-Since are for the origin', () => {
  assert.equal(answer(['If-Match', '"a"']), 'ask the origin')
  assert.equal(answer(['If-Unmodified-Since', AFTER]), 'ask the origin')
})

test('as the origin, If-Match is compared strongly and goes before If-Unmodified-Since', () => {
  assert.equal(answer(['If-Match', '"a"', 'If-Unmodified-Since', BEFORE], page, 'origin'), 'full')
  assert.equal(answer(['If-Match', 'W/"a"'], page, 'origin'), 'precondition failed')
  assert.equal(answer(['If-Match', '*'], page, 'origin'), 'full')
  assert.equal(answer(['If-Unmodified-Since', BEFORE], page, 'origin'), 'precondition failed')
  assert.equal(answer(['If-Unmodified-Since', MODIFIED], page, 'origin'), 'full')
})

test('a Range is cut from the stored body, for GET and a complete 200 alone', () => {
  assert.deepEqual(ask(['Range', 'bytes=0-9']), { answer: 'range', ranges: [{ first: 0, last: 9 }] })
  assert.equal(answer(['Range', 'bytes=100-']), 'range not satisfiable')
  assert.equal(answer(['Range', 'bytes=0-9'], page, 'cache', 'HEAD'), 'full')
  assert.equal(answer(['Range', 'bytes=0-9'], { ...page, length: undefined }), 'full')
  assert.equal(answer(['Range', 'bytes=0-9'], { ...page, status: 203 }), 'full')
  assert.equal(answer(['Range', 'bytes=0-9', 'Range', 'bytes=20-29']), 'full')
})

test('304 goes before Range', () => {
  assert.equal(answer(['Range', 'bytes=0-9', 'If-None-Match', '"a"']), 'not modified')
})

test('If-Range lets a Range through only when it names exactly what is stored', () => {
  const withCondition = (condition: string, stored = page) =>
    answer(['Range', 'bytes=0-9', 'If-Range', condition], stored)
  assert.equal(withCondition('"a"'), 'range')
  assert.equal(withCondition('"b"'), 'full')
  assert.equal(withCondition('W/"a"'), 'full')
  assert.equal(withCondition('a'), 'full')
  assert.equal(withCondition(MODIFIED), 'range')
  assert.equal(withCondition(AFTER), 'full')
  const fresh = { ...page, fields: ['Last-Modified', MODIFIED, 'Date', MODIFIED] }
  assert.equal(withCondition(MODIFIED, fresh), 'full', 'changed in the second in which it was sent')
})
