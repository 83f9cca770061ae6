// A connection to an origin server that was held back by the very last bytes of a response carries the next request all the same.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Connection } from '../../src/origin/wire/connection.ts'
import type { Requester } from '../../src/origin/wire/connection.ts'
import type { SocketEvents } from '../../src/origin/wire/socket.ts'

/** Resolves with the body; `heldBack` is told of each piece of it. */
function asked(connection: Connection, heldBack: () => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let body = ''
    const requester: Requester = {
      ...{ onSent() {}, onBodySent() {}, onBegun() {}, onInterim() {}, onHead() {}, onSwitched() {} },
      onData: (chunk: Buffer) => {
        body += String(chunk)
        heldBack()
      },
      onEnd: () => resolve(body),
      onFailed: reject,
    }
    const fields = ['Host', 'a.example']
    connection.send({ method: 'GET', target: '/', fields, length: null, upgrade: undefined }, null, requester)
  })
}

test('a connection that was held back by the last bytes of a response carries the next request', async context => {
  const origin = createServer(socket => {
    socket.on('error', () => undefined)
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole'))
  })
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  const { port } = origin.address() as AddressInfo
  const open = (events: SocketEvents) => {
    const callback = (length: number, bytes: Uint8Array): boolean => events.bytes(bytes as Buffer, length)
    const socket = connect({ port, host: '127.0.0.1', onread: { buffer: Buffer.alloc(1024), callback } })
    socket.once('connect', () => events.connected())
    return socket.once('close', () => events.closed(undefined))
  }
  const freed: Connection[] = []
  const keeper = {
    free: (one: Connection) => void freed.push(one),
    gone: () => undefined,
    multiplexed: () => assert.fail('this origin speaks no HTTP/2'),
  }
  const connection = new Connection(open, keeper, 0)
  context.after(() => {
    connection.close()
    origin.close()
  })
  assert.equal(await asked(connection, () => connection.pause()), 'whole')
  assert.deepEqual(freed, [connection])
  const next = asked(connection, () => undefined)
  const late = new Promise<string>(resolve => setTimeout(resolve, 5000, 'nothing was heard').unref())
  assert.equal(await Promise.race([next, late]), 'whole')
})
