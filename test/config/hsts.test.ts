// What a site tells browsers of HTTPS, as it is written in the config.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'breakwater-hsts-'))
after(() => rmSync(folder, { recursive: true }))

const load = (hsts: string) => {
  const file = join(folder, 'site.yaml')
  writeFileSync(file, `sites: [{ origins: http://127.0.0.1:3000${hsts === '' ? '' : `, hsts: ${hsts}`} }]\n`)
  return loadConfig({ file, cwd: folder })
}

async function valueOf(hsts: string): Promise<string | undefined> {
  const loaded = await load(hsts)
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return loaded.config.sites[0]!.hsts.value
}

async function faultsOf(hsts: string): Promise<string[]> {
  const loaded = await load(hsts)
  assert.ok(!loaded.ok, 'the config was taken')
  return loaded.errors.map(({ path, code, message }) => `${path} ${code}: ${message}`)
}

test('a time alone is enough, and without one nothing is said', async () => {
  assert.equal(await valueOf(''), undefined)
  assert.equal(await valueOf('1h'), 'max-age=3600')
  assert.equal(await valueOf('{ maxAge: 0s }'), 'max-age=0')
  assert.equal(await valueOf('{ maxAge: 30d, includeSubDomains: true }'), 'max-age=2592000; includeSubDomains')
  const whole = '{ maxAge: 365d, includeSubDomains: true, preload: true }'
  assert.equal(await valueOf(whole), 'max-age=31536000; includeSubDomains; preload')
})

test('what says nothing, and what nobody would deliver browsers with, is refused with its place', async () => {
  const at = 'sites[0].hsts'
  assert.deepEqual(await faultsOf('{ includeSubDomains: true }'), [
    `${at}.includeSubDomains contradiction: it says nothing without \`maxAge\``,
  ])
  assert.deepEqual(await faultsOf('{ maxAge: 30d, preload: true }'), [
    `${at}.maxAge contradiction: \`preload\` needs a \`maxAge\` of 365d at least`,
    `${at}.preload contradiction: \`preload\` needs \`includeSubDomains: true\``,
  ])
})
