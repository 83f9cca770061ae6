// A server that speaks TLS alone (`rediss://`), with a certificate that no machine trusts by itself and a password: a node joins it with
// `ca`, forms are copied over it, and without `ca` nothing is said to it.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemRandom } from '../../src/base/random.ts'
import { Link } from '../../src/cluster/link.ts'
import { startNode, stateOf } from '../cluster/nodes.ts'
import { makeCertificate } from '../fixtures/certificate.ts'
import { freePort } from '../fixtures/free-port.ts'
import { Origin } from '../fixtures/origin.ts'
import { Redis, noRedis } from '../fixtures/redis.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'

test(
  'nodes and the copies of forms reach a server over TLS, and only with its certificate',
  { skip: noRedis ?? false, timeout: 120_000 },
  async () => {
    await using stack = new AsyncDisposableStack()
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-tls-'))
    stack.defer(() => rmSync(folder, { recursive: true, force: true }))
    const { chain, key } = makeCertificate(folder, 'valkey', ['localhost'])
    const secure = await freePort()
    const flags = [
      '--tls-port',
      String(secure),
      '--tls-cert-file',
      chain,
      '--tls-key-file',
      key,
      '--tls-auth-clients',
      'no',
    ]
    stack.use(await Redis.start([...flags, '--requirepass', 'correct horse']))
    const origin = stack.use(await Origin.start({ '*': { body: 'page' } }))
    const rules = [{ name: 'sign', match: 'POST /sign', collect: { when: 'always' as const } }]
    const common = {
      servers: [`rediss://localhost:${secure}`],
      origins: [origin.url],
      password: 'correct horse',
      rules,
    }
    const a = stack.use(await startNode({ ...common, name: 'a', cluster: { ca: chain } }))
    const b = stack.use(await startNode({ ...common, name: 'b', cluster: { ca: chain } }))
    await until('they know of each other', async () => (await stateOf(a))!.members.length === 2)
    assert.equal((await stateOf(b))!.state, 'joined')
    await until('forms are copied', async () => (await a.stats()).journal?.copy?.state === 'copied')
    const fields = { 'content-type': 'application/x-www-form-urlencoded' }
    assert.equal((await ask(a.port, '/sign', { method: 'POST', fields, body: 'number=1' })).status, 303)
    const said = await new Promise<string>(resolve => {
      const link = new Link({
        ...{ urls: common.servers, user: undefined, password: common.password, ca: undefined, channel: 'news' },
        ...{ random: systemRandom, news: () => undefined },
        up: () => resolve('it was believed'),
        down: resolve,
      })
      stack.defer(() => link.close())
    })
    assert.match(said, /self.signed certificate/)
  },
)
