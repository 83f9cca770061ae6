// A crowd is sent at this machine only.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { targetOf } from '../../src/rehearse/target.ts'

test('loopback addresses are taken, in every spelling a URL allows', async () => {
  assert.deepEqual(await targetOf('http://127.0.0.1:8080'), {
    host: '127.0.0.1',
    port: 8080,
    authority: '127.0.0.1:8080',
  })
  assert.deepEqual(await targetOf('http://127.8.9.1/'), { host: '127.8.9.1', port: 80, authority: '127.8.9.1' })
  assert.deepEqual(await targetOf('http://[::1]:81'), { host: '::1', port: 81, authority: '[::1]:81' })
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
  await assert.rejects(targetOf('https://127.0.0.1'), /plain http only/)
  await assert.rejects(targetOf('http://127.0.0.1/page'), /name its pages as paths/)
  await assert.rejects(targetOf('nonsense'), /is no URL/)
})
