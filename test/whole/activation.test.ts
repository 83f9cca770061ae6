// Sockets that a service manager opened: systemd's own program for it, and one of ours where it is not installed.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { descriptorOf } from '../../src/base/descriptor.ts'
import { freePort } from '../fixtures/free-port.ts'
import { Origin } from '../fixtures/origin.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import { handOver } from './fixtures/handing-over.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/breakwater.mjs', import.meta.url))

interface Running extends AsyncDisposable {
  readonly said: string
  readonly data: string
  readonly ended: Promise<number | null>
  readonly hasEnded: boolean
  kill(signal: NodeJS.Signals): void
}

/** The program, started by `command` with the descriptors after the first three. */
function start(command: string[], listen: string, origin: string, descriptors: number[] = []): Running {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-activated-'))
  const data = join(folder, 'data')
  const config = join(folder, 'breakwater.json')
  writeFileSync(
    config,
    JSON.stringify({
      ...{ listen, admin: '127.0.0.1:0', data, edges: 2, cache: { memory: '32 MiB' } },
      sites: [{ origins: [origin] }],
    }),
  )
  const [first, ...args] = [...command, process.execPath, PROGRAM, 'serve', '--config', config]
  const child = spawn(first, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe', ...descriptors] })
  const running = { said: '', hasEnded: false, data, kill: (signal: NodeJS.Signals) => void child.kill(signal) }
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (bytes: Buffer) => (running.said += bytes.toString()))
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  void ended.then(() => (running.hasEnded = true))
  return Object.assign(running, {
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  })
}

const serves = (running: Running, times = 1): Promise<void> =>
  until(
    () => `it serves: ${running.said}`,
    () => running.said.split('"event":"serving"').length > times,
    30_000,
  )

function listening(): Promise<{ server: Server; port: number; descriptor: number }> {
  const server = createServer()
  return new Promise(resolve =>
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve({ server, port, descriptor: descriptorOf(server) })
    }),
  )
}

const came = (port: number) => ask(port, '/', { signal: AbortSignal.timeout(120_000) })

/** As sd_listen_fds(3) wants it: the variables name the process that they are for. */
const MANAGER = ['sh', '-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', 'sh']

describe('socket activation', { timeout: 900_000 }, () => {
  it('serves on a socket that was passed, with every edge, and hands it on', async () => {
    await using origin = await Origin.start({ '*': { body: 'page' } })
    const { server, port, descriptor } = await listening()
    await using running = start(MANAGER, `127.0.0.1:${port}`, origin.url, [descriptor])
    await serves(running)
    // The one who opened it leaves; the socket stays.
    server.close()
    assert.equal((await came(port)).text, 'page')
    await handOver(running.data)
    assert.equal((await came(port)).text, 'page')
    await handOver(running.data)
    assert.equal((await came(port)).text, 'page')
    running.kill('SIGTERM')
    await until(
      () => `it ends: ${running.said}`,
      () => running.hasEnded,
      40_000,
    )
    assert.equal(await running.ended, 0)
  })

  it('says so where no option names the address of a socket that was passed', async () => {
    await using origin = await Origin.start({ '*': { body: 'page' } })
    const { server, port, descriptor } = await listening()
    await using running = start(MANAGER, '127.0.0.1:0', origin.url, [descriptor])
    assert.equal(await running.ended, 1)
    assert.match(
      running.said,
      new RegExp(`opened a socket for 127\\.0\\.0\\.1:${port}, and no option names that address`),
    )
    server.close()
  })

  it('is started by systemd-socket-activate with the first visitor', async context => {
    if (spawnSync('systemd-socket-activate', ['--version']).error !== undefined)
      return context.skip('systemd-socket-activate is not installed')
    await using origin = await Origin.start({ '*': { body: 'page' } })
    const port = await freePort()
    await using running = start(
      ['systemd-socket-activate', '--listen', `127.0.0.1:${port}`],
      `127.0.0.1:${port}`,
      origin.url,
    )
    await until('it listens', () => running.said.includes('Listening on'))
    // Whoever wakes it waits in the queue until it serves.
    assert.equal((await came(port)).text, 'page')
    await serves(running)
    assert.equal((await came(port)).text, 'page')
    await handOver(running.data)
    assert.equal((await came(port)).text, 'page')
  })
})
