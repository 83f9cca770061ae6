// The dashboard in a real browser, before the whole program with visitors: what it shows, who can read it, what one can do.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import { noBrowser, open, openBrowser } from './fixtures/browser.ts'

const desktop = { viewport: { width: 1600, height: 1000 } }
const contrast = readFileSync(new URL('./fixtures/contrast.mjs', import.meta.url), 'utf8')
/** Each verdict in another colour, for the moment until the next second. */
const allLevels = `['good', 'warn', 'bad'].forEach((level, i) => (document.querySelectorAll('.questions section')[i].dataset.level = level))`
let origin: Origin
let shield: Shield
let browser: Browser
const visiting = new AbortController()

/** About 20 requests a second, of which most find a stored response. */
async function visit(): Promise<void> {
  for (let i = 0; !visiting.signal.aborted; i++) {
    await ask(shield.port, i % 10 === 0 ? `/once/${i}` : '/').catch(() => {})
    await sleep(50)
  }
}

const dashboard = (options = {}) => open(browser, `http://${shield.admin}/`, { ...desktop, ...options })

/** Name and value pairs of a list. */
const pairs = async (page: Page, list: string): Promise<Record<string, string>> => {
  const texts = await page.locator(`${list} > div > *`).allTextContents()
  return Object.fromEntries(texts.flatMap((text, i) => (i % 2 === 0 ? [[text, texts[i + 1]!]] : [])))
}

const tokenOf = ({ data }: Shield): string => readFileSync(join(data, 'admin-token'), 'utf8').trim()

const live = (page: Page) => page.locator('#contact.live').waitFor()

