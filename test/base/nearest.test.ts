// The name that was probably meant.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from '../../src/base/nearest.ts'

test('a slip of the finger finds the name that was meant, anything else finds none', () => {
  const verbs = ['serve', 'check', 'demo', 'origin', 'rehearse']
  const cases = {
    serv: 'serve',
    sreve: 'serve',
    chekc: 'check',
    Demo: 'demo',
    orgins: 'origin',
    reharse: 'rehearse',
    xyzzy: undefined,
    '': undefined,
    explain: undefined,
  }
  for (const [given, meant] of Object.entries(cases)) assert.equal(nearest(given, verbs), meant, given)
})

test('of two names equally near, the first is taken', () => {
  assert.equal(nearest('cat', ['bat', 'car']), 'bat')
})

test('an overlong name costs no more than a long one', () => {
  assert.equal(nearest('a'.repeat(1_000_000), ['b']), undefined)
})
