// What the guides say holds: their configs are right, their links lead somewhere, the files they name are there, and the
// log has the events that they explain, each of them.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { below, isThere, read, tracked } from '../tidy/tree.ts'

const pages = tracked.filter(path => path.endsWith('.md'))
const guides = pages.filter(path => path === 'README.md' || path.startsWith('docs/guides/'))

/** YAML blocks that are whole configs. */
const configs = guides.flatMap(page =>
  [...read(page).matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text], i) => ({
    name: `${page}, block ${i + 1}`,
    text: text!,
  })),
)

for (const { name, text } of configs) {
  test(`the config is right: ${name}`, async context => {
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-guide-'))
    context.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'breakwater.yaml')
    writeFileSync(file, text)
    process.env['BREAKWATER_ADMIN_TOKEN'] = 'a-token-of-sixteen-characters-and-more'
    process.env['BREAKWATER_JOURNAL_KEY'] = 'a key of more than thirty-two characters'
    process.env['BREAKWATER_VALKEY_PASSWORD'] = 'a password'
    process.env['BREAKWATER_CLUSTER_SECRET'] = 'a secret of more than thirty-two characters'
    const loaded = await loadConfig({ file })
    assert.deepEqual(loaded.ok ? loaded.warnings : loaded.errors, [])
  })
}

test('every link leads to a file', () => {
  const dead = pages.flatMap(page =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)]
      .map(([, link]) => join(dirname(page), link!))
      .filter(path => !isThere(path))
      .map(path => `${page}: ${path}`),
  )
  assert.deepEqual(dead, [])
})

test('every source file that the architecture names is there', () => {
  const chapters = pages.filter(path => path === 'docs/ARCHITECTURE.md' || path.startsWith('docs/architecture/'))
  const named = chapters.flatMap(page =>
    [...read(page).matchAll(/`([a-z0-9./-]+(?:\.ts|\/))`/g)].map(([, path]) => path!),
  )
  assert.ok(named.length > 200, `${named.length} names`)
  const missing = named.filter(path => !isThere(path) && !isThere(join('src', path)))
  assert.deepEqual(missing, [])
})

test('the log guide explains every event, and no other', () => {
  const logged = below('src').flatMap(path =>
    [
      ...read(path).matchAll(
        /(?:\b(?:say|log)\((?:(?:level|'(?:info|warn|error)'), )?|\bevent: )'([a-z]+(?:-[a-z]+)*)'/g,
      ),
    ].map(([, event]) => event!),
  )
  const section = read('docs/guides/operate.md').split('## The log')[1]!
  const explained = [...section.matchAll(/^\| `([a-z-]+)`/gm)].map(([, event]) => event!)
  assert.deepEqual([...new Set(explained)].sort(), [...new Set(logged)].sort())
})
