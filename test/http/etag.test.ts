// Entity tags (RFC 9110 section 8.8.3) and the list of If-None-Match (section 13.1.2).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { listMatches, matchesStrongly, matchesWeakly, parseEntityTag, parseEntityTags } from '../../src/http/etag.ts'

const tag = (text: string) => parseEntityTag(text)!

test('the comparisons are those of the table in section 8.8.3.2', () => {
  const rows: [string, string, boolean, boolean][] = [
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['W/"1"', '"1"', false, true],
    ['"1"', '"1"', true, true],
  ]
  for (const [a, b, strong, weak] of rows) {
    assert.equal(matchesStrongly(tag(a), tag(b)), strong)
    assert.equal(matchesWeakly(tag(a), tag(b)), weak)
  }
})

test('a list is matched by any of its members, commas and backslashes in tags included', () => {
  const stored = tag('"a,b\\"')
  assert.ok(listMatches('"x", W/"a,b\\" , "y"', stored))
  assert.ok(listMatches('"x","y" , "a,b\\"', stored))
  assert.ok(!listMatches('"a", "b\\"', stored))
})

test('a star matches whatever is stored, a tag or none', () => {
  assert.ok(listMatches(' * ', undefined))
  assert.ok(!listMatches('"a"', undefined))
})

test('bytes beyond ASCII are part of a tag', () => {
  assert.ok(listMatches('"\u00fc"', tag('"\u00fc"')))
})

test('a tag without quotes means the same tag, but never strongly', () => {
  assert.ok(listMatches('abc', tag('"abc"')))
  assert.ok(listMatches('"abc"', tag('abc')))
  assert.ok(listMatches('"x", abc', tag('abc')))
  assert.ok(!matchesStrongly(tag('abc'), tag('abc')))
})

test('a list that cannot be read matches nothing', () => {
  for (const list of ['"a" "b"', '"a', 'W/"a"b', '"b", "a']) assert.ok(!listMatches(list, tag('"a"')), list)
  assert.equal(parseEntityTag('"a", "b"'), undefined)
})

test('tags survive being joined, and no text makes the parser throw', () => {
  const opaque = fc.stringMatching(/^[!#-~]*$/)
  fc.assert(
    fc.property(fc.array(fc.tuple(opaque, fc.boolean()), { minLength: 1 }), tags => {
      const text = tags.map(([value, weak]) => `${weak ? 'W/' : ''}"${value}"`).join(', ')
      assert.deepEqual(
        parseEntityTags(text)!.map(({ opaque, weak }) => [opaque, weak]),
        tags,
      )
    }),
  )
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => void parseEntityTags(text)))
})
