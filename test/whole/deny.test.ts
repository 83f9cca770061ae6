// The operator's lists in the whole program: in both lanes, from a file that changes, and closed at the door.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ConfigInput } from '../../src/config/types.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'

test(
  'whoever is on the list is kept out of both lanes, and let in when the file changes',
  { timeout: 60_000 },
  async context => {
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-deny-'))
    context.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'deny.txt')
    writeFileSync(file, '# bots\n203.0.113.0/24 ; all of them\n\n2001:db8:bad::/48\n')
    await using origin = await Origin.start({ '*': { fields: { 'cache-control': 'max-age=600' }, body: 'page' } })
    const rules = [{ rate: { limit: '5/1h' as const } }]
    const clients: ConfigInput['clients'] = { deny: [{ file }], allow: '203.0.113.9' }
    const config: ConfigInput = {
      proxies: { trusted: ['127.0.0.0/8'] },
      clients,
      sites: [{ origins: [origin.url], rules }],
    }
    await using shield = await Shield.start({ config })
    const from = (address: string) => ask(shield.port, '/page', { fields: { 'x-forwarded-for': address } })
    assert.equal((await from('198.51.100.1')).status, 200)
    // Stored by now, and kept from them all the same.
    for (const address of ['203.0.113.1', '2001:db8:bad::1']) {
      const { status, text } = await from(address)
      assert.equal(status, 403)
      assert.match(text, /cannot come in/)
    }
    for (let i = 0; i < 10; i++) assert.equal((await from('203.0.113.9')).status, 200, 'neither kept out nor limited')
    writeFileSync(file, '198.51.100.1\n')
    await until('the new list holds', async () => (await from('198.51.100.1')).status === 403)
    assert.equal((await from('203.0.113.1')).status, 200)
    writeFileSync(file, '198.51.100.1\nno network\n')
    const [refused] = await shield.heard('config-refused')
    assert.match(JSON.stringify(refused!['errors']), /line 2/)
    assert.equal((await from('198.51.100.1')).status, 403, 'the list before it holds')
  },
)

test('a list that closes lets nobody say a word', { timeout: 60_000 }, async () => {
  await using origin = await Origin.start({ '*': { body: 'page' } })
  const clients: ConfigInput['clients'] = { deny: '127.0.0.2', denied: 'close' }
  await using shield = await Shield.start({ config: { clients, sites: [{ origins: [origin.url] }] } })
  const heard = await new Promise<string>(resolve => {
    const socket = connect({ port: shield.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
    let text = ''
    socket.on('data', chunk => (text += chunk.toString()))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  })
  assert.equal(heard, '')
  assert.equal((await ask(shield.port, '/')).status, 200)
  assert.equal(origin.of('/').length, 1)
})
