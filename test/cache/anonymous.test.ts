// Spike rules, the decisions: which addresses lead to one person's page, and what is made of a response that was asked for
// without any visitor's fields.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SYNTHETIC_HEADER, anonymousFields, mayBeAnonymous, toldFields } from '../../src/cache/policy/anonymous.ts'
import { headerOfCopy, objectionToCopy } from '../../src/cache/policy/strangers.ts'
import type { AnonymousSettings, Settings } from '../../src/config/settings.ts'
import { NO_RULES } from '../../src/cache/policy/rules.ts'
import { storable } from '../../src/cache/policy/storable.ts'
import { all, first } from '../../src/http/fields.ts'
import type { Fields } from '../../src/http/fields.ts'

const rule = { lifetime: 10_000, staleWhileRevalidate: 20_000, staleIfError: 60_000 }
const NOW = Date.UTC(2026, 10, 21)
const EVERYONE: AnonymousSettings = {
  ...rule,
  ...{ seenBy: 'everyone', isProven: true, isToken: null, omit: [], offload: undefined },
}
const decide = (status: number, fields: Fields, target = '/news') =>
  anonymousFields({ status, fields }, target, rule, NOW)

const keyedBy = (names: string[], more: Partial<Settings> = {}) => ({
  ...{ ignoresCookie: null, ignoresQuery: null, dropsCookie: null, isSession: null },
  ...{ keyed: { names, rules: 'beta' }, ...more },
})
const isSession = (name: string): boolean => name === 'sid'

