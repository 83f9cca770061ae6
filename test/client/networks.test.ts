// Networks, sorted and merged: the same answer as node:net's own list gives, which looks at them one by one.

import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compileNetworks } from '../../src/client/networks.ts'
import { Lists } from '../../src/client/lists.ts'

const v4 = fc.tuple(fc.constantFrom(10, 192), fc.nat(3), fc.nat(3), fc.nat(255)).map(bytes => bytes.join('.'))
const v6 = fc
  .tuple(fc.constantFrom('2001', 'fe80'), fc.nat(3), fc.nat(3), fc.nat(0xffff))
  .map(([a, b, c, d]) => `${a}:${b.toString(16)}::${c.toString(16)}:${d.toString(16)}`)
const network = fc.oneof(
  fc.record({ address: v4, prefix: fc.nat(32), family: fc.constant('ipv4' as const) }),
  fc.record({ address: v6, prefix: fc.integer({ min: 4, max: 128 }), family: fc.constant('ipv6' as const) }),
)

const of = (address: string, prefix: number) => ({ address, prefix, family: 'ipv4' as const })

test('an address is inside exactly where a list that looks at each network says so', () => {
  fc.assert(
    fc.property(
      fc.array(network, { minLength: 1, maxLength: 30 }),
      fc.array(fc.oneof(v4, v6)),
      (networks, addresses) => {
        const list = new BlockList()
        for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family)
        const isInside = compileNetworks(networks)!
        for (const address of [...addresses, ...networks.map(each => each.address)])
          assert.equal(isInside(address), list.check(address, address.includes(':') ? 'ipv6' : 'ipv4'), address)
      },
    ),
  )
})

test('no network is no question, and allowing goes before denying', () => {
  assert.equal(compileNetworks([]), null)
  const config = { handOn: { url: undefined, command: undefined }, denied: 'close' as const, slow: true }
  const lists = new Lists({ clients: { ...config, deny: [of('192.0.2.0', 24)], allow: [of('192.0.2.7', 32)] } })
  assert.deepEqual(
    ['192.0.2.7', '192.0.2.8', '198.51.100.1'].map(address => lists.standing(address)),
    ['allowed', 'denied', 'usual'],
  )
  assert.ok(lists.closes('::ffff:192.0.2.8'))
  assert.ok(!lists.closes('192.0.2.7'))
})
