// Invalidation after unsafe requests (RFC 9111 section 4.4).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidatedTargets, isSafe } from '../../src/cache/policy/invalidate.ts'

const after = (method: string, status: number, fields: string[] = [], target = '/a/b?c') =>
  invalidatedTargets({ method, base: 'https://example.org', target }, status, fields)

test('an unsafe request that went well invalidates its own target', () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'M-SEARCH', 'FOO', 'get']) {
    assert.deepEqual(after(method, 200), ['/a/b?c'], method)
    assert.deepEqual(after(method, 303), ['/a/b?c'], method)
  }
})

test('one that failed invalidates nothing, nor does a safe one', () => {
  for (const status of [400, 404, 500, 503]) assert.deepEqual(after('POST', status), [])
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE']) assert.deepEqual(after(method, 200), [])
  assert.equal(isSafe('PROPFIND'), true)
})

test('so are the places that Location and Content-Location name, on the same origin', () => {
  assert.deepEqual(after('POST', 201, ['Location', 'd?e#f', 'Content-Location', 'https://EXAMPLE.org:443/g']), [
    '/a/b?c',
    '/a/d?e',
    '/g',
  ])
})

test('places of another origin are left alone', () => {
  for (const place of [
    'https://other.example/',
    'http://example.org/',
    'https://example.org:8443/',
    '//other.example/',
    'mailto:a@example.org',
    'http://[',
  ]) {
    assert.deepEqual(after('POST', 201, ['Location', place]), ['/a/b?c'], place)
  }
})

test('the request’s target stays byte for byte, even where it looks like another host', () => {
  assert.deepEqual(after('POST', 200, ['Location', 'x'], '//other.example/%2f'), [
    '//other.example/%2f',
    '//other.example/x',
  ])
})
