// Certificates where there are two nodes, at Pebble: one of them orders, a load balancer leads the authority to either, and both show what
// was got; what is replaced or revoked on one is on both.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from 'node:tls'
import type { ConfigInput } from '../../src/config/types.ts'
import { Child } from '../cli/fixtures/child.ts'
import { freePort } from '../fixtures/free-port.ts'
import { Origin } from '../fixtures/origin.ts'
import { Pebble, noPebble } from '../fixtures/pebble.ts'
import { Redis, noRedis } from '../fixtures/redis.ts'
import { Shield } from '../fixtures/shield.ts'
import { until as untilWithin } from '../fixtures/until.ts'

const NAME = 'shop.example'
const until = (what: string, condition: () => boolean | Promise<boolean>): Promise<void> =>
  untilWithin(what, condition, 90_000)

/** The serial number of what a visitor is shown; undefined where that is nothing that the root is for. */
function serialOf(port: number, ca: string): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port, servername: NAME, ca }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber)
      socket.destroy()
    })
    socket.on('error', () => resolve(undefined))
  })
}

/** Leads each request to the next node, as a load balancer does; which of them have answered it. */
async function balancer(ports: readonly number[]) {
  const answered = new Set<number>()
  let turn = 0
  const server = createServer((request, response) => {
    const port = ports[turn++ % ports.length]!
    const lead = async (): Promise<void> => {
      const came = await fetch(`http://127.0.0.1:${port}${request.url}`)
      if (came.status === 200) answered.add(port)
      response.writeHead(came.status).end(await came.text())
    }
    lead().catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): void => server.close().closeAllConnections()
  return { port: (server.address() as AddressInfo).port, answered, close }
}

test(
  'one node orders, both show it and answer for it; what is revoked on one is replaced on both',
  { timeout: 300_000, skip: noRedis ?? noPebble ?? false },
  async () => {
    await using stack = new AsyncDisposableStack()
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-cluster-acme-'))
    stack.defer(() => rmSync(folder, { recursive: true, force: true }))
    const ports = [await freePort(), await freePort()]
    const front = await balancer(ports)
    stack.defer(front.close)
    const redis = stack.use(await Redis.start())
    const pebble = stack.use(await Pebble.start(folder, { httpPort: front.port, tlsPort: await freePort() }))
    const origin = stack.use(await Origin.start({ '*': { body: 'page' } }))
    const secure = [await freePort(), await freePort()]
    const secret = join(folder, 'secret')
    writeFileSync(secret, 'a secret of thirty-two characters, or more')
    const acme = { directory: pebble.directory, ca: pebble.ca, agree: true, email: 'web@shop.example' } as const
    const shields = await Promise.all(
      ['a', 'b'].map(async (node, n) => {
        const config: ConfigInput = {
          cluster: { url: redis.url, node, secret: { file: secret } },
          sites: [{ name: 'main', hosts: '*', origins: [origin.url] }],
          tls: { listen: `127.0.0.1:${secure[n]!}`, acme: { ...acme, names: [NAME] } },
        }
        return stack.use(await Shield.start({ config, port: ports[n]!, edges: 1 }))
      }),
    )
    const root = await pebble.root()
    const shown = () => Promise.all(secure.map(port => serialOf(port, root)))
    const areAlike = async (other?: string): Promise<boolean> => {
      const [one, two] = await shown()
      return one !== undefined && one === two && one !== other
    }
    const ordered = () => shields.flatMap(shield => shield.logs('certificate-ordered')).length
    const logs = () => JSON.stringify(shields.flatMap(shield => shield.logs().filter(({ level }) => level !== 'info')))
    await until(`both show the same: ${logs()}`, () => areAlike())
    assert.equal(ordered(), 1, logs())
    assert.equal(front.answered.size, 2)
    const [first] = await shown()

    // By the node that has not ordered it: with the account of all.
    const other = shields.find(shield => shield.logs('certificate-ordered').length === 0)!
    const revoke = Child.breakwater(['certificates', 'revoke', NAME, '--data', other.data], other.folder)
    assert.equal(await revoke.ended, 0, revoke.stderr)
    await until('both show another one', () => areAlike(first))
    assert.equal(await pebble.statusOf(first!), 'Revoked')
    assert.equal(ordered(), 2)
    assert.equal(other.logs('certificate-ordered').length, 1)
    const [second] = await shown()
    assert.equal(await pebble.statusOf(second!), 'Valid')

    // What the server holds opens nobody's door.
    const held = await redis.everything()
    assert.ok(held.some(text => text.includes(':certificates:')) && held.some(text => text.includes(':accounts:')))
    assert.ok(held.every(text => !text.includes('PRIVATE KEY') && !text.includes('BEGIN CERTIFICATE')))

    // It lies on the disk of each: there at once after a restart, without the directory and without the server.
    const kept = shields.map(({ data }) => {
      const file = readdirSync(join(data, 'acme')).find(name => name.endsWith('.certificate.json'))
      return (JSON.parse(readFileSync(join(data, 'acme', file!), 'utf8')) as { chain: string }).chain
    })
    assert.equal(kept[0], kept[1])
  },
)
