// What is near its bound: read from this machine's own /proc, and told once at each approach.

import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { acceptBound, acceptQueue, openFiles, waitingIn } from '../../src/base/kernel.ts'
import { Nearness } from '../../src/supervisor/nearness.ts'

test('an approach is told once, and once that it is over', () => {
  const nearness = new Nearness()
  const told = [10, 79, 80, 95, 70, 61, 59, 30, 85].map(now => nearness.look(now, 100))
  assert.deepEqual(told, [undefined, undefined, 'near', undefined, undefined, undefined, 'far', undefined, 'near'])
})

test('the queue of a listening socket is read from the table, whatever else is in it', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 00000000:1F90 00000000:0000 0A 00000000:00000C35 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0',
    '   1: 0100007F:1F90 0100007F:D431 01 00000000:00000400 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1',
    '   2: 00000000:0016 00000000:0000 0A 00000000:00000007 00:00000000 00000000     0        0 3 1 0 100 0 0 10 0',
  ].join('\n')
  assert.deepEqual(waitingIn(table, new Set([8080])), [3125])
})

test(
  'this process has files open, and its listening socket a queue',
  { skip: process.platform !== 'linux' },
  async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    assert.ok((await openFiles())! > 3)
    assert.equal(await acceptQueue(new Set([port])), 0)
    assert.ok((await acceptBound()) >= 128)
    await new Promise(resolve => server.close(resolve))
  },
)
