// What `npm test` does with a file that does not end: it says so, ends its processes, and goes on.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { play } from '../../scripts/play.ts'
import type { Played } from '../../scripts/play.ts'

async function played(body: string, more: { pattern?: string; within?: number } = {}): Promise<Played> {
  const cwd = mkdtempSync(join(tmpdir(), 'breakwater-play-'))
  try {
    writeFileSync(join(cwd, 'file.test.mjs'), `import test from 'node:test'\n${body}`)
    return await play('file.test.mjs', { cwd, within: 60_000, ...more })
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

const TWO = `test('holds', () => {})\ntest('does not', () => { throw new Error('told') })\n`

test('what a file printed is there without its sums, which are counted', async () => {
  const { output, passed, failed } = await played(TWO)
  assert.deepEqual([passed, failed], [1, 1])
  assert.match(output, /✔ holds/)
  assert.match(output, /told/)
  assert.doesNotMatch(output, /ℹ pass/)
  assert.deepEqual(
    { ...(await played(TWO, { pattern: 'holds' })), output: '', seconds: 0, file: '' },
    {
      ...{ output: '', seconds: 0, file: '' },
      ...{ passed: 1, failed: 0 },
    },
  )
})

test('a file that does not load has failed', async () => {
  const { output, failed } = await played(`import 'nowhere-to-be-found'`)
  assert.equal(failed, 1)
  assert.match(output, /nowhere-to-be-found/)
})

test('a file that spins is ended, with what it has started, and its processes are shown', async () => {
  const start = `import { spawn } from 'node:child_process'\nspawn('sleep', ['61'], { stdio: 'inherit' })\n`
  const { output, passed, failed } = await played(`${start}test('spins', () => { for (;;); })`, { within: 1500 })
  assert.deepEqual([passed, failed], [0, 1])
  assert.match(output, /did not end within 1.5 s/)
  if (process.platform === 'linux') assert.match(output, / S 0 s sleep 61/)
})

test('a test that waits for ever is named', async () => {
  const { output, failed } = await played(`test('waits', () => new Promise(() => setInterval(() => {}, 100)))`, {
    within: 1500,
  })
  assert.equal(failed, 1)
  assert.match(output, /✖ waits/)
})

test('what a file leaves behind does not hold it up, in its group or out of it', async () => {
  const left = `import { spawn } from 'node:child_process'\nfor (const detached of [true, false]) spawn('sleep', ['7'], { stdio: 'inherit', detached }).unref()\n`
  const begun = performance.now()
  const { passed, failed } = await played(`${left}test('holds', () => {})`)
  assert.deepEqual([passed, failed], [1, 0])
  assert.ok(performance.now() - begun < 6000)
})
