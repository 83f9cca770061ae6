// What is read from what a server says of itself.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPrimary, serverFacts } from '../../src/cluster/server.ts'

const facts = (info: string) => serverFacts(info.replaceAll('\n', '\r\n'))

test('WAITAOF is there from Redis 7.2 on, and in every Valkey', () => {
  assert.deepEqual(facts('# Server\nredis_version:7.0.15\nos:Linux\n'), {
    product: 'redis',
    version: '7.0.15',
    copies: 'wait',
  })
  assert.equal(facts('# Server\nredis_version:7.2.4\n').copies, 'waitaof')
  assert.equal(facts('# Server\nredis_version:8.0.1\n').copies, 'waitaof')
  const valkey = facts('# Server\nredis_version:7.2.4\nserver_name:valkey\nvalkey_version:8.1.1\n')
  assert.deepEqual(valkey, { product: 'valkey', version: '8.1.1', copies: 'waitaof' })
})

test('a replica is not taken for the primary', () => {
  assert.equal(isPrimary(['master', 0, []]), true)
  assert.equal(isPrimary(['slave', '127.0.0.1', 6379, 'connected', 0]), false)
})
