// The page and the problem details that a refused request is answered with.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { all, first } from '../../src/http/fields.ts'
import { refusalAnswer } from '../../src/refusal.ts'
import { type ReasonCode, reasons } from '../../src/reasons.ts'

const refusing = (Object.keys(reasons) as ReasonCode[]).filter(code => reasons[code].status !== undefined)
const textOf = (answer: { body: unknown }) => Buffer.from(answer.body as Uint8Array).toString()

test('every reason with a status has a page that a screen reader and a search engine can make sense of', () => {
  for (const code of refusing) {
    const answer = refusalAnswer({ fields: ['Accept', 'text/html'] }, code)
    assert.equal(answer.status, reasons[code].status)
    const page = textOf(answer)
    assert.match(page, /<html lang="en">/)
    assert.match(page, /<h1>[^<]+<\/h1>/)
    assert.match(page, /<title>[^<]+<\/title>/)
    assert.equal(first(answer.fields, 'content-type'), 'text/html; charset=utf-8')
    assert.equal(first(answer.fields, 'x-robots-tag'), 'noindex')
  }
})

test('a program gets problem details of RFC 9457', () => {
  for (const accept of ['application/json', 'application/problem+json', 'text/html;q=0.1, application/json']) {
    const answer = refusalAnswer({ fields: ['accept', accept] }, 'queue-full')
    assert.equal(first(answer.fields, 'content-type'), 'application/problem+json')
    assert.deepEqual(JSON.parse(textOf(answer)), {
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      detail: reasons['queue-full'].prose,
      reason: 'queue-full',
    })
  }
})

test('no refusal may be stored, and each tells that it depends on Accept', () => {
  for (const code of refusing) {
    const { fields } = refusalAnswer({ fields: [] }, code)
    assert.deepEqual(all(fields, 'cache-control'), ['no-store'])
    assert.deepEqual(all(fields, 'vary'), ['Accept'])
  }
})

test('each refusal says its reason in Cache-Status, and neither a hit nor a forward request', () => {
  for (const code of refusing) {
    const { fields } = refusalAnswer({ fields: [] }, code)
    assert.deepEqual(all(fields, 'cache-status'), [`breakwater; detail=${code}`])
  }
})

test('Retry-After is given in whole seconds, rounded up, and only where it is known', () => {
  assert.equal(first(refusalAnswer({ fields: [] }, 'queue-full', { retryAfter: 1.2 }).fields, 'retry-after'), '2')
  assert.equal(first(refusalAnswer({ fields: [] }, 'queue-full').fields, 'retry-after'), undefined)
})

test('a room can add fields of its own', () => {
  const { fields } = refusalAnswer({ fields: [] }, 'method-refused', { fields: ['Allow', 'GET, HEAD'] })
  assert.equal(first(fields, 'allow'), 'GET, HEAD')
})
