// Tokens, quoted-strings and lists (RFC 9110 section 5.6).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseList, splitList } from '../../src/http/lists.ts'
import { isToken, quote, trimSpace, unquote } from '../../src/http/tokens.ts'

test('a list is split at commas and its empty members are skipped', () => {
  assert.deepEqual(splitList(' a , b,,\tc ,'), ['a', 'b', 'c'])
  assert.deepEqual(splitList(''), [])
  assert.deepEqual(splitList(' , ,'), [])
})

test('a comma within quotes separates nothing', () => {
  assert.deepEqual(splitList('a="1, 2", b'), ['a="1, 2"', 'b'])
  assert.deepEqual(splitList('a="1\\", 2", b'), ['a="1\\", 2"', 'b'])
})

test('a quote that never ends hides no member', () => {
  assert.deepEqual(parseList('a="1, no-store'), { members: ['a="1', 'no-store'], malformed: true })
  assert.deepEqual(parseList('"a", "b, "c"'), { members: ['"a"', '"b, "c"'], malformed: true })
})

test('white space is space and tab, nothing else', () => {
  assert.equal(trimSpace(' \ta b\t '), 'a b')
  assert.equal(trimSpace('\u00a0a\u000b'), '\u00a0a\u000b')
})

test('a quoted-string gives back the text that was quoted', () => {
  const text = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map(code => String.fromCharCode(code)) })
  fc.assert(fc.property(text, plain => assert.equal(unquote(quote(plain)), plain)))
  for (const broken of ['', '"', 'a', '"a', 'a"', '"a"b"', '"\\"', '"\n"'])
    assert.equal(unquote(broken), undefined, broken)
})

test('members survive being joined', () => {
  const word = fc.stringMatching(/^[a-z0-9]+$/)
  const member = fc.oneof(
    word,
    fc.tuple(word, fc.string()).map(([name, text]) => `${name}=${quote(text)}`),
  )
  fc.assert(fc.property(fc.array(member), members => assert.deepEqual(splitList(members.join(', ')), members)))
})

test('no text makes the parsers throw', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      text => void [parseList(text), unquote(text), isToken(text), quote(text)],
    ),
  )
})
