// A supervisor with real threads and real sockets; the threads are small stand-ins that die as they are told.

import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { BroadcastChannel } from 'node:worker_threads'
import { describe, it } from 'node:test'
import { StartError } from '../../src/supervisor/start-error.ts'
import { ask, configOf, startWith, withScript } from './fixtures/process.ts'

describe('supervisor', { timeout: 60_000 }, () => {
  it('starts every thread, joins edges with core, and ends with code 0', async () => {
    const { supervisor, url } = await startWith()
    assert.equal(supervisor.state.phase, 'serving')
    assert.deepEqual(
      supervisor.state.threads.map(row => [row.role, row.state]),
      [
        ['core', 'serving'],
        ['watch', 'serving'],
        ['edge', 'serving'],
        ['edge', 'serving'],
      ],
    )
    assert.match(await ask(url), /^slot [01]$/)
    assert.match(await ask(`${url}/core`), /^core \d+, dead $/)
    assert.equal(await supervisor.drain(), 0)
    assert.equal(await ask(url), 'lost')
  })

  for (const [how, why] of [
    ['throw', /thrown on purpose/],
    ['reject', /rejected on purpose/],
    ['exit', /ended with code 9/],
    ['memory', /ran out of memory/],
  ] as const) {
    it(`replaces an edge that dies by ${how} while the other serves`, async () => {
      const { supervisor, url, heard } = await startWith()
      assert.equal(await ask(`${url}/${how}`), 'lost')
      const [death] = await heard('thread-died')
      assert.match(String(death?.detail['why']), why)
      assert.match(await ask(url), /^slot/)
      await heard('thread-ready', 5)
      const edges = supervisor.state.threads.filter(row => row.role === 'edge')
      assert.deepEqual(
        edges.map(row => row.state),
        ['serving', 'serving'],
      )
      assert.deepEqual(
        edges.map(row => row.slot).sort((a, b) => a - b),
        [0, 1],
        'core cleared the slot, so it was filled again',
      )
      assert.equal(
        edges.reduce((sum, row) => sum + row.restarts, 0),
        1,
      )
      assert.match(await ask(`${url}/core`), /dead [01]$/)
      await supervisor.drain()
    })
  }

  it('takes a spare slot when core does not clear the dead one', async () => {
    const config = configOf({ edges: 1, sites: [{ name: 'forgetful', origins: ['http://127.0.0.1:9'] }] })
    const { supervisor, url, heard } = await startWith({ config })
    await ask(`${url}/exit`)
    await heard('thread-ready', 4)
    assert.equal(await ask(url), 'slot 1')
    await supervisor.drain()
  })

  it('gives every thread a new channel when core dies', async () => {
    const { supervisor, url, heard } = await startWith()
    const before = await ask(`${url}/core`)
    const commands = new BroadcastChannel('breakwater-test')
    commands.postMessage('kill core')
    await heard('thread-ready', 5)
    commands.close()
    assert.match(await ask(url), /^slot/)
    const after = await ask(`${url}/core`)
    assert.match(after, /^core \d+, dead $/)
    assert.notEqual(after, before)
    await supervisor.drain()
  })

  it('keeps what threads print past the logger', async () => {
    const { supervisor, url, heard } = await startWith()
    await ask(`${url}/print`)
    const [entry] = await heard('thread-output')
    assert.equal(entry?.detail['line'], 'a line past the logger')
    await supervisor.drain()
  })

  it('answers what is in flight before it ends', async () => {
    const { supervisor, url } = await startWith({ config: configOf({ edges: 1 }) })
    const slow = ask(`${url}/slow`)
    await ask(url)
    const ended = supervisor.drain()
    assert.equal(await slow, 'slow but whole')
    assert.equal(await ended, 0)
  })

  it('cuts off what does not end in time, and says so', async () => {
    const config = configOf({ edges: 1, shutdown: { drain: '10ms' } })
    const { supervisor, url, said } = await startWith({ config })
    const hanging = ask(`${url}/never`)
    await ask(url)
    assert.equal(await supervisor.drain(), 0)
    assert.equal(await hanging, 'lost')
    assert.ok(said.some(entry => entry.event === 'cut-off'))
    assert.ok(said.some(entry => entry.event === 'stopped'))
  })

  it('applies a new config to running threads, and keeps what needs a restart', async () => {
    const loaded = {
      config: configOf({ listen: '127.0.0.1:1', sites: [{ name: 'renamed', origins: ['http://127.0.0.1:9'] }] }),
    }
    const { supervisor, url } = await startWith({ source: { load: () => Promise.resolve(loaded) } })
    assert.equal(await ask(`${url}/config`), 'main')
    assert.deepEqual(await supervisor.reload(), [])
    assert.equal(await ask(`${url}/config`), 'renamed')
    const { config } = supervisor.state
    assert.equal(config.generation, 2)
    assert.deepEqual(config.afterRestart, ['listen'])
    assert.equal(config.refused, null)
    await supervisor.drain()
  })

  it('goes on with the old config when the new one is bad, and says so', async () => {
    const errors = ['breakwater.yaml:3: edges: 0 is out of bounds']
    const { supervisor, url, said } = await startWith({ source: { load: () => Promise.resolve({ errors }) } })
    assert.deepEqual(await supervisor.reload(), errors)
    assert.equal(await ask(`${url}/config`), 'main')
    assert.equal(supervisor.state.config.generation, 1)
    assert.deepEqual(supervisor.state.config.refused?.errors, errors)
    assert.ok(said.some(entry => entry.event === 'config-refused' && entry.level === 'error'))
    await supervisor.drain()
  })

  it('does not start when a port is taken, and says which and what to change', async () => {
    const other = createServer()
    await new Promise<void>(resolve => other.listen({ port: 0, host: '127.0.0.1', reusePort: true }, resolve))
    const { port } = other.address() as AddressInfo
    await assert.rejects(startWith({ config: configOf({ listen: `127.0.0.1:${port}` }) }), (error: Error) => {
      assert.ok(error instanceof StartError)
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}: another program listens there.*--listen`))
      return true
    })
    other.close()
  })

  it('does not start when a thread cannot, and says which and why', async () => {
    await assert.rejects(startWith({ roles: withScript('core', 'broken') }), {
      name: 'StartError',
      message: 'The core thread could not start: Error: no such disk.',
    })
  })

  it('runs one edge where threads cannot share a port, and says so', async () => {
    const { supervisor } = await startWith({ platform: 'darwin' })
    assert.equal(supervisor.state.threads.filter(row => row.role === 'edge').length, 1)
    const told = 'One edge thread instead of 2: on darwin threads cannot share a port.'
    assert.equal(supervisor.state.notices[0], told)
    await supervisor.drain()
  })
})
