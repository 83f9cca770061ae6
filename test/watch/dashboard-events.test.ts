// Planned events on the dashboard, in a real browser before the whole program: added, counted down in every zone, started, stopped and
// cancelled, each only after a person has agreed.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import type { PlanView } from '../../src/plan/view.ts'
import { noBrowser, open, openBrowser } from './fixtures/browser.ts'

const planOf = async (shield: Shield): Promise<PlanView> =>
  (await (await shield.admit('/api/events')).json()) as PlanView

/** Presses the button, and agrees. */
async function agree(page: Page, button: string, yes: string): Promise<void> {
  await page.getByRole('button', { name: button }).click()
  await page.getByRole('dialog').getByRole('button', { name: yes, exact: true }).click()
}

test(
  'a person plans an event, starts it, stops it and cancels it',
  { timeout: 240_000, skip: noBrowser ?? false },
  async () => {
    await using origin = await Origin.start({ '*': { body: 'page' } })
    await using shield = await Shield.start({ origins: [origin.url] })
    const browser = await openBrowser()
    try {
      const { page, wrong } = await open(browser, `http://${shield.admin}/`, {
        ...{ viewport: { width: 1280, height: 900 }, timezoneId: 'Asia/Tokyo' },
      })
      await page.getByText('Add an event').click()
      const fill = (label: string, text: string) => page.getByLabel(label, { exact: true }).fill(text)
      await fill('Name', 'Powerball')
      await fill('Starts, by the clocks of the zone', '2099-03-08 02:30')
      assert.equal(await page.getByLabel('Zone', { exact: true }).inputValue(), 'Asia/Tokyo')
      await fill('Zone', 'America/Chicago')
      await fill('Lasts', '3h')
      await fill('Who is expected', '300000 visitors, 15% in 2h')
      const dialog = page.getByRole('dialog')
      await page.getByRole('button', { name: 'Add', exact: true }).click()
      await dialog.getByLabel('Token').fill(readFileSync(join(shield.data, 'admin-token'), 'utf8'))
      await dialog.getByRole('button', { name: 'Add', exact: true }).click()
      await dialog.getByText('does not exist in America/Chicago').waitFor()
      assert.deepEqual((await planOf(shield)).events, [])
      await dialog.getByRole('button', { name: 'Cancel' }).click()

      await fill('Starts, by the clocks of the zone', '2099-11-25 22:00')
      await agree(page, 'Add', 'Add')
      await page.getByText('Powerball is planned.').waitFor()
      const entry = page.locator('#events article')
      await entry.waitFor()
      assert.deepEqual(await entry.locator('ul').first().locator('li').allTextContents(), [
        'Wed 2099-11-25 22:00 (UTC-06:00) to Thu 2099-11-26 01:00 (UTC-06:00) America/Chicago',
        'Thu 2099-11-26 13:00 (UTC+09:00) to Thu 2099-11-26 16:00 (UTC+09:00) Asia/Tokyo, here',
        'Thu 2099-11-26 04:00 (UTC) to Thu 2099-11-26 07:00 (UTC) UTC',
      ])
      assert.match((await entry.locator('p').first().textContent())!, /^starts in \d+ d \d+ h \d+ min \d+ s$/)
      assert.match((await entry.textContent())!, /Expected: 300000 visitors, 15% in 2h/)

      await page.getByRole('button', { name: 'Edit Powerball' }).click()
      assert.equal(
        await page.getByLabel('Starts, by the clocks of the zone', { exact: true }).inputValue(),
        '2099-11-25 22:00',
      )
      await fill('Lasts', '4h')
      await fill('Again', 'weekly')
      await agree(page, 'Change', 'Change')
      await page.getByText('Powerball is changed.').waitFor()
      await page.getByText('Thu 2099-11-26 04:00 (UTC) to Thu 2099-11-26 08:00 (UTC) UTC').waitFor()
      await page.getByText('Powerball · planned · weekly').waitFor()
      await page.getByText('Add an event').waitFor()

      await agree(page, 'Start now Powerball', 'Start')
      await until('it is on', async () => (await planOf(shield)).events[0]?.state === 'on')
      await page.getByText('mode spike: done').waitFor()
      await agree(page, 'Stop now Powerball', 'Stop')
      await until('it is over', async () => (await planOf(shield)).past.length === 1)
      await agree(page, 'Cancel Powerball', 'Cancel the event')
      await until('it is cancelled', async () => (await planOf(shield)).events.length === 0)
      await entry.waitFor({ state: 'detached' })
      assert.deepEqual(
        wrong.filter(text => !/40[19]|422/.test(text)),
        [],
      )
    } finally {
      await browser.close()
    }
  },
)
