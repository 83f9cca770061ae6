// Sockets that came from elsewhere are dealt out to edges, and handed on.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listenAddressIn } from '../../src/supervisor/activation.ts'
import { Sockets } from '../../src/supervisor/sockets.ts'
import type { Passed } from '../../src/supervisor/sockets.ts'

const address = { host: '0.0.0.0', port: 80 }
/** Descriptors of one socket have one first digit. */
const socketOf = (descriptor: number): string => String(descriptor)[0]!
const passed = (descriptors: number[], isForeign = false): Passed => ({ address, descriptors, isForeign })
const deal = (sockets: Sockets, many: number): (number[] | null)[] =>
  Array.from({ length: many }, (_, i) => sockets.deal(address, i, many))

test('as many edges as sockets get one each', () => {
  assert.deepEqual(deal(new Sockets([passed([10]), passed([20])], socketOf), 2), [[10], [20]])
})

test('fewer edges listen on several each: nobody waits where none accepts', () => {
  assert.deepEqual(deal(new Sockets([passed([10]), passed([20]), passed([30])], socketOf), 2), [[10, 30], [20]])
})

test('more edges than inherited sockets open their own beside them', () => {
  assert.deepEqual(deal(new Sockets([passed([10])], socketOf), 3), [[10], [], []])
})

test('edges share a service manager’s socket, each by a descriptor of its own, until none is left', () => {
  const sockets = new Sockets([passed([10, 11, 12], true)], socketOf)
  assert.deepEqual(deal(sockets, 2), [[12], [11]])
  assert.deepEqual(sockets.deal(address, 0, 2), [10], 'for the edge after one that died')
  assert.equal(sockets.deal(address, 0, 2), null)
})

test('an address without a socket is the edge’s own to open', () => {
  assert.deepEqual(new Sockets([passed([10], true)], socketOf).deal({ host: '0.0.0.0', port: 81 }, 0, 1), [])
})

test('a socket for every address of the machine is the same in IPv6', () => {
  const sockets = new Sockets([{ ...passed([10], true), address: { host: '::', port: 80 } }], socketOf)
  assert.ok(sockets.has(address))
  assert.ok(!sockets.has({ host: '127.0.0.1', port: 80 }))
})

test('what is listened on and what is left is handed on, each socket once; a manager’s with copies', () => {
  const sockets = new Sockets([passed([10, 11], true), passed([20])], socketOf)
  const handed = sockets.handOn([
    { address, descriptor: 10 },
    { address, descriptor: 30 },
  ])
  const counted = handed.map(({ descriptors, isForeign }) => [descriptors[0], descriptors.length >= 16, isForeign])
  assert.deepEqual(counted, [
    [10, true, true],
    [30, false, false],
    [20, false, false],
  ])
})

test('an address that the config no longer names is told', () => {
  const sockets = new Sockets([passed([10], true)], socketOf)
  assert.deepEqual(sockets.unwanted([{ host: '0.0.0.0', port: 81 }]), [address])
  assert.deepEqual(sockets.unwanted([address]), [])
})

test('addresses are read as the system writes them', () => {
  assert.deepEqual(listenAddressIn('0100007F:1F90'), { host: '127.0.0.1', port: 8080 })
  assert.deepEqual(listenAddressIn('00000000:0050'), { host: '0.0.0.0', port: 80 })
  assert.deepEqual(listenAddressIn('00000000000000000000000000000000:0050'), { host: '::', port: 80 })
  assert.deepEqual(listenAddressIn('B80D0120000000000000000001000000:01BB'), { host: '2001:db8::1', port: 443 })
})
