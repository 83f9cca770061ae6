// Storing responses in a shared cache (RFC 9111 section 3), and the house's rules for cookies (DESIGN.md, invariant 1).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { NO_RULES } from '../../src/cache/policy/rules.ts'
import type { StoringRules } from '../../src/cache/policy/rules.ts'
import { storable } from '../../src/cache/policy/storable.ts'
import { reasons } from '../../src/reasons.ts'

const NOW = Date.UTC(2026, 0, 2)
const WEEK_AGO = 'Fri, 26 Dec 2025 00:00:00 GMT'
const times = { requested: NOW, received: NOW }

interface Story {
  method?: string
  request?: string[]
  hasBody?: boolean
  status?: number
  complete?: boolean
  rules?: Partial<StoringRules>
}

function decide(
  response: string[],
  { method = 'GET', request = [], hasBody = false, status = 200, complete = true, rules }: Story = {},
) {
  return storable(
    { method, uri: 'https://example.org/a?b', fields: request, hasBody },
    { status, fields: response, complete },
    times,
    { ...NO_RULES, ...rules },
  )
}
const reason = (...args: Parameters<typeof decide>) => decide(...args).reason
const cc = (value: string) => ['Cache-Control', value]
const withCookie = (value: string) => [...cc(value), 'Set-Cookie', 'sid=1; Path=/']
const targeted = (value: string, control: string) => ['CDN-Cache-Control', value, ...cc(control)]

test('a response with explicit freshness is stored', () => {
  for (const value of ['max-age=10', 's-maxage=10', 'MAX-AGE=10', 'max-age=10, foo'])
    assert.equal(reason(cc(value)), 'stored-explicit', value)
  assert.equal(reason(['Expires', 'Fri, 02 Jan 2026 01:00:00 GMT']), 'stored-explicit')
})

test('GET alone is stored; HEAD and others have reasons of their own', () => {
  assert.equal(reason(cc('max-age=10'), { method: 'HEAD' }), 'head-not-stored')
  for (const method of ['PUT', 'DELETE', 'OPTIONS', 'FOO', 'get'])
    assert.equal(reason(cc('max-age=10'), { method }), 'method-not-stored')
})

test('a POST is stored with explicit freshness and its own address as Content-Location', () => {
  const post = (location: string, control = 'max-age=10') =>
    reason([...cc(control), 'Content-Location', location], { method: 'POST', hasBody: true })
  assert.equal(post('/a?b'), 'stored-explicit')
  assert.equal(post('https://example.org/a?b'), 'stored-explicit')
  assert.equal(post('/a'), 'post-without-freshness')
  assert.equal(post('https://other.example/a?b'), 'post-without-freshness')
  assert.equal(post('/a?b', 'public'), 'post-without-freshness')
  assert.equal(reason(cc('max-age=10'), { method: 'POST' }), 'post-without-freshness')
})

test('no-store is obeyed from both sides, in any case', () => {
  assert.equal(reason(cc('max-age=10, No-Store')), 'response-no-store')
  assert.equal(reason(cc('max-age=10'), { request: cc('no-store') }), 'request-no-store')
})

test('private is obeyed, except where it names fields', () => {
  assert.equal(reason(cc('max-age=10, Private')), 'private')
  assert.equal(reason(cc('max-age=10, private=""')), 'private')
  assert.equal(reason(cc('max-age=10, private="set-cookie"')), 'stored-explicit')
})

test('what is broken, a part, or dependent on one request is never stored', () => {
  assert.equal(reason(cc('max-age=10'), { complete: false }), 'incomplete')
  assert.equal(reason(cc('max-age=10'), { status: 206 }), 'partial-response')
  for (const status of [304, 412, 416, 428, 429, 431, 511])
    assert.equal(reason(cc('public, max-age=10'), { status }), 'status-never-stored')
  assert.equal(reason([...cc('max-age=10'), 'Transfer-Encoding', 'gzip']), 'unknown-transfer-coding')
  assert.equal(reason([...cc('max-age=10'), 'Transfer-Encoding', 'chunked, foo']), 'unknown-transfer-coding')
  assert.equal(reason([...cc('max-age=10'), 'Transfer-Encoding', 'gzip, chunked']), 'unknown-transfer-coding')
  assert.equal(reason([...cc('max-age=10'), 'Transfer-Encoding', 'Chunked']), 'stored-explicit')
  assert.equal(reason(cc('max-age=10'), { hasBody: true }), 'request-body')
})

