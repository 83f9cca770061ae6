// The deny list on its way to a real server and a real command, which fail at first.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { HandOn } from '../../src/watch/hand-on.ts'
import type { DenyList } from '../../src/watch/hand-on.ts'
import { until } from '../fixtures/until.ts'

const networks = (...addresses: string[]) =>
  addresses.map(address => ({ address, prefix: 32, family: 'ipv4' as const }))

test('hands the list on at start and at each change, until it is taken', async context => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-hand-on-'))
  const taken = join(folder, 'taken.json')
  const heard: DenyList[] = []
  let answer = 500
  const server = createServer((request, response) => {
    request.setEncoding('utf8')
    let body = ''
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      heard.push(JSON.parse(body) as DenyList)
      response.writeHead(answer).end()
      answer = 204
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const logged: string[] = []
  const handOn = new HandOn((_, event) => void logged.push(event), [10])
  context.after(() => {
    handOn.end()
    server.close()
    rmSync(folder, { recursive: true })
  })
  const to = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/deny`,
    command: ['/bin/sh', '-c', `cat > ${taken}`],
  }
  const config = { allow: [], denied: 'refuse' as const, slow: true, handOn: to }
  handOn.configure({ ...config, deny: networks('192.0.2.1', '192.0.2.2') })
  await until('it is taken', () => logged.includes('deny-list-handed-on'))
  assert.deepEqual(logged, ['deny-list-not-handed-on', 'deny-list-handed-on'])
  assert.deepEqual(heard.at(-1)!.added, ['192.0.2.1/32', '192.0.2.2/32'])
  handOn.configure({ ...config, deny: networks('192.0.2.1', '192.0.2.2') })
  handOn.configure({ ...config, deny: networks('192.0.2.2', '192.0.2.3') })
  await until('the change is taken', () => logged.length === 3)
  const change = { networks: ['192.0.2.2/32', '192.0.2.3/32'], added: ['192.0.2.3/32'], removed: ['192.0.2.1/32'] }
  assert.deepEqual(heard.at(-1), change)
  assert.deepEqual(JSON.parse(readFileSync(taken, 'utf8')), change)
  assert.equal(heard.length, 3, 'the same list is not handed on twice')
})
