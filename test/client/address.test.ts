// Addresses as numbers, and who counts as one client.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { clientOf, groupsOf, ipv4Number } from '../../src/client/address.ts'

test('any spelling of an IPv6 address gives its eight groups', () => {
  const address = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(address, groups => {
      const full = groups.map(each => each.toString(16)).join(':')
      assert.deepEqual(groupsOf(full), groups)
      // A URL writes it in its shortest form (RFC 5952).
      assert.deepEqual(groupsOf(new URL(`http://[${full}]`).hostname.slice(1, -1)), groups)
    }),
  )
  assert.deepEqual(groupsOf('::'), [0, 0, 0, 0, 0, 0, 0, 0])
  assert.deepEqual(groupsOf('64:ff9b::192.0.2.33'), [0x64, 0xff9b, 0, 0, 0, 0, 0xc000, 0x221])
  assert.deepEqual(groupsOf('fe80::1%eth0'), [0xfe80, 0, 0, 0, 0, 0, 0, 1])
  for (const none of ['192.0.2.1', 'localhost', '', '::1::2']) assert.equal(groupsOf(none), undefined)
})

test('an IPv4 address counts by itself, an IPv6 address by its first 64 bits', () => {
  assert.equal(ipv4Number('192.0.2.255'), 0xc00002ff)
  assert.equal(clientOf('192.0.2.255'), '192.0.2.255')
  assert.equal(clientOf('2001:db8:1:2:3:4:5:6'), clientOf('2001:db8:1:2::ffff'))
  assert.notEqual(clientOf('2001:db8:1:2::1'), clientOf('2001:db8:1:3::1'))
})
