// A visitor whom the load balancer sends to another node takes the session of TLS up there: with one secret in the config of two real nodes,
// over a rotation, and while the server is away. Nothing that the server holds could be read.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import type { ConfigInput } from '../../src/config/types.ts'
import { startNode } from '../cluster/nodes.ts'
import type { NodeWishes } from '../cluster/nodes.ts'
import { makeCertificate } from '../fixtures/certificate.ts'
import { freePort } from '../fixtures/free-port.ts'
import { Origin } from '../fixtures/origin.ts'
import { Redis, noRedis } from '../fixtures/redis.ts'
import { until } from '../fixtures/until.ts'

const PERIOD = 6000
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const
type Version = (typeof VERSIONS)[number]

/** A handshake: what the visitor keeps of it, and whether it took up an earlier one. */
function shake(port: number, version: Version, session?: Buffer): Promise<{ session: Buffer; isReused: boolean }> {
  return new Promise((resolve, reject) => {
    let last: Buffer | undefined
    const bounds = { minVersion: version, maxVersion: version, servername: 'shop.example', rejectUnauthorized: false }
    const socket = connect({ host: '127.0.0.1', port, ...bounds, ...(session === undefined ? {} : { session }) })
    socket.on('session', (fresh: Buffer) => (last = fresh))
    socket.on('error', reject)
    // With the answer the tickets of TLS 1.3 have come too.
    socket.once('data', () => {
      resolve({ session: last ?? socket.getSession()!, isReused: socket.isSessionReused() })
      socket.destroy()
    })
    socket.once('secureConnect', () => socket.write('GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n'))
  })
}

/** Waits for the next period, and until edges have seen it too: they look each second. */
const nextPeriod = (): Promise<void> => sleep(PERIOD - (Date.now() % PERIOD) + 2000)

test(
  'a session that was begun at one node is taken up at the other, also after a rotation, and while the server is away',
  { skip: noRedis ?? false, timeout: 180_000 },
  async () => {
    await using stack = new AsyncDisposableStack()
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-tickets-'))
    stack.defer(() => rmSync(folder, { recursive: true, force: true }))
    const { chain, key } = makeCertificate(folder, 'shop', ['shop.example'])
    const secret = join(folder, 'secret')
    writeFileSync(secret, 'a secret of thirty-two characters, or more')
    const redis = stack.use(await Redis.start())
    const origin = stack.use(await Origin.start({ '*': { body: 'page' } }))
    const ports = { a: await freePort(), b: await freePort() }
    const node = async (name: 'a' | 'b', cluster: NodeWishes['cluster'] = { secret: { file: secret } }) => {
      const tls: ConfigInput['tls'] = {
        ...{ listen: `127.0.0.1:${ports[name]}`, certificates: [{ chain, key: { file: key } }] },
        ticketPeriod: `${PERIOD / 1000}s`,
      }
      return startNode({ name, servers: [redis.url], origins: [origin.url], cluster, more: { tls } })
    }
    stack.use(await node('a'))
    stack.use(await node('b'))
    const begun = async () => {
      await nextPeriod()
      const [two, three] = await Promise.all(VERSIONS.map(version => shake(ports.a, version)))
      return { 'TLSv1.2': two!.session, 'TLSv1.3': three!.session }
    }
    const areReused = async (port: number, sessions: Record<Version, Buffer>): Promise<boolean[]> =>
      Promise.all(VERSIONS.map(async version => (await shake(port, version, sessions[version])).isReused))

    await until('seeds are shared', async () => {
      const { session } = await shake(ports.a, 'TLSv1.3')
      return (await shake(ports.b, 'TLSv1.3', session)).isReused
    })
    const first = await begun()
    assert.deepEqual(await areReused(ports.b, first), [true, true], 'at once')
    // Whoever comes with an old ticket gets one of the new key, at whichever node.
    await nextPeriod()
    assert.deepEqual(await areReused(ports.b, first), [true, true], 'after a rotation')
    const renewed = await Promise.all(VERSIONS.map(version => shake(ports.b, version, first[version])))
    await nextPeriod()
    assert.deepEqual(await areReused(ports.b, first), [false, false], 'after two')
    const later = { 'TLSv1.2': renewed[0]!.session, 'TLSv1.3': renewed[1]!.session }
    assert.deepEqual(await areReused(ports.a, later), [true, true], 'a ticket of the rotation between')

    const held = await redis.everything()
    assert.ok(held.some(text => text.includes(':tickets:')))
    assert.ok(held.every(text => !text.includes('"seed"') && !text.includes('"period"')))

    // The seed of the next period is there already, so nodes agree for a while by themselves; then each has its own.
    const fresh = await begun()
    await redis.kill()
    assert.deepEqual(await areReused(ports.b, fresh), [true, true], 'the server has gone')
    await nextPeriod()
    assert.deepEqual(await areReused(ports.b, fresh), [true, true], 'it is away after a rotation')
    await nextPeriod()
    await nextPeriod()
    const alone = await begun()
    assert.deepEqual(await areReused(ports.a, alone), [true, true], 'each by itself')
    assert.deepEqual(await areReused(ports.b, alone), [false, false], 'each by itself, at the other')
  },
)
