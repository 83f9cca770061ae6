// The report of an evening: its figures against what was put into the history, the page as a browser shows it, and the command as
// people type it.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { Archive } from '../../src/watch/archive.ts'
import { readHistory } from '../../src/watch/archive-reader.ts'
import { reportPage } from '../../src/watch/report/page.ts'
import { sentences } from '../../src/watch/report/sentences.ts'
import { storyOf } from '../../src/watch/report/story.ts'
import { Child } from '../cli/fixtures/child.ts'
import { noBrowser, open, openBrowser } from './fixtures/browser.ts'
import { DEAD_FROM, DEAD_TO, LASTS, keepEvening } from './fixtures/evening.ts'

const contrast = readFileSync(new URL('./fixtures/contrast.mjs', import.meta.url), 'utf8')
const BEGAN = 1_800_000_000
const END = BEGAN + LASTS

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-report-'))
  context.after(() => rmSync(folder, { recursive: true }))
  return folder
}

const evening = (data: string) =>
  readHistory(data, reader => {
    const span = reader.span(BEGAN, END, END)
    return { span, story: storyOf(BEGAN, END, span, reader.alerts(BEGAN, END)) }
  })!

test('a story has the sums, the peaks with their moment, the alerts, and what nothing is known of', context => {
  const data = folderFor(context)
  keepEvening(data, BEGAN)
  const { story } = evening(data)
  assert.equal(story.step, 10)
  assert.ok(Math.abs(story.known - (LASTS - (DEAD_TO - DEAD_FROM))) <= 20, `${story.known} s are known`)
  assert.ok(Math.abs(story.visitorsPeak!.at - (BEGAN + 3660)) <= 10)
  assert.ok(Math.abs(story.visitorsPeak!.value - 12_300) < 100)
  assert.ok(story.requests > 3e6 && story.requests < 5e6, `${story.requests} requests`)
  assert.ok(Math.abs(story.bytesSent - story.requests * 24_000) < story.bytesSent * 1e-4)
  assert.ok(Math.abs(story.offloadBytes! - 21 / 24) < 1e-4)
  assert.equal(story.limit, 64)
  assert.deepEqual(
    story.alerts.map(({ name, until }) => [name, until]),
    [
      ['loss', (BEGAN + 5400) * 1000],
      ['spike', null],
    ],
  )
  assert.match(sentences(story, 'UTC').join(' '), /Somebody was called once; longest for loss, 29 min\./)
})

test('an alert that held when the process ended is over in the next one, and was until the last second that is known', context => {
  const data = folderFor(context)
  keepEvening(data, BEGAN)
  new Archive(data).close()
  assert.equal(evening(data).story.alerts.find(({ name }) => name === 'spike')!.until, (END - 1) * 1000)
})

test('a span of which nothing is known is told as such, and not as one without visitors', context => {
  const data = folderFor(context)
  new Archive(data).close()
  const { story, span } = evening(data)
  assert.deepEqual(sentences(story, 'UTC'), [
    'Nothing is known of this time: no Breakwater kept its history here then.',
  ])
  assert.match(reportPage(story, span.rows, { title: 'Nothing', zone: 'UTC', more: [] }), /None held in this time/)
})

test('the command tells the span, writes the page, and says what is wrong with a span or a folder', async context => {
  const data = folderFor(context)
  keepEvening(data, BEGAN)
  const page = join(data, 'report.html')
  // The evening lies ahead of this machine's clock, as far as it may: then the past is named.
  const wrong = Child.breakwater(['report', '--data', data, '--from', '2030-01-01T00:00Z'], data)
  assert.notEqual(await wrong.ended, 0)
  assert.match(wrong.stderr, /--from has to be before --to and before now/)
  const nowhere = Child.breakwater(['report', '--data', join(data, 'nowhere')], data)
  assert.notEqual(await nowhere.ended, 0)
  assert.match(nowhere.stderr, /There is no history in .*nowhere/)
  const now = Math.floor(Date.now() / 1000)
  const recent = folderFor(context)
  keepEvening(recent, now - LASTS)
  const told = Child.breakwater(['report', '--data', recent, '--last', '2h', '--html', page, '--json'], data)
  assert.equal(await told.ended, 0, told.stderr)
  const story = JSON.parse(told.stdout) as { requests: number; alerts: { name: string }[] }
  assert.ok(story.requests > 3e6)
  assert.ok(existsSync(page))
  const said = Child.breakwater(['report', '--data', recent, '--last', '2h'], data)
  assert.equal(await said.ended, 0, said.stderr)
  assert.match(said.stdout, /requests came, .* in the busiest second/)
  assert.match(said.stdout, /loss: 12\/s requests are lost/)
})

test('the page is readable on a phone and a wall, light and dark, and runs and loads nothing', async context => {
  if (noBrowser !== null) return context.skip(noBrowser)
  const data = folderFor(context)
  keepEvening(data, BEGAN)
  const { story, span } = evening(data)
  const html = reportPage(story, span.rows, { title: 'The <evening>', zone: 'Europe/Berlin', more: [] })
  assert.doesNotMatch(html, /<script|(?:src|href)=|<evening>|<4%|NaN|undefined|Infinity/)
  assert.ok(html.length < 500_000, `${html.length} bytes`)
  const file = join(data, 'report.html')
  writeFileSync(file, html)
  const browser = await openBrowser()
  context.after(() => browser.close())
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [360, 1440]) {
      const { page, wrong } = await open(browser, pathToFileURL(file).href, {
        viewport: { width, height: 900 },
        colorScheme,
      })
      assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= width, `wider than ${width}`)
      assert.deepEqual((await page.evaluate<{ faint: string[] }>(contrast)).faint, [])
      assert.equal(await page.locator('figure svg').count(), 12)
      assert.deepEqual(wrong, [])
      if (process.env['BREAKWATER_PICTURES'] !== undefined)
        await page.screenshot({
          path: join(process.env['BREAKWATER_PICTURES'], `report-${colorScheme}-${width}.png`),
          fullPage: true,
        })
      await page.context().close()
    }
  }
})
