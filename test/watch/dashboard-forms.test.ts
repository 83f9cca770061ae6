// Collected forms on the dashboard, in a real browser before the whole program: looked at, exported, sent again, set aside and erased as
// `breakwater journal` does it, none of it without the token. What visitors sent is hostile here, and stays text.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { Child } from '../cli/fixtures/child.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { noBrowser, open, openBrowser } from './fixtures/browser.ts'

const EVIL = '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>'

interface Party {
  shield: Shield
  page: Page
  wrong: string[]
  token: string
}

/** A site that refuses every form, with these already in, and the dashboard before it. */
async function withForms(forms: Record<string, string>[], story: (party: Party) => Promise<void>): Promise<void> {
  await using origin = await Origin.start({ '/sign': { status: 422, body: EVIL }, '*': { body: 'page' } })
  const rules = [{ name: 'sign', match: 'POST /sign', collect: { when: 'always' as const } }]
  await using shield = await Shield.start({ config: { sites: [{ name: 'main', origins: origin.url, rules }] } })
  for (const fields of forms) {
    const body = new URLSearchParams(fields)
    const answer = await fetch(`${shield.url}/sign?${EVIL}`, { method: 'POST', redirect: 'manual', body })
    assert.equal(answer.status, 303)
  }
  await until('all are rejected', async () => (await states(shield))['rejected'] === forms.length)
  const browser = await openBrowser()
  try {
    const token = readFileSync(join(shield.data, 'admin-token'), 'utf8').trim()
    const { page, wrong } = await open(browser, `http://${shield.admin}/`, { viewport: { width: 1280, height: 900 } })
    await story({ shield, page, wrong, token })
    assert.notEqual(await page.title(), 'taken')
    assert.deepEqual(
      wrong.filter(text => !/401/.test(text)),
      [],
    )
  } finally {
    await browser.close()
  }
}

const states = async (shield: Shield): Promise<Record<string, number>> => (await shield.stats()).journal?.forms ?? {}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first().click()

/** Agrees to what is asked. */
const agree = (page: Page, name: string) => page.getByRole('dialog').getByRole('button', { name, exact: true }).click()

async function showForms(page: Page, token: string): Promise<void> {
  await press(page, 'Show the forms')
  await page.getByRole('dialog').getByLabel('Token').fill(token)
  await agree(page, 'Show')
}

async function command(shield: Shield, ...words: string[]): Promise<string> {
  const child = Child.breakwater(['journal', ...words, '--admin', shield.admin, '--data', shield.data], shield.folder)
  assert.equal(await child.ended, 0, child.stderr)
  return child.stdout
}

const LIMITS = { timeout: 240_000, skip: noBrowser ?? false }
const ADA = { name: 'Ada', email: 'ada@example.org', said: EVIL }
const BOB = { name: 'Bob, "the builder"\nof things', email: 'bob@example.org' }

test('forms are listed and shown as they came, as text, to nobody without the token', LIMITS, async () => {
  await withForms([ADA, BOB], async ({ page, token }) => {
    await page.getByRole('heading', { name: 'Collected forms' }).waitFor()
    await press(page, 'Show the forms')
    await page.getByRole('dialog').getByLabel('Token').fill('not the token')
    await agree(page, 'Show')
    await page.getByText('This is not the token.').waitFor()
    assert.equal(await page.locator('#forms tbody tr').count(), 0)
    await agree(page, 'Cancel')
    await showForms(page, token)
    const rows = page.locator('#forms tbody tr')
    await page.getByText('2 forms.').waitFor()
    assert.equal(await rows.count(), 2)
    assert.match((await rows.first().textContent())!, /rejected.*1main \/sign\?.*422/s)
    const receipt = (await rows.first().locator('td').first().textContent())!
    await page.getByRole('button', { name: `Show ${receipt}` }).click()
    const whole = page.locator('.whole-form')
    await whole.getByText(`The form ${receipt}`).waitFor()
    const values = await whole.locator('dl').nth(1).locator('dd').allTextContents()
    assert.deepEqual(values, ['Ada', 'ada@example.org', EVIL])
    assert.equal(await whole.locator('pre').textContent(), new URLSearchParams(ADA).toString())
    assert.equal(await page.locator('#journal-part img, #journal-part script').count(), 0)
  })
})

test('what is exported is what the command exports, as NDJSON and as CSV', LIMITS, async () => {
  await withForms([ADA, BOB], async ({ shield, page, token }) => {
    await showForms(page, token)
    await page.getByText('2 forms.').waitFor()
    for (const [name, words] of [
      ['Export as NDJSON', ['export']],
      ['Export as CSV', ['export', '--csv']],
    ] as const) {
      const [download] = await Promise.all([page.waitForEvent('download'), press(page, name)])
      assert.equal(readFileSync(await download.path(), 'utf8'), await command(shield, ...words), name)
    }
  })
})

test(
  'a person sends again, sets aside, erases, pauses and checks, and each is asked for once more',
  LIMITS,
  async () => {
    await withForms([ADA, BOB, { ...ADA, name: 'Ada once more' }], async ({ shield, page, token }) => {
      await showForms(page, token)
      await page.getByText('3 forms.').waitFor()
      await press(page, 'Pause replay')
      await agree(page, 'Pause')
      await page.getByText('Collected forms wait.', { exact: true }).waitFor()
      await until('it is paused', async () => (await shield.stats()).journal?.paused.length === 1)
      const receipt = (await page.locator('#forms tbody tr').nth(1).locator('td').first().textContent())!
      await page.getByRole('button', { name: `Send again ${receipt}` }).click()
      assert.equal((await states(shield))['rejected'], 3, 'nothing is done before it is agreed to')
      await agree(page, 'Send again')
      await until('one waits', async () => (await states(shield))['retry'] === 1)
      await page.getByRole('button', { name: `Set aside ${receipt}` }).click()
      await agree(page, 'Set aside')
      await until('it is set aside', async () => (await states(shield))['set-aside'] === 1)

      await page.getByLabel('Forms in which a field has the address').fill('ada@example.org')
      await press(page, 'Erase a person’s forms')
      await agree(page, 'Erase')
      await page.locator('#outcome', { hasText: /forms?\./ }).waitFor()
      await until('both of hers are erased', async () => (await states(shield))['erased'] === 2)
      assert.doesNotMatch(await command(shield, 'export'), /ada@example/)

      await page.getByLabel('Forms in', { exact: true }).selectOption('set-aside')
      await press(page, 'Erase all of them')
      await agree(page, 'Erase')
      await until('all are erased', async () => (await states(shield))['erased'] === 3)
      await press(page, 'Resume replay')
      await agree(page, 'Resume')
      await until('it goes on', async () => (await shield.stats()).journal?.paused.length === 0)
      await press(page, 'Check the journal')
      await page.getByText('The journal is sound.').waitFor()
    })
  },
)
