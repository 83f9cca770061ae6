// A fresh clone and a global install, each on a machine with an older Node and npm only, do all their own set-up. It asks the
// registry for every package and takes a minute, so CI does it.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Origin } from '../fixtures/origin.ts'
import { Machine, checkout } from './house.ts'

const page = { '*': { fields: { 'cache-control': 'max-age=60' }, body: 'a page' } }

/** Starts what serves, asks it for a page, and ends the process that was started; resolves when all that it started is gone. */
async function serves(machine: Machine, command: string, args: string[], cwd: string): Promise<void> {
  const process = spawn(command, args, { cwd, env: machine.env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [process.stdout, process.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const closed = once(process, 'close')
  const serving = async (): Promise<string> => {
    for (;;) {
      const listening = /"event":"serving".*"listening":\["([^"]+)"\]/.exec(said)?.[1]
      if (listening !== undefined) return listening
      assert.equal(process.exitCode, null, said)
      await sleep(50)
    }
  }
  try {
    assert.equal(await (await fetch(`http://${await serving()}/`)).text(), 'a page')
  } finally {
    process.kill('SIGTERM')
    // The pipes close when the last process that has them is gone.
    await closed
  }
  assert.match(said, /"event":"stopped"/)
}

describe('set-up', { timeout: 600_000, skip: process.env['CI'] !== 'true' && 'CI does it' }, () => {
  it('a fresh clone starts and tests itself, and its package serves', async () => {
    using machine = new Machine()
    await using origin = await Origin.start(page)
    const serve = [origin.url, '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--data', machine.at('data')]
    await machine.run('git', ['clone', '--quiet', checkout, machine.at('clone')])
    await serves(machine, 'npm', ['start', '--', ...serve], machine.at('clone'))
    assert.match(
      await machine.run('npm', ['test', '--', '--only', 'words'], machine.at('clone')),
      /\d passed, 0 failed/,
    )
    await machine.run('npm', ['pack', '--pack-destination', machine.folder], machine.at('clone'))
    const tarball = (await machine.run('find', ['.', '-maxdepth', '1', '-name', '*.tgz'])).trim()
    await machine.run('npm', ['install', '--global', '--ignore-scripts', '--prefix', machine.at('global'), tarball])
    mkdirSync(machine.at('empty'))
    const breakwater = machine.at('global/bin/breakwater')
    assert.match(await machine.run(breakwater, ['--help'], machine.at('empty')), /^Usage: breakwater /)
    const checked = await machine.run(breakwater, ['check', origin.url], machine.at('empty'))
    assert.match(checked, /The config is right/)
    await serves(machine, breakwater, ['serve', ...serve], machine.at('empty'))
  })
})
