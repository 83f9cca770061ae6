// Request targets (RFC 9112 section 3.2): exact bytes, never tidied.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseTarget } from '../../src/http/target.ts'

test('origin-form is split at its first question mark', () => {
  const { path, query, target, form } = parseTarget('/a/b?c=d?e')!
  assert.deepEqual([path, query, target, form], ['/a/b', '?c=d?e', '/a/b?c=d?e', 'origin'])
  assert.equal(parseTarget('/a?')!.target, '/a?')
})

test('absolute-form is served as the path that the origin will see', () => {
  const found = parseTarget('HTTP://Example.org:80/a?b')!
  assert.deepEqual([found.scheme, found.authority, found.target], ['http', 'Example.org:80', '/a?b'])
  assert.equal(parseTarget('https://example.org')!.target, '/')
  assert.equal(parseTarget('https://example.org?a')!.target, '/?a')
})

test('what is neither is refused', () => {
  for (const raw of [
    '',
    '*',
    'example.org:443',
    'a',
    'ftp://a/',
    'http:///a',
    'http://u:p@a/',
    '/a b',
    '/a#b',
    '/\0',
    '/\x7f',
    '/\u0100',
  ]) {
    assert.equal(parseTarget(raw), undefined, raw)
  }
})

test('a path is plain when no origin can read it in two ways', () => {
  for (const raw of ['/', '/a/b.css', "/~u/!$&'()*+,=:@-_", '/a..b/.c', '/a/...', '/a?%2f;//../'])
    assert.ok(parseTarget(raw)!.plain, raw)
  for (const raw of [
    '/%61',
    '/a;b',
    '//a',
    '/a//b',
    '/.',
    '/a/..',
    '/./a',
    '/a/../b',
    '/a\\b',
    '/"',
    '/\u00fc',
    '/{',
  ]) {
    assert.ok(!parseTarget(raw)!.plain, raw)
  }
})

test('no byte of the target is changed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const found = parseTarget(`/${text}`)
      if (found !== undefined) assert.equal(found.path + found.query, `/${text}`)
    }),
  )
})
