// What happens to a config in force: what has changed, what takes a restart, what is hidden, and when it is loaded anew.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { diffConfig } from '../../src/config/diff.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Loaded } from '../../src/config/load.ts'
import { redactConfig } from '../../src/config/redact.ts'
import { shown, values } from '../../src/config/rows.ts'
import { root } from '../../src/config/table/root.ts'
import type { Config } from '../../src/config/types.ts'
import { ConfigWatcher } from '../../src/config/watch.ts'
import type { ReloadReason } from '../../src/config/watch.ts'

const top = mkdtempSync(join(tmpdir(), 'breakwater-change-'))
after(() => rmSync(top, { recursive: true }))
let made = 0

const fresh = (): string => {
  const folder = join(top, String(++made))
  mkdirSync(folder)
  return folder
}

async function configOf(text: string): Promise<Config> {
  const folder = fresh()
  writeFileSync(join(folder, 'breakwater.yaml'), text)
  const loaded = await loadConfig({ cwd: folder })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return { ...loaded.config, data: '/data' }
}

const SITES =
  'sites:\n  - { name: a, hosts: a.example, origins: http://a }\n  - { name: b, hosts: b.example, origins: http://b }\n'

test('the difference names each changed option and whether it takes a restart', async () => {
  const old = await configOf(SITES)
  assert.deepEqual(diffConfig(old, await configOf(SITES)), [])
  const changed = await configOf(
    'listen: :81\nlimits: { spool: 1 GiB }\nsites:\n  - { name: a, hosts: a.example, origins: [http://a, http://c], mode: spike }\n  - { name: c, hosts: c.example, origins: http://c }\n',
  )
  assert.deepEqual(diffConfig(old, changed), [
    { path: 'listen', kind: 'changed', restart: true },
    { path: 'limits.spool', kind: 'changed', restart: false },
    { path: 'sites[b]', kind: 'removed', restart: false },
    { path: 'sites[a].origins[http://c]', kind: 'added', restart: false },
    { path: 'sites[a].mode', kind: 'changed', restart: false },
    { path: 'sites[c]', kind: 'added', restart: false },
  ])
})

const rule = (name: string) => `{ name: ${name}, cache: { bypass: true } }`

test('rules in another order are a change', async () => {
  const [old, turned] = await Promise.all(
    [
      [rule('x'), rule('y')],
      [rule('y'), rule('x')],
    ].map(rules => configOf(`sites: [{ origins: http://a, rules: [${rules.join(', ')}] }]`)),
  )
  assert.deepEqual(diffConfig(old!, turned!), [{ path: 'sites[main].rules', kind: 'changed', restart: false }])
})

test('a secret is never shown, wherever the config is', async () => {
  process.env['BREAKWATER_CHANGE_TOKEN'] = 'sesame-open-sesame'
  const config = await configOf(`${SITES}admin: { token: { env: BREAKWATER_CHANGE_TOKEN } }`)
  const all = [JSON.stringify(redactConfig(config)), ...[...values(root, config)].map(shown)].join('\n')
  assert.ok(!all.includes('sesame'))
  assert.ok(all.includes('hidden, from env BREAKWATER_CHANGE_TOKEN'))
})

/** A watcher, and the results it tells one after the other. */
function watched(folder: string, files: string[]) {
  const results: [Loaded, ReloadReason][] = []
  let tell: (() => void) | undefined
  const watcher = new ConfigWatcher({
    load: () => loadConfig({ cwd: folder }),
    files,
    onLoaded: (loaded, why) => {
      results.push([loaded, why])
      tell?.()
    },
    settle: 30,
    every: 200,
  })
  const next = async (): Promise<[Loaded, ReloadReason]> => {
    while (results.length === 0) await new Promise<void>(resolve => (tell = resolve))
    return results.shift()!
  }
  return { watcher, next, results }
}

const site = (mode: string): string => `sites: [{ origins: http://a, mode: ${mode} }]`
const modeOf = (loaded: Loaded): string | undefined => (loaded.ok ? loaded.config.sites[0]!.mode : undefined)

test('a file written in place, renamed into place, broken and mended is loaded each time', async t => {
  const folder = fresh()
  const file = join(folder, 'breakwater.yaml')
  writeFileSync(file, site('normal'))
  const { watcher, next } = watched(folder, [file])
  t.after(() => watcher.close())
  writeFileSync(file, site('spike'))
  const [first, why] = await next()
  assert.deepEqual([modeOf(first), why], ['spike', 'file'])
  writeFileSync(`${file}~`, site('frozen'))
  renameSync(`${file}~`, file)
  assert.equal(modeOf((await next())[0]), 'frozen')
  writeFileSync(file, site('calm'))
  assert.equal((await next())[0].ok, false)
  unlinkSync(file)
  assert.equal((await next())[0].ok, false)
  writeFileSync(file, site('normal'))
  assert.equal(modeOf((await next())[0]), 'normal')
})

test('a secret behind a link is watched once the config names it', async t => {
  const folder = fresh()
  const file = join(folder, 'breakwater.yaml')
  for (const day of ['monday', 'tuesday']) {
    mkdirSync(join(folder, day))
    writeFileSync(join(folder, day, 'token'), `${day}-0123456789abcdef`)
  }
  symlinkSync('monday', join(folder, 'today'))
  writeFileSync(file, `${site('normal')}\nadmin: { token: { file: today/token } }`)
  const { watcher, next, results } = watched(folder, [file])
  t.after(() => watcher.close())
  const loaded = await watcher.reload('signal')
  assert.ok(loaded.ok)
  assert.equal(results.pop()?.[1], 'signal')
  symlinkSync('tuesday', join(folder, 'tomorrow'))
  renameSync(join(folder, 'tomorrow'), join(folder, 'today'))
  const [swapped] = await next()
  assert.ok(swapped.ok)
  assert.equal(swapped.config.admin.token?.secret, 'tuesday-0123456789abcdef')
})

test('loads asked for at once run one after the other', async t => {
  const folder = fresh()
  writeFileSync(join(folder, 'breakwater.yaml'), site('normal'))
  let running = 0
  let most = 0
  const watcher = new ConfigWatcher({
    load: async () => {
      most = Math.max(most, ++running)
      const loaded = await loadConfig({ cwd: folder })
      running--
      return loaded
    },
    files: [],
    onLoaded: () => {},
  })
  t.after(() => watcher.close())
  const all = await Promise.all([watcher.reload('api'), watcher.reload('signal'), watcher.reload('api')])
  assert.ok(all.every(loaded => loaded.ok))
  assert.equal(most, 1)
})
