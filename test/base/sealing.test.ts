// What is sealed opens with the same secret, for the same purpose and as the same thing, and only as it was.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { SEAL_MORE, isSealed, seal, sealKey, unseal } from '../../src/base/sealing.ts'

const key = sealKey('correct horse battery staple, twice', 'tests')
const content = Buffer.from('a private word')

test('what was sealed comes back, and says nothing before', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string(), (bytes, what) => {
      const sealed = seal(key, bytes, what)
      assert.deepEqual(unseal(key, sealed, what), Buffer.from(bytes))
      assert.equal(sealed.length, bytes.length + SEAL_MORE)
      assert.ok(isSealed(sealed))
    }),
  )
  assert.ok(!seal(key, content, 'word').includes('private'))
})

test('the same content is never sealed in the same way twice', () => {
  assert.notDeepEqual(seal(key, content, 'word'), seal(key, content, 'word'))
})

test('whatever bit of it is changed, it does not open', () => {
  const sealed = seal(key, content, 'word')
  for (let bit = 0; bit < 8 * sealed.length; bit++) {
    const changed = Buffer.from(sealed)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    const found = unseal(key, changed, 'word')
    const why = bit < 8 ? 'plain' : bit < 16 ? 'other-version' : bit < 48 ? 'other-key' : 'changed'
    assert.equal(found, why, `bit ${bit}`)
  }
})

test('what is cut short does not open', () => {
  const sealed = seal(key, content, 'word')
  for (let length = 0; length < sealed.length; length++)
    assert.equal(typeof unseal(key, sealed.subarray(0, length), 'word'), 'string', String(length))
})

test('it opens as what it was sealed as, with its own secret, for its own purpose', () => {
  const sealed = seal(key, content, 'word')
  assert.equal(unseal(key, sealed, 'other word'), 'changed')
  assert.equal(unseal(sealKey('another secret', 'tests'), sealed, 'word'), 'other-key')
  assert.equal(unseal(sealKey('correct horse battery staple, twice', 'other'), sealed, 'word'), 'other-key')
})

test('another version of the format is told from what was changed', () => {
  const later = seal(key, content, 'word')
  later[1] = 2
  assert.equal(unseal(key, later, 'word'), 'other-version')
  assert.ok(!isSealed(later))
  assert.equal(unseal(key, Buffer.from('{"plain":true}'), 'word'), 'plain')
})