test('an unknown status is stored with explicit freshness, but not under must-understand', () => {
  for (const status of [299, 499, 599]) {
    assert.equal(reason(cc('max-age=10'), { status }), 'stored-explicit')
    assert.equal(reason(cc('max-age=10, must-understand'), { status }), 'status-not-understood')
    assert.equal(reason(cc('max-age=10, must-understand, no-store'), { status }), 'status-not-understood')
  }
})

test('must-understand takes the place of no-store where the status is known', () => {
  assert.equal(reason(cc('no-store, must-understand, max-age=10')), 'stored-explicit')
  assert.equal(reason(cc('no-store, must-understand=1, max-age=10')), 'response-no-store')
})

test('Vary: * is not stored, wherever the star stands', () => {
  assert.equal(reason([...cc('max-age=10'), 'Vary', 'a', 'Vary', 'b, *']), 'vary-star')
})

test('without explicit freshness the status decides, or public', () => {
  const dated = ['Last-Modified', WEEK_AGO]
  for (const status of [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]) {
    assert.equal(reason(dated, { status }), 'stored-heuristic', `${status}`)
  }
  for (const status of [201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599]) {
    assert.equal(reason(dated, { status }), 'no-freshness', `${status}`)
    assert.equal(reason([...cc('public'), ...dated], { status }), 'stored-heuristic', `${status}`)
  }
})

test('what is stale at once is stored only where it can be of use', () => {
  assert.equal(reason([]), 'of-no-use')
  assert.equal(reason(cc('max-age=0')), 'of-no-use')
  assert.equal(reason([...cc('max-age=5'), 'Age', '5']), 'of-no-use')
  assert.equal(reason(['ETag', '"a"']), 'stored-to-validate')
  assert.equal(reason([...cc('max-age=0'), 'Last-Modified', WEEK_AGO]), 'stored-to-validate')
  assert.equal(reason(cc('max-age=0, stale-while-revalidate=10')), 'stored-to-validate')
  assert.equal(reason(cc('no-cache, max-age=10')), 'of-no-use')
  assert.equal(reason([...cc('no-cache'), 'ETag', '"a"']), 'stored-to-validate')
})

test('Authorization: public, s-maxage or must-revalidate allow storing (section 3.5)', () => {
  const request = ['Authorization', 'Basic x']
  for (const value of [
    'max-age=10',
    'max-age=10, proxy-revalidate',
    'max-age=10, s-maxage=a',
    'max-age=10, public=1',
  ]) {
    assert.equal(reason(cc(value), { request }), 'authorization', value)
  }
  for (const value of ['max-age=10, public', 's-maxage=10', 'max-age=10, must-revalidate']) {
    assert.equal(reason(cc(value), { request }), 'stored-explicit', value)
  }
})

test('a cookie that may be a session wants public or s-maxage, and never gets heuristics', () => {
  const request = ['Cookie', 'seen=1; sid=2']
  const rules = { ignoresCookie: (name: string) => name === 'seen' }
  for (const value of ['max-age=10', 'max-age=10, must-revalidate'])
    assert.equal(reason(cc(value), { request, rules }), 'request-cookie')
  assert.equal(reason(['Last-Modified', WEEK_AGO], { request }), 'request-cookie')
  for (const value of ['public, max-age=10', 's-maxage=10'])
    assert.equal(reason(cc(value), { request, rules }), 'stored-explicit')
})

