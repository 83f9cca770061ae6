// Content codings and languages by weight (RFC 9110 section 12.5).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { negotiateEncoding } from '../../src/http/encoding.ts'
import { negotiateLanguage } from '../../src/http/language.ts'
import { parseWeighted } from '../../src/http/weights.ts'

const coding = (field: string | undefined) => negotiateEncoding(field, ['zstd', 'br', 'gzip'])

test('the highest weight wins, our order decides between equals', () => {
  assert.equal(coding('gzip, br'), 'br')
  assert.equal(coding('gzip, br;q=0.9'), 'gzip')
  assert.equal(coding('*'), 'zstd')
  assert.equal(coding('*, zstd;q=0'), 'br')
  assert.equal(coding('X-Gzip'), 'gzip')
})

test('identity is sent where nothing else is asked for, or where it is liked better', () => {
  assert.equal(coding(undefined), 'identity')
  assert.equal(coding(''), 'identity')
  assert.equal(coding('deflate'), 'identity')
  assert.equal(coding('identity, gzip;q=0.5'), 'identity')
  assert.equal(coding('gzip;q=2'), 'identity')
})

test('a client can refuse even identity', () => {
  assert.equal(coding('identity;q=0, deflate'), undefined)
  assert.equal(coding('*;q=0'), undefined)
  assert.equal(coding('*;q=0, gzip'), 'gzip')
})

test('a language is looked up by its beginning', () => {
  const offers = ['en', 'de', 'zh-Hant']
  assert.equal(negotiateLanguage('fr, de-CH;q=0.9, en;q=0.5', offers), 'de')
  assert.equal(negotiateLanguage('zh-hant-x-foo', offers), 'zh-Hant')
  assert.equal(negotiateLanguage('*', offers), 'en')
  assert.equal(negotiateLanguage('en;q=0, *', offers), 'de')
  assert.equal(negotiateLanguage('fr', offers), undefined)
  assert.equal(negotiateLanguage(undefined, offers), 'en')
})

test('weights have three digits at most, and names of parameters no case', () => {
  assert.deepEqual(parseWeighted('a;Q=0.25'), [{ value: 'a', parameters: [], q: 0.25 }])
  assert.deepEqual(parseWeighted('a/B;c="x;y"; q=0'), [{ value: 'a/b', parameters: [['c', 'x;y']], q: 0 }])
  for (const text of ['a;q=1.1', 'a;q=0.1234', 'a;q=', 'a;q', 'a b', '"a"', 'a;b="c'])
    assert.equal(parseWeighted(text), undefined, text)
})

test('no text makes the parser throw', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      text => void [parseWeighted(text), coding(text), negotiateLanguage(text, ['en'])],
    ),
  )
})
