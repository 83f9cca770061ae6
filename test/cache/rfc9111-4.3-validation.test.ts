// Validation (RFC 9111 section 4.3): the question, which stored response a 304 confirms, and what changes in it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  conditionalFields,
  confirmed,
  freshen,
  headVerdict,
  validationRequest,
} from '../../src/cache/policy/validate.ts'
import { all, first } from '../../src/http/fields.ts'

const NOW = Date.UTC(2026, 0, 2)
const MODIFIED = 'Thu, 01 Jan 2026 10:00:00 GMT'
const tagged = (tag: string) => ['ETag', tag]

test('the question holds both validators of what is stored', () => {
  assert.deepEqual(conditionalFields([['ETag', 'W/"a"', 'Last-Modified', MODIFIED]]), [
    'If-None-Match',
    'W/"a"',
    'If-Modified-Since',
    MODIFIED,
  ])
  assert.deepEqual(conditionalFields([['Last-Modified', MODIFIED]]), ['If-Modified-Since', MODIFIED])
  assert.deepEqual(conditionalFields([['Last-Modified', 'x']]), [])
})

test('several stored responses are asked about by their tags alone', () => {
  assert.deepEqual(conditionalFields([tagged('"a"'), ['Last-Modified', MODIFIED], tagged('"b"'), tagged('"a"')]), [
    'If-None-Match',
    '"a", "b"',
  ])
})

test('our preconditions take the place of the client’s', () => {
  const request = [
    'Accept',
    '*/*',
    'If-None-Match',
    '"x"',
    'If-Modified-Since',
    MODIFIED,
    'Range',
    'bytes=0-1',
    'If-Range',
    '"x"',
  ]
  assert.deepEqual(validationRequest(request, [tagged('"a"')]), ['Accept', '*/*', 'If-None-Match', '"a"'])
})

test('a 304 confirms the stored response with its tag', () => {
  const stored = [tagged('"a"'), tagged('"b"'), tagged('W/"c"')]
  assert.equal(confirmed(stored, tagged('"b"')), 1)
  assert.equal(confirmed(stored, tagged('W/"b"')), 1)
  assert.equal(confirmed(stored, tagged('W/"c"')), 2)
  assert.equal(confirmed(stored, tagged('"c"')), undefined, 'a strong tag confirms no weak one')
  assert.equal(confirmed(stored, tagged('"x"')), undefined)
})

test('a 304 without a tag confirms by its date, one without both the only one asked about', () => {
  const dated = ['Last-Modified', MODIFIED]
  assert.equal(confirmed([tagged('"a"'), dated], dated), 1)
  assert.equal(confirmed([dated], ['Last-Modified', 'Thu, 01 Jan 2026 10:00:01 GMT']), undefined)
  assert.equal(confirmed([tagged('"a"')], []), 0)
  assert.equal(confirmed([dated], ['Date', MODIFIED]), 0)
  assert.equal(confirmed([tagged('"a"'), tagged('"b"')], []), undefined)
})

test('each field of a 304 replaces all lines of its name, and the others stay', () => {
  const stored = ['A', '1', 'a', '2', 'B', '3', 'Cache-Control', 'max-age=1', 'Date', MODIFIED]
  const fields = freshen(
    stored,
    ['a', '9', 'Cache-Control', 'max-age=5', 'C', '4', 'Date', 'Fri, 02 Jan 2026 00:00:00 GMT'],
    NOW,
  )
  assert.deepEqual(all(fields, 'a'), ['9'])
  assert.deepEqual(
    ['b', 'c', 'cache-control', 'date'].map(name => first(fields, name)),
    ['3', '4', 'max-age=5', 'Fri, 02 Jan 2026 00:00:00 GMT'],
  )
})

test('what describes the stored bytes stays', () => {
  const stored = ['Content-Length', '5', 'Content-Encoding', 'gzip', 'Content-Type', 'a/b']
  const fields = freshen(
    stored,
    ['Content-Length', '0', 'Content-Encoding', 'br', 'Content-Range', 'bytes 0-1/2', 'Content-Type', 'c/d'],
    NOW,
  )
  assert.deepEqual(
    ['content-length', 'content-encoding', 'content-range', 'content-type'].map(name => first(fields, name)),
    ['5', 'gzip', undefined, 'c/d'],
  )
})

test('the connection’s fields, cookies and what may not be stored do not come in by a 304', () => {
  const update = [
    'Connection',
    'X',
    'X',
    '1',
    'Keep-Alive',
    'a',
    'Set-Cookie',
    'a=1',
    'Age',
    '3',
    'Cache-Control',
    'private="y"',
    'Y',
    '2',
  ]
  const fields = freshen(['Y', '1', 'Z', '1'], update, NOW)
  for (const name of ['connection', 'x', 'keep-alive', 'set-cookie', 'age', 'y'])
    assert.equal(first(fields, name), undefined, name)
  assert.equal(first(fields, 'z'), '1')
})

test('a 304 without Date is dated by its arrival, so that the old age does not stay', () => {
  assert.equal(first(freshen(['Date', MODIFIED], [], NOW), 'date'), 'Fri, 02 Jan 2026 00:00:00 GMT')
})

test('the response to a HEAD updates what it agrees with and makes stale what it does not (section 4.3.5)', () => {
  const stored = ['ETag', '"a"', 'Last-Modified', MODIFIED]
  assert.equal(headVerdict(stored, 200, ['ETag', '"a"', 'Content-Length', '5'], 5), 'freshen')
  assert.equal(headVerdict(stored, 200, [], 5), 'leave', 'nothing says that it is the same')
  assert.equal(headVerdict(stored, 200, ['ETag', '"b"'], 5), 'stale')
  assert.equal(headVerdict(stored, 200, ['Last-Modified', 'x'], 5), 'stale')
  assert.equal(headVerdict(stored, 200, ['Content-Length', '6'], 5), 'stale')
  assert.equal(headVerdict(stored, 410, [], 5), 'stale')
  assert.equal(headVerdict(stored, 503, [], 5), 'leave')
})
