// Connections in the whole program: as many of one address as it may have, over both edges, while others come in.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'

test(
  'an address has as many connections as it may have, over both edges, and others come in',
  { timeout: 60_000 },
  async () => {
    await using origin = await Origin.start({ '*': { body: 'page' } })
    const sites = [{ origins: [origin.url] }]
    await using shield = await Shield.start({ config: { limits: { connectionsPerAddress: 10 }, sites } })
    const closed = new Set<Socket>()
    const sockets = Array.from({ length: 40 }, () => {
      const socket = connect({ port: shield.port, host: '127.0.0.1', localAddress: '127.0.0.3' })
      socket.on('error', () => undefined)
      return socket.on('close', () => void closed.add(socket))
    })
    await until('those beyond are closed', () => closed.size === 30)
    assert.equal((await ask(shield.port, '/')).status, 200)
    await until('they are counted', async () => {
      const { counters } = await shield.stats()
      return (counters['tooMany'] as { total: number }).total === 30
    })
    for (const socket of sockets) socket.destroy()
    const open = (): Promise<boolean> =>
      new Promise(resolve => {
        const socket = connect({ port: shield.port, host: '127.0.0.1', localAddress: '127.0.0.3' })
        socket.on('error', () => resolve(false)).on('close', () => resolve(false))
        socket.on('data', () => resolve(true)).on('data', () => socket.destroy())
        socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      })
    await until('the address may come in again', open)
  },
)
