// Modes by hand, over two edges: what is commanded holds at the next request, whoever asks, and over a restart.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { Child } from '../cli/fixtures/child.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { HOST, ask, crowd } from '../fixtures/visitor.ts'

const SHOP = 'shop.example.org'

async function breakwater(shield: Shield, ...args: string[]) {
  const child = Child.breakwater(['mode', ...args, '--data', shield.data], shield.folder)
  return { code: await child.ended, stdout: child.stdout, stderr: child.stderr }
}

/** A data directory that outlives its shields. */
function dataDirectory(t: TestContext): string {
  const data = mkdtempSync(join(tmpdir(), 'breakwater-modes-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  return data
}

const sitesOf = (origin: Origin) => {
  const rules = [{ cache: { lifetime: { normal: '0s', spike: '1h' } as const } }]
  return [
    { name: 'main', hosts: [HOST], origins: [origin.url], rules },
    { name: 'shop', hosts: [SHOP], origins: [origin.url], rules },
  ]
}

const modeAt = async (shield: Shield, host: string): Promise<string> =>
  (await ask(shield.port, '/.breakwater/mode', { fields: { host } })).text.trim()

test('a mode holds for one site at once on every edge, and the origin hears it', { timeout: 180_000 }, async () => {
  await using origin = await Origin.start({ '*': ({ nth }) => ({ body: `page ${nth}`, fields: { etag: `"${nth}"` } }) })
  await using shield = await Shield.start({ config: { sites: sitesOf(origin) } })
  const seen = async (host: string) => {
    const all = await crowd(shield.port, '/', 12, () => ({ fields: { host } }))
    return new Set(all.map(({ text }) => text)).size
  }
  await ask(shield.port, '/')
  const asked = () => origin.of('/').length
  const before = asked()
  await seen(HOST)
  assert.ok(asked() > before, 'in normal mode the page is not fresh for a moment')
  assert.ok(origin.of('/').every(({ fields }) => fields['breakwater-mode'] === undefined))

  const { code, stdout, stderr } = await breakwater(shield, 'spike', '--site', 'main')
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^main {2}spike {3}until another command\n$/)
  assert.equal(await modeAt(shield, HOST), 'spike')
  assert.equal(await modeAt(shield, SHOP), 'normal')
  assert.equal((await ask(shield.port, '/.breakwater/mode', { fields: { host: 'nobody.example' } })).status, 421)

  await ask(shield.port, '/once')
  assert.equal(origin.of('/once')[0]?.fields['breakwater-mode'], 'spike')
  const stored = origin.of('/once').length
  for (const { text } of await crowd(shield.port, '/once', 12)) assert.equal(text, 'page 1')
  assert.equal(origin.of('/once').length, stored)
  await ask(shield.port, '/once', { fields: { host: SHOP, 'breakwater-mode': 'spike' } })
  assert.equal(origin.of('/once').at(-1)?.fields['breakwater-mode'], undefined, 'no visitor says it')

  await breakwater(shield, 'normal', '--site', 'main')
  assert.equal(await modeAt(shield, HOST), 'normal')
  await ask(shield.port, '/later')
  assert.equal(origin.of('/later')[0]?.fields['breakwater-mode'], undefined)
})

test('a job runs only when the answer is the mode it asked for', { timeout: 180_000 }, async () => {
  await using origin = await Origin.start({})
  const shield = await Shield.start({ config: { sites: [{ name: 'main', origins: [origin.url] }] } })
  const codeOf = async (...args: string[]) => (await breakwater(shield, ...args)).code
  assert.equal(await codeOf('--is', 'normal'), 0)
  assert.equal(await codeOf('--is', 'normal', '--at', shield.url), 0)
  assert.equal(await codeOf('--is', 'spike'), 1)
  assert.equal(await codeOf('--is', 'normal', '--site', 'unknown'), 2)
  assert.equal(await codeOf('spike', '--for', '1h'), 0)
  assert.equal(await codeOf('--is', 'normal'), 1)
  assert.equal(await codeOf('--is', 'normal', '--at', shield.url), 1)
  assert.equal(await codeOf('--is', 'normal', '--at', origin.url), 2, 'the origin is no Breakwater')
  await shield.stop()
  assert.notEqual(await codeOf('--is', 'normal'), 0, 'nobody answers')
  assert.notEqual(await codeOf('--is', 'normal', '--at', shield.url), 0)
  await shield[Symbol.asyncDispose]()
})

test('a mode outlives the process, and ends when its time is over', { timeout: 180_000 }, async t => {
  await using origin = await Origin.start({})
  const data = dataDirectory(t)
  const config = { sites: [{ name: 'main', origins: [origin.url] }] }
  {
    await using first = await Shield.start({ config, data })
    assert.equal((await breakwater(first, 'spike', '--for', '4s')).code, 0)
    first.kill('SIGKILL')
    await first.child.ended
  }
  await using second = await Shield.start({ config, data })
  assert.equal(second.logs('mode-recalled').length, 1)
  await until('the time is over', async () => (await modeAt(second, HOST)) === 'normal')
  const [ended] = await second.heard('mode-changed')
  assert.equal(ended?.['why'], 'its time is over')
  assert.equal((await second.stats()).sites[0]?.mode, 'normal')
})

test('what cannot be meant is refused with what could be', { timeout: 180_000 }, async () => {
  await using origin = await Origin.start({})
  await using shield = await Shield.start({ config: { sites: sitesOf(origin) } })
  const wrong: [args: string[], said: RegExp][] = [
    [['calm'], /Allowed choices are normal, spike, frozen/],
    [['spike'], /several sites/],
    [['spike', '--site', 'nobody'], /no site nobody/],
    [['spike', '--site', 'main', '--for', 'long'], /for: .*\n?.*Modes: normal, spike, frozen/],
    [['spike', '--site', 'main', '--for', '99d'], /for: /],
    [['--for', '2h'], /Say which mode/],
    [['spike', '--is', 'normal'], /not both/],
  ]
  for (const [args, said] of wrong) {
    const { code, stderr } = await breakwater(shield, ...args)
    assert.notEqual(code, 0, args.join(' '))
    assert.match(stderr, said)
  }
  const token = { headers: { 'content-type': 'application/json' }, method: 'POST', body: '{"mode":"spike"}' }
  assert.equal((await shield.admit('/api/mode', token)).status, 401)
})
