// The scripts that put Breakwater's own Node in the place of an older one: signals and exit codes go through.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'node:test'
import { Child } from './fixtures/child.ts'

const run = fileURLToPath(new URL('../../scripts/run.mjs', import.meta.url))
const told = 'test/cli/fixtures/told.mjs'

async function until(child: Child, text: string): Promise<void> {
  while (!child.stdout.includes(text)) await new Promise(resolve => setTimeout(resolve, 20))
}

describe('run in place', { timeout: 120_000 }, () => {
  it('hands signals on, each once where no terminal does, and ends with the same code', async () => {
    const child = new Child(run, [told], '.')
    await until(child, 'runs')
    child.process.kill('SIGINT')
    await until(child, 'SIGINT')
    child.process.kill('SIGHUP')
    await until(child, 'SIGHUP')
    child.process.kill('SIGTERM')
    assert.equal(await child.ended, 7)
    assert.equal(child.stdout, 'runs\nSIGINT\nSIGHUP\n')
  })

  it('ends as by SIGTERM when the shell that npm ran it in has been ended', async () => {
    const command = `"${process.execPath}" "${run}" ${told}; true`
    const shell = spawn('sh', ['-c', command], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, npm_lifecycle_event: 'start' },
    })
    shell.stdout.once('data', () => shell.kill('SIGTERM'))
    // The pipe closes when the last of them is gone.
    await once(shell, 'close')
    assert.equal(shell.signalCode, 'SIGTERM')
  })

  it('takes the command line with it when it is killed', async () => {
    const data = mkdtempSync(join(tmpdir(), 'launched-'))
    const listen = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--data', data]
    const child = new Child(run, ['bin/breakwater.mjs', 'serve', 'http://127.0.0.1:9', ...listen], '.')
    await until(child, '"serving"')
    child.process.kill('SIGKILL')
    // Its pipes close when the last of them is gone.
    assert.equal(await child.ended, 'SIGKILL')
    rmSync(data, { recursive: true })
  })

  it('ends with 128 and the number of the signal that ended the program', async () => {
    assert.equal(await new Child(run, [told, 'self'], '.').ended, 143)
  })
})