describe('spike rules', () => {
  it('leave alone what is one person’s by its address', () => {
    const personal = [
      ...[
        '/login',
        '/wp-login.php',
        '/shop/checkout/step-2',
        '/account/',
        '/%6cogin',
        '/%256cogin',
        '/users/17',
        '/LOGIN',
      ],
      ...['/reset/9f8b7c6d5e4f3a2b1c0d', '/f/3fa85f64-5717-4562-b3fc-2c963f66afa6', '/x;jsessionid=A1B2C3D4E5F6A7B8'],
      ...[
        '/news?token=abc',
        '/news?a=1&_wpnonce=12',
        '/news?%74oken=abc',
        '/news?next=eyJhbGciOiJIUzI1NiJ9x',
        '/my-account',
      ],
      ...[
        '/news?reset_password_token=abc',
        '/reset-password/abc',
        '/forgot_password',
        '/users/sign_in',
        '/confirmation/1',
      ],
    ]
    for (const target of personal) assert.equal(mayBeAnonymous(target), false, target)
    const open = [
      '/',
      '/news',
      '/news?page=2',
      '/2026/11/the-petition-of-the-year',
      '/loginless',
      '/tickets/hall-12',
      '/a?b=c&d',
      '/news?country_code=de',
    ]
    for (const target of open) assert.equal(mayBeAnonymous(target), true, target)
  })

  it('make storable what the origin calls private, and leave out what is set for one visitor', () => {
    const fields = [
      'Cache-Control',
      'private, no-store',
      'Set-Cookie',
      'id=1',
      'Vary',
      'Cookie, Accept-Encoding',
      'ETag',
      '"a"',
    ]
    const made = decide(200, [...fields, 'CDN-Cache-Control', 'max-age=9999'])
    assert.equal(made.isStored, true)
    assert.deepEqual(all(made.fields, 'cache-control'), ['max-age=10, stale-while-revalidate=20, stale-if-error=60'])
    for (const name of ['set-cookie', 'vary', 'cdn-cache-control']) assert.equal(first(made.fields, name), undefined)
    const request = { method: 'GET', uri: 'http://site.test/news', fields: SYNTHETIC_HEADER }
    const times = { requested: NOW, received: NOW }
    assert.equal(storable(request, { status: 200, fields: made.fields }, times, NO_RULES).store, true)
    const told = toldFields(fields)
    assert.deepEqual(told, ['ETag', '"a"', 'Cache-Control', 'private, no-cache'])
  })

  it('keep for longer what calls itself everyone’s for longer', () => {
    assert.match(first(decide(200, ['Cache-Control', 'max-age=600']).fields, 'cache-control')!, /^max-age=600,/)
    for (const control of ['max-age=600, private', 'max-age=600, no-store', 'no-cache, max-age=600'])
      assert.match(first(decide(200, ['Cache-Control', control]).fields, 'cache-control')!, /^max-age=10,/, control)
    const set = decide(200, ['Cache-Control', 'max-age=600', 'Set-Cookie', 'a=1'])
    assert.match(first(set.fields, 'cache-control')!, /^max-age=10,/)
  })

  it('store nothing that is another thing for each visitor, a part, an error, or a way to one person’s page', () => {
    const cases: [status: number, fields: Fields][] = [
      [200, ['Vary', 'Accept-Language']],
      [200, ['Vary', 'Cookie', 'Vary', 'User-Agent']],
      [200, ['Vary', '*']],
      [206, ['Content-Range', 'bytes 0-1/2']],
      [200, ['Content-Type', 'text/event-stream']],
      [401, []],
      [403, []],
      [429, []],
      [500, []],
      [503, []],
      [302, ['Location', '/login?next=/news']],
      [302, ['Location', 'http://site.test/start?sid=1']],
      [302, ['Location', 'http://[']],
    ]
    for (const [status, fields] of cases) {
      const made = decide(status, ['Cache-Control', 'public, max-age=60', ...fields])
      assert.equal(made.isStored, false, `${status} ${fields.join(' ')}`)
      assert.equal(first(made.fields, 'cache-control'), 'no-store')
    }
    assert.equal(decide(302, ['Location', '/news/today']).isStored, true)
    assert.equal(decide(404, []).isStored, true)
    const varying = { status: 200, fields: ['Vary', 'Accept-Language'] }
    assert.equal(anonymousFields(varying, '/news', rule, NOW, ['accept-language']).isStored, true, 'it was told of it')
  })

  it('ask with what rules key by and nothing else of the visitor, unless that is one person’s', () => {
    const header = [
      'User-Agent',
      'me',
      'X-Country',
      'AT',
      'Cookie',
      'sid=1; lang=de;  lang=fr',
      'Cookie',
      '_ga=1; flag',
    ]
    const told = (names: string[]): Fields => headerOfCopy(header, keyedBy(names)).slice(SYNTHETIC_HEADER.length)
    assert.deepEqual(headerOfCopy(header, { ...keyedBy([]), keyed: null }), SYNTHETIC_HEADER)
    assert.deepEqual(told(['x-country']), ['X-Country', 'AT'])
    assert.deepEqual(told(['cookie;flag', 'cookie;lang']), ['Cookie', 'lang=de; lang=fr; flag='])
    assert.deepEqual(told(['breakwater-rules', 'cookie;none']), [])
    const objection = (names: string[], fields: Fields, more: Partial<Settings> = {}) =>
      objectionToCopy({ method: 'GET', target: '/', fields, settings: keyedBy(names, more) }, EVERYONE)
    assert.equal(objection(['cookie;lang', 'x-country'], header, { isSession }), undefined)
    assert.equal(objection(['cookie;sid'], header), undefined)
    assert.equal(objection(['cookie;sid'], header, { isSession }), 'copy-keyed')
    assert.equal(objection(['cookie;sid'], header.slice(0, 4), { isSession }), undefined)
    assert.equal(objection(['cookie'], header), 'copy-keyed')
    assert.equal(objection(['x-original-url'], ['X-Original-URL', '/login']), 'copy-keyed')
    assert.equal(objection(['x-original-url'], ['X-Original-URL', '/news']), undefined)
    assert.equal(objection(['x-country'], ['X-Country', 'AT', 'Authorization', 'a']), 'copy-for-nobody-known')
  })
})
