// `breakwater check` as one runs it: exit code, excerpt and caret, JSON.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { after, test } from 'node:test'

const folder = mkdtempSync(join(tmpdir(), 'breakwater-check-'))
after(() => rmSync(folder, { recursive: true }))
const check = new URL('../../src/cli/check.ts', import.meta.url).href
const commander = import.meta.resolve('commander')
const script = `const { Command } = await import('${commander}'); const { registerCheck } = await import('${check}');
const program = new Command(); registerCheck(program); await program.parseAsync(process.argv.slice(1), { from: 'user' })`

function run(text: string, ...args: string[]) {
  writeFileSync(join(folder, 'breakwater.yaml'), text)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', script, '--', 'check', ...args],
    { cwd: folder, encoding: 'utf8' },
  )
  assert.equal(stderr, '')
  return { status, stdout }
}

const SITE = 'sites: [{ origins: http://127.0.0.1:3000 }]\n'

test('a right config ends with 0, a wrong one with 1 and a caret below the place', () => {
  const right = run(SITE)
  assert.deepEqual([right.status, right.stdout.split('(')[0]], [0, 'The config is right '])
  const wrong = run(`${SITE}limits: { headTimeuot: 10s }\n`)
  assert.equal(wrong.status, 1)
  assert.match(wrong.stdout, /breakwater\.yaml:2:11 {2}unknown-option/)
  const lines = wrong.stdout.split('\n')
  const row = lines.findIndex(line => line.includes('2 | limits:'))
  assert.equal(lines[row + 1]!.indexOf('^'), lines[row]!.indexOf('headTimeuot'))
  assert.match(wrong.stdout, /did you mean limits\.headTimeout\?/)
  assert.ok(!wrong.stdout.includes('\u001B'), 'no colours outside a terminal')
})

test('a secret that stands in the config is not printed', () => {
  const { status, stdout } = run(`${SITE}admin: { token: open-sesame }\n`)
  assert.equal(status, 1)
  assert.ok(!stdout.includes('sesame'))
})

test('--print tells every value and where it came from', () => {
  const { stdout } = run(`${SITE}limits: { headTimeout: 90s }\n`, '--print')
  assert.match(stdout, /^limits\.headTimeout: 90 s +# line 2$/m)
  assert.match(stdout, /^limits\.sendTimeout: 1 min +# default$/m)
  assert.match(stdout, /^sites\[0\]\.origins\[0\]\.host: visitor +# default$/m)
})

test('--json is JSON, right or wrong', () => {
  const wrong = JSON.parse(run('listen: x', '--json').stdout) as {
    ok: boolean
    errors: { code: string }[]
  }
  assert.deepEqual([wrong.ok, wrong.errors.map(({ code }) => code).toSorted()], [false, ['bad-address', 'no-site']])
  const right = JSON.parse(run(SITE, '--json', '--print').stdout) as {
    config: { edges: number }
    origins: Record<string, string>
  }
  assert.ok(right.config.edges >= 1)
  assert.equal(right.origins['sites[0].origins[0].url'], 'line 1')
})
