// Tags and groups (RFC 9875): what a response is known by, and which groups an answer makes untrue.

import assert from 'node:assert/strict'
import test from 'node:test'
import { invalidatedGroups, siteTag, tagsOf } from '../../src/cache/policy/tags.ts'

const place = { site: 'main', scheme: 'https', host: 'www.example.org' }
const tagged = (...names: string[]): number[] => names.map(name => siteTag('main', name)).sort((a, b) => a - b)
const tags = (...fields: string[]): number[] => [...tagsOf(place, fields)].sort((a, b) => a - b)

test('Surrogate-Key and xkey are split at spaces, Cache-Tag at commas, and all lines count', () => {
  assert.deepEqual(tags('Surrogate-Key', ' a  b', 'surrogate-key', 'c'), tagged('a', 'b', 'c'))
  assert.deepEqual(tags('xkey', 'a\tb'), tagged('a', 'b'))
  assert.deepEqual(tags('Cache-Tag', 'two words, b ,,', 'Cache-Tag', 'c'), tagged('two words', 'b', 'c'))
  assert.deepEqual(tags('Surrogate-Key', 'a,b c'), tagged('a,b', 'a', 'b', 'c'))
  assert.deepEqual(tags('Content-Type', 'text/html'), [])
})

test('tags are told apart without case, by site, and count once', () => {
  assert.deepEqual(tags('Cache-Tag', 'News,news', 'xkey', 'NEWS'), tagged('news'))
  assert.notEqual(siteTag('main', 'news'), siteTag('shop', 'news'))
  assert.deepEqual([...tagsOf(place, [], ['by-rule'])], tagged('by-rule'))
})

test('groups are strings in a list, told apart by origin and with case, and tags of their site as well', () => {
  const groups = invalidatedGroups(place, 200, ['Cache-Group-Invalidation', '"a b", "C";x=1, token'])
  assert.equal(groups.length, 2)
  assert.deepEqual(
    tags('Cache-Groups', '"a b", "C"'),
    [...tagged('a b', 'c'), ...groups].sort((a, b) => a - b),
  )
  const elsewhere = [...tagsOf({ ...place, scheme: 'http' }, ['Cache-Groups', '"a b"'])]
  assert.ok(!elsewhere.some(hash => groups.includes(hash)))
  assert.ok(!tags('Cache-Groups', '"A B"').some(hash => groups.includes(hash)))
  assert.deepEqual(tags('Cache-Groups', '"a" "b"'), [])
})

test('an error invalidates no group, and a field that cannot be read none either', () => {
  assert.deepEqual(invalidatedGroups(place, 500, ['Cache-Group-Invalidation', '"a"']), [])
  assert.deepEqual(invalidatedGroups(place, 404, ['Cache-Group-Invalidation', '"a"']), [])
  assert.deepEqual(invalidatedGroups(place, 200, ['Cache-Group-Invalidation', '"a", b"']), [])
  assert.equal(invalidatedGroups(place, 303, ['Cache-Group-Invalidation', '"a"']).length, 1)
})