describe('dashboard', { timeout: 900_000 }, () => {
  if (noBrowser !== null) {
    const reason = noBrowser
    it('needs a browser', t => t.skip(reason))
    return
  }
  let visits: Promise<void>
  before(async () => {
    origin = await Origin.start({ '*': { fields: { 'cache-control': 'max-age=60' }, body: 'a page '.repeat(100) } })
    shield = await Shield.start({ origins: [origin.url] })
    browser = await openBrowser()
    visits = visit()
  })
  after(async () => {
    visiting.abort()
    await visits
    await browser.close()
    await shield[Symbol.asyncDispose]()
    await origin.stop()
  })

  it('is up to date each second, without an error and without asking anyone else', async () => {
    const { page, wrong } = await dashboard()
    await live(page)
    const upFor = new Set<string>()
    for (const end = performance.now() + 10_000; performance.now() < end; await sleep(150))
      upFor.add((await pairs(page, '#process'))['Up for'] ?? '')
    assert.ok(upFor.size >= 8, `ten seconds, and it told ${[...upFor].join(', ')}`)
    const { 'requests/s': requests, 'lost/s': lost } = await pairs(page, '#visitors .numbers')
    assert.ok(Number(requests) > 0, `${requests} requests a second`)
    assert.equal(lost, '0')
    assert.match((await page.locator('#visitors .verdict').textContent())!, /^All get their page/)
    assert.match((await page.locator('#origin .verdict').textContent())!, /^(Bears it easily|Up, and not needed)/)
    assert.match((await page.locator('#shield .verdict').textContent())!, /^Answers \d\d/)
    assert.deepEqual(await page.locator('#origins tbody tr td:first-child').allTextContents(), [origin.url])
    assert.deepEqual(wrong, [])
    await page.context().close()
  })

  it('draws what was before it was opened', async () => {
    const { page } = await dashboard()
    await live(page)
    const history = (await (await shield.admit('/api/history')).json()) as { columns: Record<string, number[]> }
    assert.ok(history.columns['at']!.length > 5)
    assert.ok(history.columns['hit']!.some(rate => rate > 0))
    assert.equal(await page.locator('figure canvas').count(), await page.locator('figure').count())
    await page.context().close()
  })

  it('tells in words what its charts show, and a sentence now and then', async () => {
    const { page } = await dashboard()
    await page.locator('#summary:not(:empty)').waitFor({ state: 'attached' })
    assert.match((await page.locator('#summary').textContent())!, /^Visitors: .+ Origin: .+ Shield: .+/)
    const words = await page.evaluate<string[]>(
      '[...document.querySelectorAll("[role=img]")].map(each => each.ariaLabel)',
    )
    assert.ok(words.length >= 10)
    for (const each of words) assert.match(each, /, last 5 min: .+ highest .+\.$/)
    await page.context().close()
  })

  it('is used by keyboard in the order in which it is read, and every control has a name', async () => {
    const { page } = await dashboard()
    await page.locator('#origins button').waitFor()
    const names: string[] = []
    for (let i = 0; i < 40 && !names.at(-1)?.startsWith('metrics'); i++) {
      await page.keyboard.press('Tab')
      names.push(
        await page.evaluate(
          '(at => at.ariaLabel ?? (at.ariaLabelledByElements?.[0] ?? at.labels?.[0] ?? at).textContent.trim().split("\\n")[0])(document.activeElement)',
        ),
      )
    }
    const regions = await page.getByRole('region', { name: 'Origin servers' }).count()
    assert.ok(regions > 0)
    assert.deepEqual(
      names.filter(name => /min$|Notify|Purge|Reload|Drain|for main$|Add an event|JSON|metrics/.test(name)),
      [
        ...['5 min', 'Notify me', 'Purge', 'Reload config', `Drain ${origin.url}`],
        ...['Spike mode for main', 'Freeze for main', 'Add an event', 'numbers as JSON', 'metrics for Prometheus'],
      ],
    )
    await page.getByRole('radio', { name: '15 min' }).check({ force: true })
    assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Breakwater')
    await page.context().close()
  })

  it('acts once a person agrees and gives the token, and says what came of it', async () => {
    const { page } = await dashboard()
    await live(page)
    const dialog = page.getByRole('dialog')
    await page.getByRole('button', { name: 'Reload config' }).press('Enter')
    await dialog.getByLabel('Token').fill('not the token')
    await page.keyboard.press('Enter')
    await dialog.getByText('This is not the token.').waitFor()
    await dialog.getByLabel('Token').fill(readFileSync(join(shield.data, 'admin-token'), 'utf8'))
    await page.keyboard.press('Enter')
    await page.getByText('The config is read and in force.').waitFor()
    assert.equal(await dialog.isVisible(), false)

    await page.getByRole('button', { name: /^Drain/ }).click()
    assert.equal(await dialog.getByLabel('Token').isVisible(), false, 'this tab has it already')
    await dialog.getByRole('button', { name: 'Drain' }).click()
    await dialog.getByText('is the last origin').waitFor()
    await page.keyboard.press('Escape')
    assert.equal(await dialog.isVisible(), false)
    assert.equal((await shield.stats()).origins[0]?.state, 'up')

    await page.getByRole('button', { name: 'Spike mode for main' }).click()
    await dialog.getByRole('button', { name: 'Spike mode' }).click()
    await page.getByText('main is in spike mode.').waitFor()
    assert.equal((await ask(shield.port, '/.breakwater/mode')).text, 'spike\n')
    await page.getByRole('button', { name: 'Normal mode for main' }).click()
    await dialog.getByRole('button', { name: 'Normal mode' }).click()
    await page.getByText('main is in normal mode.').waitFor()

    await page.getByRole('button', { name: 'Freeze for main' }).click()
    await dialog.getByText('stands still').waitFor()
    await dialog.getByRole('button', { name: 'Freeze' }).click()
    await page.getByText('main is in frozen mode.').waitFor()
    assert.equal((await ask(shield.port, '/.breakwater/mode')).text, 'frozen\n')
    await page.getByRole('button', { name: 'Normal mode for main' }).click()
    await dialog.getByRole('button', { name: 'Normal mode' }).click()
    await page.getByText('main is in normal mode.').waitFor()

    await page.getByRole('button', { name: 'Purge' }).click()
    await dialog.getByLabel('URLs, one a line').fill('no URL')
    await dialog.getByRole('button', { name: 'Purge' }).click()
    await dialog.getByText('no URL is not a URL of a site here').waitFor()
    const fetched = origin.of('/').length
    await dialog.getByLabel('URLs, one a line').fill('')
    await dialog.getByRole('button', { name: 'Purge' }).click()
    await page.getByText('Purged on every edge.').waitFor()
    await until('the page is fetched anew', () => origin.of('/').length > fetched)
    await page.context().close()
  })

  it('keeps a log of what people have done, and shows it', async () => {
    const { acts } = (await (await shield.admit('/api/audit')).json()) as {
      acts: { what: string; status: number; from: string }[]
    }
    const mode = acts.find(({ what }) => what.includes('"mode":"frozen"'))
    assert.deepEqual([mode?.what.split(' ')[0], mode?.status, mode?.from], ['POST', 200, '127.0.0.1'])
    assert.ok(acts.some(({ what, status }) => what.startsWith('POST /api/origins/drain') && status === 409))
    const kept = readFileSync(join(shield.data, 'audit.log'), 'utf8').trimEnd().split('\n')
    assert.equal(kept.length, acts.length)
    const { page } = await dashboard()
    await page.locator('#decisions tbody tr').first().waitFor()
    assert.match((await page.locator('#decisions').textContent())!, /main into frozen mode \(from 127\.0\.0\.1\)/)
    assert.match((await page.locator('#routes').textContent())!, /GET \/once\/\*/)
    await page.context().close()
  })

  it('tests the alerts, and says what the machine has left', async () => {
    const { page } = await dashboard()
    await page.getByRole('button', { name: 'Test alerts' }).click()
    await page.getByRole('dialog').getByLabel('Token').fill(tokenOf(shield))
    await page.getByRole('button', { name: 'Send a test' }).click()
    await page.getByText('No channel is in the config: nobody is told but this page.').waitFor()
    await until('the machine is told of', async () => (await pairs(page, '#machine'))['CPU'] !== undefined)
    const machine = await pairs(page, '#machine')
    assert.match(machine['CPU']!, /^[\d.]+%$/)
    for (const name of ['Memory free', 'Disk free', 'Accept queue', 'Open files'])
      assert.match(machine[name]!, /^[\d.,]+\S* ?\S* of [\d.,]+/, name)
    await page.context().close()
  })

  it('says what is coming, with a countdown', async () => {
    const headers = {
      Authorization: `Bearer ${tokenOf(shield)}`,
      'Content-Type': 'application/json',
    }
    const at = new Date(Date.now() + 7_200_000).toISOString().slice(0, 16).replace('T', ' ')
    const event = { name: 'Draw', at, zone: 'UTC', for: '1h' }
    const added = await fetch(`http://${shield.admin}/api/events`, {
      method: 'POST',
      headers,
      body: JSON.stringify(event),
    })
    assert.equal(added.status, 201)
    const { page } = await dashboard()
    await page.getByText('Draw is next.').waitFor()
    const count = page.locator('#coming-count')
    const first = await count.textContent()
    assert.match(first!, /^1 h 5\d min \d+ s$/)
    await until('it counts down', async () => (await count.textContent()) !== first)
    await page.context().close()
  })

  it('tells of an alert by a notification of the browser, and takes it back when it is over', async () => {
    const context = await browser.newContext({ ...desktop, permissions: ['notifications'] })
    const page = await context.newPage()
    await page.addInitScript(`
      globalThis.told = []
      globalThis.Notification = class { static permission = 'granted'; constructor(title, { body = '' }) { told.push(title + ' ' + body) } }
    `)
    await page.goto(`http://${shield.admin}/`)
    await live(page)
    const alert = `{ name: 'loss', text: 'much is lost', advice: 'look' }`
    await page.evaluate(`import('/dashboard/notify.js').then(({ Notify }) => {
      const notify = new Notify()
      for (const alerts of [[], [${alert}], [${alert}], []]) notify.heard(alerts)
    })`)
    const told = await page.evaluate<string[]>('told')
    assert.equal(told.length, 2)
    assert.match(told[0]!, /loss much is lost look$/)
    assert.match(told[1]!, /^Over: loss/)
    await context.close()
  })

  const minutes = Number(process.env['BREAKWATER_DASHBOARD_MINUTES'] ?? 2)
  it(
    `is up to date each second for ${minutes} minutes under load, and does not grow`,
    { timeout: (minutes + 2) * 60_000 },
    async context => {
      const { page, wrong } = await dashboard()
      await live(page)
      const session = await page.context().newCDPSession(page)
      const measure = async () => {
        await session.send('HeapProfiler.collectGarbage')
        const [{ usedSize }, { nodes, jsEventListeners }] = await Promise.all([
          session.send('Runtime.getHeapUsage'),
          session.send('Memory.getDOMCounters'),
        ])
        return { heap: usedSize, nodes, listeners: jsEventListeners }
      }
      // What is kept for the charts is there from the beginning; ten seconds let everything come to rest.
      await sleep(10_000)
      const before = await measure()
      // The page says of which second its numbers are. A busy machine may skip some; what the process has seen, the page has to show.
      await page.evaluate(`globalThis.seen = new Set()
      new MutationObserver(() => seen.add(document.querySelector('#contact').title))
        .observe(document.querySelector('#contact'), { attributes: true, attributeFilter: ['title'] })`)
      const from = Date.now() / 1000
      await sleep(minutes * 60_000)
      const shown = await page.evaluate<number>('seen.size')
      const { columns } = (await (await shield.admit('/api/history')).json()) as { columns: { at: number[] } }
      const known = columns.at.filter(at => at >= from).length
      const after = await measure()
      context.diagnostic(
        `${shown} of ${known} seconds shown; heap ${before.heap} to ${after.heap} bytes, nodes ${before.nodes} to ${after.nodes}`,
      )
      assert.ok(known > minutes * 30, `${known} seconds of ${minutes * 60} were seen by the process itself`)
      assert.ok(shown >= known * 0.95 - 2, `${shown} of ${known} seconds were shown`)
      assert.ok(after.heap < before.heap * 1.5 + 3e6, `the heap has grown from ${before.heap} to ${after.heap}`)
      assert.ok(after.nodes < before.nodes * 1.2 + 200, `nodes have grown from ${before.nodes} to ${after.nodes}`)
      assert.ok(after.listeners < before.listeners + 50)
      assert.deepEqual(wrong, [])
      await page.context().close()
    },
  )

  for (const colorScheme of ['light', 'dark'] as const)
    it(`can be read by people with weak eyes, in ${colorScheme} colours`, async () => {
      const { page } = await dashboard({ colorScheme })
      await page.locator('#origins button').waitFor()
      const { looked, faint } = await page.evaluate<{ looked: number; faint: string[] }>(
        `(() => { ${allLevels};${contrast}; return contrastSeen })()`,
      )
      assert.ok(looked > 80, `${looked} pieces of text`)
      assert.deepEqual(faint, [])
      await page.context().close()
    })

  it('fits a phone: nothing is wider than the screen', async () => {
    const { page } = await dashboard({ viewport: { width: 390, height: 844 }, isMobile: true })
    await page.locator('#origins button').waitFor()
    assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 390)
    await page.context().close()
  })
})