test('cookies that a rule ignores do not count', () => {
  const rules = { ignoresCookie: (name: string) => name.startsWith('_') }
  assert.equal(
    reason(cc('max-age=10'), { request: ['Cookie', '_a=1;_b=2', 'Cookie', ' _c=3 ; '], rules }),
    'stored-explicit',
  )
  assert.equal(reason(cc('max-age=10'), { request: ['Cookie', '_a=1', 'Cookie', 'b'], rules }), 'request-cookie')
  assert.equal(reason(cc('max-age=10'), { request: ['Cookie', '_a=1; =x'], rules }), 'request-cookie')
})

test('a response that sets a cookie wants public or s-maxage too', () => {
  assert.equal(reason(withCookie('max-age=10')), 'set-cookie')
  assert.equal(reason(withCookie('max-age=10, public')), 'stored-explicit')
  assert.equal(
    reason(withCookie('max-age=10'), { rules: { ignoresSetCookie: name => name === 'sid' } }),
    'stored-explicit',
  )
})

test('a targeted field decides alone (RFC 9213)', () => {
  assert.equal(reason(targeted('max-age=10', 'no-store')), 'stored-explicit')
  assert.equal(reason(targeted('no-store', 'max-age=10')), 'response-no-store')
  assert.equal(reason(targeted('private', 'public, max-age=10')), 'private')
  assert.equal(reason(targeted('', 'no-store')), 'response-no-store')
})

test('a lifetime by rule makes nothing storable that is not', () => {
  const rules = { lifetime: 10_000 }
  assert.equal(reason([], { rules }), 'stored-by-rule')
  assert.equal(reason([], { rules, status: 500 }), 'no-freshness')
  assert.equal(reason(cc('private'), { rules }), 'private')
  assert.equal(reason([], { rules, request: ['Cookie', 'a=1'] }), 'request-cookie')
})

test('nobody else gets what may be personal: not without public or s-maxage, whatever else is said', () => {
  const directive = fc.constantFrom(
    'max-age=9',
    'must-revalidate',
    'no-cache="a"',
    'private="b"',
    'immutable',
    'public=1',
    'x="public"',
  )
  const lines = fc.array(
    fc.array(directive).map(given => ['Cache-Control', given.join()]),
    { maxLength: 3 },
  )
  const more = fc.constantFrom(
    [],
    ['ETag', '"a"'],
    ['Last-Modified', WEEK_AGO],
    ['Expires', 'Sat, 03 Jan 2026 00:00:00 GMT'],
  )
  const credential = fc.constantFrom<Story>(
    { request: ['Cookie', 'sid=1'] },
    { request: ['cookie', 'a', 'Cookie', ''] },
  )
  fc.assert(
    fc.property(lines, more, credential, fc.integer({ min: 200, max: 599 }), (control, fields, story, status) => {
      assert.equal(decide([...control.flat(), ...fields], { ...story, status }).store, false)
      assert.equal(decide([...control.flat(), ...fields, 'Set-Cookie', 'a=1'], { status }).store, false)
    }),
  )
})

test('no response makes the decision throw, and each answer stands in the table of reasons', () => {
  const name = fc.constantFrom(
    'Cache-Control',
    'CDN-Cache-Control',
    'Expires',
    'Age',
    'Date',
    'Vary',
    'Last-Modified',
    'ETag',
    'Set-Cookie',
  )
  const fields = fc.array(fc.tuple(name, fc.string({ unit: 'binary' }))).map(pairs => pairs.flat())
  fc.assert(
    fc.property(
      fields,
      fields,
      fc.constantFrom('GET', 'POST', 'HEAD'),
      fc.integer({ min: 100, max: 999 }),
      (request, response, method, status) => {
        const decision = decide(response, { method, request, status })
        assert.ok(decision.reason in reasons)
        if (!decision.store) return
        const { freshUntil, revalidateUntil, errorUntil } = decision.freshness
        assert.ok([freshUntil, revalidateUntil, errorUntil].every(Number.isFinite))
        assert.ok(freshUntil <= revalidateUntil && freshUntil <= errorUntil)
      },
    ),
  )
})
