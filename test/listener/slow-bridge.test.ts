// A connection that is no socket: the fast lane gives some away through a Duplex.

import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { echo, start, statuses, text, until } from './slow-harness.ts'

const HOST = 'Host: a.test\r\n'

class Bridge extends Duplex {
  taken = ''
  ends = 0

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.taken += chunk.toString('latin1')
    setImmediate(done)
  }

  override _final(done: () => void): void {
    this.ends++
    done()
  }
}

const peer = { address: '192.0.2.1', port: 4711, secure: false }

test('each request through a bridge is answered, and the last answer ends it', async () => {
  await using shield = await start(async x => text(x.target))
  const bridge = new Bridge()
  shield.lane.adopt(bridge, peer)
  for (const target of ['/1', '/2', '/3']) {
    bridge.push(`GET ${target} HTTP/1.1\r\n${HOST}${target === '/3' ? 'Connection: close\r\n' : ''}\r\n`)
    await until(() => bridge.taken.endsWith(target), 'it is answered')
  }
  await until(() => bridge.ends === 1 && bridge.destroyed, 'the last answer ends the bridge')
  assert.equal(shield.count('bytesOut'), bridge.taken.length)
})

test('a visitor that ends its side behind a bridge is answered, and the bridge then closed', async () => {
  await using shield = await start(async x => text(x.target))
  const bridge = new Bridge()
  shield.lane.adopt(bridge, peer)
  bridge.push(`GET /1 HTTP/1.1\r\n${HOST}\r\n`)
  bridge.push(null)
  await until(() => bridge.destroyed, 'the bridge is closed')
  assert.ok(bridge.taken.endsWith('/1'))
})

test('a refusal through a bridge ends it', async () => {
  await using shield = await start(echo)
  const bridge = new Bridge()
  shield.lane.adopt(bridge, peer)
  bridge.push('GET / HTTP/1.1\r\nHost : a\r\n\r\n')
  await until(() => bridge.ends === 1, 'the bridge is ended')
  assert.deepEqual(statuses(bridge.taken), [400])
  bridge.destroy()
})

test('the rooms see the peer that the owner of the connection named', async () => {
  await using shield = await start(async x => text(`${x.peer.address}:${x.peer.port}`))
  const bridge = new Bridge()
  shield.lane.adopt(bridge, peer)
  bridge.push(`GET / HTTP/1.1\r\n${HOST}\r\n`)
  await until(() => bridge.taken.endsWith('192.0.2.1:4711'), 'it is answered')
  bridge.destroy()
})
