// A crowd is sent at this machine only.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { CONSENT_PATH, targetOf } from '../../src/rehearse/target.ts'

test('loopback addresses are taken, in every spelling a URL allows', async () => {
  assert.deepEqual(await targetOf('http://127.0.0.1:8080'), {
    host: '127.0.0.1',
    port: 8080,
    tls: undefined,
    authority: '127.0.0.1:8080',
  })
  assert.equal((await targetOf('http://127.8.9.1/')).port, 80)
  assert.equal((await targetOf('http://[::1]:81')).authority, '[::1]:81')
  assert.deepEqual((await targetOf('https://localhost')).tls, { name: 'localhost', verify: false })
  assert.equal((await targetOf('http://0x7f.1:9')).host, '127.0.0.1')
  assert.equal((await targetOf('http://localhost:8080')).authority, 'localhost:8080')
})

test('any other address is refused, with what to do instead', async () => {
  for (const address of ['http://192.0.2.1', 'http://0.0.0.0:80', 'http://[::]:80', 'http://[::ffff:192.0.2.1]:80']) {
    await assert.rejects(targetOf(address), {
      name: 'TargetRefused',
      message: /another machine.*run it on the machine/,
    })
  }
})

test('what is no plain site is refused', async () => {
  await assert.rejects(targetOf('127.0.0.1:8080'), /TargetRefused/)
  await assert.rejects(targetOf('ftp://127.0.0.1'), /http and https only/)
  await assert.rejects(targetOf('http://127.0.0.1/page'), /name its pages as paths/)
  await assert.rejects(targetOf('nonsense'), /is no URL/)
})

test('another host has to stand in the config and to show its token', async t => {
  const outer = Object.values(networkInterfaces())
    .flatMap(each => each ?? [])
    .find(each => !each.internal && each.family === 'IPv4')?.address
  if (outer === undefined) return t.skip('this machine has no address but loopback')
  let shown: string | undefined
  const server = createServer((request, response) => {
    response.writeHead(request.url === CONSENT_PATH && shown !== undefined ? 200 : 404).end(`${shown}\n`)
  })
  await once(server.listen(0, outer), 'listening')
  t.after(() => server.close())
  const address = `http://${outer}:${(server.address() as AddressInfo).port}`
  const consent = { hosts: [outer], token: 'a token of sixteen' }
  await assert.rejects(targetOf(address, { ...consent, hosts: [] }), /rehearsal.hosts/)
  await assert.rejects(targetOf(address, consent), /shows no token/)
  shown = 'something else'
  await assert.rejects(targetOf(address, consent), /shows another token/)
  shown = consent.token
  assert.equal((await targetOf(address, consent)).host, outer)
})
