// `breakwater networks`: what a CDN publishes becomes a file, or the file stays as it is.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '../../src/config/load.ts'
import { Origin } from '../fixtures/origin.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const SHIPPED = fileURLToPath(new URL('../../deploy/networks/', import.meta.url))
let folder: string
let cdn: Origin

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'networks-'))
  cdn = await Origin.start({
    '/four': { body: '192.0.2.0/24\n198.51.100.0/24\n203.0.113.0/24\n' },
    '/six': { body: '2001:db8::/32' },
    '/one': { body: '192.0.2.0/24' },
    '/json': { body: '{"addresses":["192.0.2.0/24"],"ipv6_addresses":["2001:db8::/32"]}' },
    '/page': { body: '<!doctype html><p>Moved' },
    '/none': { body: '{"addresses":[]}' },
    '/gone': { status: 404 },
  })
})
after(async () => {
  await cdn.stop()
  rmSync(folder, { recursive: true })
})

async function networks(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, 'networks', ...args], { stdio: 'pipe', cwd: folder })
  const said = { out: '', err: '' }
  child.stdout.on('data', (bytes: Buffer) => (said.out += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (said.err += bytes.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...said }
}

test('lists of lines and of JSON become a file that the config takes', async () => {
  const { out } = await networks('cloudflare', '--from', `${cdn.url}/four`, `${cdn.url}/six`, '--to', 'cdn.txt')
  assert.equal(out, 'cdn.txt: 4 networks (0 before).\n')
  const file = join(folder, 'breakwater.yaml')
  writeFileSync(file, 'proxies: { trusted: [{ file: cdn.txt }, 10.0.0.1] }\nsites: [{ origins: http://127.0.0.1:1 }]\n')
  const loaded = await loadConfig({ file })
  assert.equal(loaded.ok && loaded.config.proxies.trusted.length, 5)
  const printed = await networks('fastly', '--from', `${cdn.url}/json`)
  assert.equal(printed.out, `# fastly, from ${cdn.url}/json\n192.0.2.0/24\n2001:db8::/32\n`)
})

test('what is not what was expected leaves the file as it is', async () => {
  await networks('cloudflare', '--from', `${cdn.url}/four`, '--to', 'kept.txt')
  const before = readFileSync(join(folder, 'kept.txt'), 'utf8')
  for (const [cdnName, path, why] of [
    ['cloudflare', 'page', /has "<!doctype html><p>Moved", which is no network/],
    ['cloudflare', 'gone', /cannot be had: it answers 404/],
    ['cloudflare', 'one', /has 3 networks, and only 1 are published now/],
    ['fastly', 'page', /does not hold what is expected there/],
    ['fastly', 'none', /names no network/],
  ] as const) {
    const { code, err } = await networks(cdnName, '--from', `${cdn.url}/${path}`, '--to', 'kept.txt')
    assert.match(err, why)
    assert.match(err, /Nothing was written/)
    assert.equal(code, 2)
  }
  assert.equal(readFileSync(join(folder, 'kept.txt'), 'utf8'), before)
  const forced = await networks('cloudflare', '--from', `${cdn.url}/one`, '--to', 'kept.txt', '--force')
  assert.equal(forced.out, 'kept.txt: 1 networks (3 before).\n')
})

test('the files that are shipped are such files', async () => {
  for (const name of readdirSync(SHIPPED)) {
    const file = join(folder, 'shipped.yaml')
    writeFileSync(
      file,
      `proxies: { trusted: { file: '${SHIPPED}${name}' } }\nsites: [{ origins: http://127.0.0.1:1 }]\n`,
    )
    const loaded = await loadConfig({ file })
    assert.ok(loaded.ok && loaded.config.proxies.trusted.length > 10, name)
  }
})
