// Cache-Status (RFC 9211).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { appendCacheStatus, formatCacheStatus } from '../../src/http/cachestatus.ts'
import { parseDictionary } from '../../src/http/structured.ts'

test('a hit and a miss are written as the RFC has them', () => {
  assert.equal(formatCacheStatus({ cache: 'Breakwater', hit: true, ttl: 30.9 }), 'Breakwater; hit; ttl=30')
  assert.equal(
    formatCacheStatus({
      cache: 'breakwater',
      fwd: 'uri-miss',
      fwdStatus: 200,
      stored: true,
      collapsed: true,
      detail: 'stored-explicit',
    }),
    'breakwater; fwd=uri-miss; fwd-status=200; stored; collapsed; detail=stored-explicit',
  )
  assert.equal(
    formatCacheStatus({ cache: 'b', fwd: 'stale', ttl: -412, stored: false }),
    'b; fwd=stale; ttl=-412; stored=?0',
  )
})

test('what is no token becomes a string, and no string breaks the field', () => {
  assert.equal(
    formatCacheStatus({ cache: 'a b', key: 'x"\\\n\u00fc', detail: '1' }),
    '"a b"; key="x\\"\\\\??"; detail="1"',
  )
})

test('our member comes after those nearer to the origin', () => {
  assert.equal(appendCacheStatus('Origin; hit', { cache: 'b', hit: true }), 'Origin; hit, b; hit')
  assert.equal(appendCacheStatus(undefined, { cache: 'b', hit: true }), 'b; hit')
  assert.equal(appendCacheStatus(' ', { cache: 'b', hit: true }), 'b; hit')
})

test('every member is a valid Structured Fields item', () => {
  const anything = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(anything, anything, anything, fc.double({ noNaN: true }), (cache, key, detail, ttl) => {
      assert.ok(parseDictionary(`a=${formatCacheStatus({ cache, key, detail, ttl, fwd: 'miss' })}`) !== undefined)
    }),
  )
})
