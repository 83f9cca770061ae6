// What must not be deferred: payments, logins and passwords, named by a rule or taken along by one whose pattern is wide.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'breakwater-deferrable-'))
after(() => rmSync(folder, { recursive: true }))
let made = 0

/** What is said against a site with these rules, each line with its place. */
async function said(rules: string): Promise<string[]> {
  const file = join(folder, `${++made}.yaml`)
  writeFileSync(file, `sites:\n  - origins: http://127.0.0.1:3000\n    rules: [${rules}]\n`)
  const loaded = await loadConfig({ file, cwd: folder })
  return loaded.ok ? [] : loaded.errors.map(({ path, message, line }) => `${line}: ${path}: ${message}`)
}

const never = (match: string): string => `{ name: not, match: ${match}, collect: { when: never } }`
const WIDE = '{ name: all, match: POST /**, collect: { when: always } }'

test('a rule that names a login, a payment or a password is refused unless it is said twice', async () => {
  for (const [path, kind] of [
    ['/login', 'login'],
    ['/shop/checkout', 'payment'],
    ['/password-reset', 'password'],
  ] as const) {
    const rule = (more: string): string => `{ match: POST ${path}, collect: { when: spike${more} } }`
    const [only, ...others] = await said(rule(''))
    assert.match(only ?? '', new RegExp(`looks like a ${kind}.*add evenThough: \\[${kind}\\]`), path)
    assert.deepEqual(others, [])
    assert.deepEqual(await said(rule(`, evenThough: [${kind}]`)), [])
  }
})

test('a rule so wide that it takes a login along is refused, with its name, the path and what to do', async () => {
  const [only, ...others] = await said(WIDE)
  assert.deepEqual(others, [])
  assert.match(only!, /^3: sites\[0\]\.rules\[0\]\.collect\.when: the rule "all" takes /)
  for (const part of ['/login (a login)', '/checkout (a payment)', '/password (a password)'])
    assert.ok(only!.includes(part))
  assert.match(only!, /collect: \{ when: never \}/)
  assert.match(only!, /evenThough: \[payment, login, password\]/)
})

test('what is wide by a star within a step, or below a prefix, is looked at as well', async () => {
  for (const [pattern, path] of [
    ['/*', '/login'],
    ['/users/**', '/users/login'],
    ['/api/**', '/api/login'],
    ['/%6cogin*', '/login'],
  ] as const) {
    const [only] = await said(`{ name: r, match: { method: POST, path: '${pattern}' }, collect: { when: overload } }`)
    assert.ok(only?.includes(path), `${pattern}: ${only}`)
  }
  for (const pattern of ['/petitions/*/signatures', '/forms/**', '/contact', '/**/comments'])
    assert.deepEqual(await said(`{ match: POST ${pattern}, collect: { when: overload } }`), [], pattern)
})

test('it is taken when it says that all of it is meant, or when a rule after it leaves the paths out', async () => {
  const meant = WIDE.replace('always', 'always, evenThough: [login, payment, password]')
  assert.deepEqual(await said(meant), [])
  assert.deepEqual(await said(`${WIDE}, ${never('{ path: [/login, /checkout, /password/**] }')}`), [])
  const own = never('POST /members/login-here')
  const [left = ''] = await said(`${WIDE}, ${own}`)
  assert.ok(!left.includes('a login') && left.includes('a payment') && left.includes('a password'), left)
})

test('a rule that leaves out less than is taken, or stands before, leaves nothing out', async () => {
  for (const rules of [
    `${never('{ path: /** }')}, ${WIDE}`,
    `${WIDE}, ${never('{ path: /**, header: { X-App: true } }')}`,
    `${WIDE}, ${never('{ method: PUT, path: /** }')}`,
  ])
    assert.match((await said(rules))[0] ?? '', /takes .*\/login/, rules)
})
