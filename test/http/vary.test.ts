// Vary (RFC 9110 section 12.5.5) and secondary keys (RFC 9111 section 4.1).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { MAX_VARY_FIELDS, parseVary, secondaryKey } from '../../src/http/vary.ts'

const same = (name: string, a: string[], b: string[]) => {
  const key = (lines: string[]) =>
    secondaryKey(
      [name.toLowerCase()],
      lines.flatMap(line => [name, line]),
    )
  return key(a) === key(b)
}

test('names are read from all lines, sorted, each once', () => {
  assert.deepEqual(parseVary(['Vary', 'B, a', 'vary', ' , A,c']), ['a', 'b', 'c'])
  assert.deepEqual(parseVary([]), [])
  assert.deepEqual(parseVary(['Vary', '']), [])
})

test('a star anywhere is a star everywhere', () => {
  for (const lines of [['*'], ['*, *'], ['*, a'], ['a, *'], ['a', '*'], ['*', 'a'], ['', '*'], [', *']]) {
    assert.equal(parseVary(lines.flatMap(line => ['Vary', line])), '*', lines.join(' | '))
  }
})

test('what is no field name, or too much, is read as a star', () => {
  assert.equal(parseVary(['Vary', 'a b']), '*')
  assert.equal(parseVary(['Vary', '"a"']), '*')
  assert.equal(parseVary(['Vary', Array.from({ length: MAX_VARY_FIELDS + 1 }, (_, i) => `f${i}`).join()]), '*')
})

test('an absent field matches an absent field alone', () => {
  assert.notEqual(secondaryKey(['a'], []), secondaryKey(['a'], ['A', '']))
  assert.equal(secondaryKey(['a'], []), secondaryKey(['a'], ['B', '1']))
})

test('lines are joined and white space around commas is dropped', () => {
  assert.ok(same('Foo', ['1', '2'], ['1, 2']))
  assert.ok(same('Foo', ['1,2'], [' 1 ,  2 ']))
  assert.ok(!same('Foo', ['1', '2'], ['2', '1']))
  assert.ok(!same('Foo', ['a'], ['A']))
})

test('case and order of languages and codings mean nothing, their weights do', () => {
  assert.ok(same('Accept-Language', ['en, de'], ['DE,en']))
  assert.ok(same('Accept-Language', ['en;q=1.0, de;q=0.50'], ['de; q=0.5, en']))
  assert.ok(!same('Accept-Language', ['en, de;q=0.5'], ['de, en;q=0.5']))
  assert.ok(same('Accept-Encoding', ['gzip, br'], ['br, X-GZIP']))
  assert.ok(!same('Accept-Encoding', ['gzip'], ['gzip;q=0']))
})

test('media types keep their order and the case of parameters', () => {
  assert.ok(same('Accept', ['Text/HTML;q=0.10'], ['text/html; q=0.1']))
  assert.ok(!same('Accept', ['a/b, c/d'], ['c/d, a/b']))
  assert.ok(!same('Accept', ['a/b;p=x'], ['a/b;p=X']))
})

test('cookies and the like are compared byte for byte', () => {
  assert.ok(!same('Cookie', ['a=1,2'], ['a=1, 2']))
  assert.ok(!same('Cookie', ['a=1', 'b=2'], ['a=1, b=2']))
})

test('no value can pass itself off as another field', () => {
  const fields = fc.dictionary(
    fc.constantFrom('a', 'b', 'cookie', 'accept-language'),
    fc.string({ unit: 'binary', minLength: 1 }),
  )
  fc.assert(
    fc.property(fields, fields, (one, two) => {
      const names = ['a', 'accept-language', 'b', 'cookie']
      const key = (fields: Record<string, string>) => secondaryKey(names, Object.entries(fields).flat())
      if (key(one) !== key(two)) return
      assert.equal(one['cookie'], two['cookie'])
      assert.deepEqual(Object.keys(one).sort(), Object.keys(two).sort())
    }),
  )
})
