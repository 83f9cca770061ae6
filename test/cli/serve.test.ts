// `breakwater serve` and `breakwater origin` as processes, with stand-ins for edges and core.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SAME_SIGNAL } from '../../src/supervisor/signals.ts'
import { Child } from './fixtures/child.ts'

const anywhere = { listen: ['127.0.0.1:0'], admin: '127.0.0.1:0', edges: '1' }
let folder = ''
let running: Child | undefined

const config = (site: string) =>
  `listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nedges: 1\nsites:\n  - name: ${site}\n    origins: http://127.0.0.1:9\n`

/** Starts serving and waits until it does. */
async function serving(origins: string[], flags: Record<string, unknown> = anywhere) {
  running = Child.serve(origins, flags, folder)
  const { listening, admin } = await running.event('serving')
  return { child: running, url: `http://${(listening as string[])[0]!}`, admin: String(admin) }
}

async function origin(...args: string[]) {
  const child = Child.breakwater(['origin', ...args], folder)
  return { code: await child.ended, stdout: child.stdout, stderr: child.stderr }
}

describe('serve', { timeout: 60_000 }, () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'breakwater-'))
  })
  afterEach(async () => {
    running?.process.kill('SIGKILL')
    await running?.ended
    running = undefined
    rmSync(folder, { recursive: true })
  })

  it('says what it shields and where, serves, and ends with 0 at SIGTERM after what is in flight', async () => {
    const { child, url } = await serving(['localhost:3000'])
    assert.equal(child.stderr, 'localhost:3000 is taken for http://localhost:3000\n')
    const { origins, listening } = await child.event('serving')
    assert.deepEqual([origins, listening], [['http://localhost:3000'], [url.slice('http://'.length)]])
    assert.equal(await (await fetch(url)).text(), 'slot 0')
    const slow = fetch(`${url}/slow`).then(response => response.text())
    await fetch(url)
    child.process.kill('SIGTERM')
    await child.event('draining')
    assert.equal(await slow, 'slow but whole')
    assert.equal(await child.ended, 0)
  })

  it('ends at once at a second signal, with 128 and its number', async () => {
    const { child, url } = await serving(['localhost:3000'])
    fetch(`${url}/never`).catch(() => undefined)
    await fetch(url)
    child.process.kill('SIGINT')
    await child.event('draining')
    await sleep(SAME_SIGNAL + 100)
    child.process.kill('SIGINT')
    assert.equal(await child.ended, 130)
  })

  it('takes up an edited config and one announced by SIGHUP, and keeps the old one when the new one is wrong', async () => {
    const file = join(folder, 'breakwater.yaml')
    writeFileSync(file, config('one'))
    const { child, url } = await serving([], {})
    const name = async () => (await fetch(`${url}/config`)).text()
    assert.equal(await name(), 'one')
    writeFileSync(file, config('two'))
    await child.event('config-applied')
    assert.equal(await name(), 'two')
    writeFileSync(file, 'sites: nonsense\n')
    child.process.kill('SIGHUP')
    const { errors } = await child.event('config-refused')
    assert.match((errors as string[])[0]!, /breakwater\.yaml:1:8: sites/)
    assert.equal(await name(), 'two')
  })

  it('does not start when a port is taken: it says which and what to do, and ends with 1', async () => {
    const other = createServer()
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    for (const [flags, option] of [
      [{ ...anywhere, listen: [`127.0.0.1:${port}`] }, '--listen'],
      [{ ...anywhere, admin: `127.0.0.1:${port}` }, '--admin'],
    ] as const) {
      const child = Child.serve(['http://127.0.0.1:9'], flags, folder)
      assert.equal(await child.ended, 1)
      assert.match(
        child.stderr,
        new RegExp(`Cannot listen on 127.0.0.1:${port}: another program listens there.*${option}`),
      )
    }
    other.close()
  })

  it('goes on when nobody reads its log any more', async () => {
    const { child, url } = await serving(['http://127.0.0.1:9'])
    child.process.stdout.destroy()
    await fetch(`${url}/print`)
    await fetch(`${url}/exit`).catch(() => undefined)
    for (;;) {
      const answer = await fetch(url).catch(() => undefined)
      if (answer !== undefined) break
      await sleep(50)
    }
    child.process.kill('SIGTERM')
    assert.equal(await child.ended, 0)
  })

  it('names everything that is wrong with the command line, and ends with 2', async () => {
    const child = Child.serve(['ftp://example.org'], { ...anywhere, edges: 'many' }, folder)
    assert.equal(await child.ended, 2)
    assert.match(child.stderr, /"ftp" is neither http nor https/)
    assert.match(child.stderr, /edges/)
  })

  it('lets origins be added, drained, removed and listed from the same folder', async () => {
    await serving(['http://127.0.0.1:9'])
    const added = await origin('add', 'localhost:3001')
    assert.deepEqual(added, {
      code: 0,
      stdout: 'http://127.0.0.1:9     up        main\nhttp://localhost:3001  up        main\n',
      stderr: '',
    })
    assert.match((await origin('drain', 'localhost:3001')).stdout, /localhost:3001 {2}draining/)
    assert.equal((await origin('remove', 'localhost:3001')).stdout, 'http://127.0.0.1:9  up        main\n')
    assert.equal((await origin('list')).stdout, 'http://127.0.0.1:9  up        main  0/64 in flight\n')
    const unknown = await origin('add', 'localhost:3001', '--site', 'other')
    assert.deepEqual([unknown.code, unknown.stderr], [2, 'There is no site "other".\n'])
    const json = await origin('list', '--json')
    assert.equal((JSON.parse(json.stdout) as { origins: unknown[] }).origins.length, 1)
  })

  it('takes no command without its token', async () => {
    const { admin } = await serving(['http://127.0.0.1:9'])
    const refused = await origin('add', 'localhost:3001', '--admin', admin, '--data', join(folder, 'elsewhere'))
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /wants a token, and there is none in .*elsewhere.admin-token/)
  })
})
