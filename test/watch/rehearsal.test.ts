// A rehearsal on the dashboard: the real command against the real program, seen in a real browser.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ManualClock } from '../../src/base/clock.ts'
import { REHEARSAL_FILE, rehearsalIn } from '../../src/watch/rehearsal.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { noBrowser, open, openBrowser } from './fixtures/browser.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

test(
  'while a rehearsal goes on the dashboard shows how far it is, and afterwards what it found',
  { skip: noBrowser ?? false },
  async t => {
    const origin = await Origin.start({ '*': { body: 'a page' } })
    const shield = await Shield.start({ origins: [origin.url] })
    const browser = await openBrowser()
    t.after(async () => {
      await browser.close()
      await shield[Symbol.asyncDispose]()
      await origin.stop()
    })
    const { page, wrong } = await open(browser, `http://${shield.admin}/`)
    const section = page.locator('#rehearsal')
    assert.equal(await section.isVisible(), false, 'nothing goes on')

    const args = [
      'rehearse',
      `http://127.0.0.1:${shield.port}`,
      '--rate',
      '20',
      '--seconds',
      '25',
      '--data',
      shield.data,
    ]
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore' })
    const ended = once(child, 'close')
    t.after(() => child.kill('SIGKILL'))
    await section.locator('.numbers dd').first().waitFor({ timeout: 60_000 })
    assert.match(
      (await section.locator('.verdict').textContent())!,
      new RegExp(`^http://127.0.0.1:${shield.port}: a crowd`),
    )
    assert.ok(Number(await page.locator('#rehearsal-progress').getAttribute('max')) === 25)
    await ended
    await until(
      'what it found is shown',
      async () => /good and \d+ lost views/.test((await section.locator('.verdict').textContent())!),
      60_000,
    )
    assert.equal(await page.locator('#rehearsal-progress').isVisible(), false)
    assert.deepEqual(wrong, [])
  },
)

test('what is no report of a rehearsal is none: another file, a huge one, one of yesterday', t => {
  const data = mkdtempSync(join(tmpdir(), 'rehearsal-'))
  t.after(() => rmSync(data, { recursive: true }))
  const clock = new ManualClock(10_000_000)
  assert.equal(rehearsalIn(data, clock), null)
  const told = { target: 'http://a', fullest: null, stage: 'held', second: 3, of: 60, seconds: [], found: null, at: clock.now() } // prettier-ignore
  const write = (text: string): void => writeFileSync(join(data, REHEARSAL_FILE), text)
  write(JSON.stringify(told))
  assert.equal(rehearsalIn(data, clock)?.running, true)
  write(JSON.stringify({ ...told, at: clock.now() - 11_000 }))
  assert.equal(rehearsalIn(data, clock)?.running, false, 'it was ended from outside')
  for (const text of [
    '{"target":',
    '{}',
    JSON.stringify({ ...told, at: 0 }),
    JSON.stringify({ ...told, stage: 'x'.repeat(70_000) }),
  ]) {
    write(text)
    assert.equal(rehearsalIn(data, clock), null, text.slice(0, 40))
  }
})
