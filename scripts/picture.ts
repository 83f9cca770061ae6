// `npm run picture`: docs/pictures/dashboard.png anew. The petition site behind the shield, a flash crowd on it, and after
// a minute what an operator sees, in Chromium. Takes about 70 seconds; the numbers in the picture are what came out.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { petitionCrowd } from '../src/cli/storms/petition.ts'
import { Shield } from '../src/cli/storms/shield.ts'
import { ScenarioSite } from '../src/cli/storms/site.ts'
import { runLoad } from '../src/rehearse/load.ts'

const OUT = fileURLToPath(new URL('../docs/pictures/dashboard.png', import.meta.url))
const SIZE = { width: 1600, height: 1000 }
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
const page = await browser.newPage({ viewport: SIZE, colorScheme: 'light' })
await page.goto(shield.adminUrl)
await page.getByRole('radio', { name: '1 min' }).check()
await page.locator('#contact.live').waitFor()
await sleep(5000)
mkdirSync(dirname(OUT), { recursive: true })
await page.screenshot({ path: OUT })
console.log(`${OUT} is written.`)
