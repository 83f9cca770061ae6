// One process at a time uses a data directory, and kill -9 does not lock it.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { takeDataDirectory } from '../../src/supervisor/data-directory.ts'
import { StartError } from '../../src/supervisor/start-error.ts'

const script = `
  import { takeDataDirectory } from ${JSON.stringify(new URL('../../src/supervisor/data-directory.ts', import.meta.url).href)}
  // Kept, or the collector would give the lock back.
  globalThis.taken = takeDataDirectory(process.argv[1])
  console.log('taken')
  setInterval(() => {}, 1000)
`

test('a second process is told who has the data directory, and gets it once that one was killed', async context => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-lock-'))
  const data = join(folder, 'data')
  const other = spawn(process.execPath, ['--input-type=module', '-e', script, data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  context.after(() => other.kill('SIGKILL'))
  await new Promise(resolve => other.stdout.once('data', resolve))
  assert.throws(
    () => takeDataDirectory(data),
    (error: unknown) =>
      error instanceof StartError && error.message.includes(`process ${other.pid}`) && error.message.includes(data),
  )
  const gone = new Promise(resolve => other.once('exit', resolve))
  other.kill('SIGKILL')
  await gone
  const taken = takeDataDirectory(data)
  assert.equal(taken.problem, null)
  assert.deepEqual([statSync(data).mode & 0o777, statSync(join(data, 'lock')).mode & 0o777], [0o700, 0o600])
  assert.throws(() => takeDataDirectory(data), StartError)
  taken.release()
  takeDataDirectory(data).release()
  rmSync(folder, { recursive: true })
})

test('a directory that cannot be made is a problem, not an end', () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-lock-'))
  writeFileSync(join(folder, 'file'), '')
  const { problem, release } = takeDataDirectory(join(folder, 'file', 'data'))
  assert.match(String(problem), /ENOTDIR.*Nothing will be kept there/)
  release()
  rmSync(folder, { recursive: true })
})
