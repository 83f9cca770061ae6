// `npm run picture`: docs/pictures anew. The petition site behind the shield, a flash crowd on it, and after
// a minute what an operator sees, in Chromium. Takes about 70 seconds; the numbers in the picture are what came out.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { petitionCrowd } from '../src/cli/storms/petition.ts'
import { Shield } from '../src/cli/storms/shield.ts'
import { ScenarioSite } from '../src/cli/storms/site.ts'
import { runLoad } from '../src/rehearse/load.ts'

const FOLDER = fileURLToPath(new URL('../docs/pictures/', import.meta.url))
/** Each with its size, in the colours of day and night. */
const SCREENS = {
  dashboard: { width: 1600, height: 1000 },
  'dashboard-phone': { width: 390, height: 844 },
  'dashboard-wall': { width: 2560, height: 1440 },
}
/** The crowd lasts longer than the picture needs; its peak is at a quarter. */
const CROWD_SECONDS = 90
/** The charts show the last minute: a quiet beginning, the rise, the peak, and what follows. */
const TAKEN_AFTER = 66
const SEED = 7
const flags = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update']

await using started = new AsyncDisposableStack()
const folder = mkdtempSync(join(tmpdir(), 'breakwater-picture-'))
started.defer(() => rmSync(folder, { recursive: true, force: true }))
const site = await ScenarioSite.start('petition', join(folder, 'site'))
started.defer(() => site.end())
const shield = await Shield.start(site.url, join(folder, 'shield'))
started.defer(() => shield.end())
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags })
started.defer(() => browser.close())

const stop = new AbortController()
const crowd = await runLoad(petitionCrowd(shield.url, CROWD_SECONDS, SEED), stop.signal)
started.defer(async () => {
  stop.abort()
  await crowd.result
})
await sleep((TAKEN_AFTER - 5) * 1000)
mkdirSync(FOLDER, { recursive: true })
await plan(shield.adminUrl, readFileSync(join(folder, 'shield', 'admin-token'), 'utf8').trim())
const shots = Object.entries(SCREENS).flatMap(([name, viewport]) =>
  (['light', 'dark'] as const).map(colorScheme => ({
    name: colorScheme === 'dark' ? `${name}-dark` : name,
    viewport,
    colorScheme,
  })),
)
const pages = await Promise.all(
  shots.map(async ({ viewport, colorScheme }) => {
    const page = await browser.newPage({ viewport, colorScheme })
    await page.goto(shield.adminUrl)
    await page.getByRole('radio', { name: '1 min' }).check({ force: true })
    await page.locator('#contact.live').waitFor()
    return page
  }),
)
await sleep(6000)
for (const [i, { name }] of shots.entries()) {
  await pages[i]!.screenshot({ path: join(FOLDER, `${name}.png`) })
  console.log(`${join(FOLDER, `${name}.png`)} is written.`)
}
const status = await browser.newPage({ viewport: { width: 900, height: 900 } })
await status.goto(`${shield.url}/.breakwater/status/`)
await status.screenshot({ path: join(FOLDER, 'status.png') })
console.log(`${join(FOLDER, 'status.png')} is written.`)

/** An event for the evening, so that the picture shows what is coming. */
async function plan(url: string, token: string): Promise<void> {
  const at = new Date(Date.now() + 3 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ')
  const event = { name: 'Evening news', at, zone: 'UTC', for: '2h', expect: '40000 visitors, 15% in 10min' }
  await fetch(`${url}/api/events`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(event),
  })
}
