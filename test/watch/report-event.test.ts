// The report of a planned event: the span it really had, what was forecast beside what came, what it cost, and forms delivered.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { PlanStore } from '../../src/plan/store.ts'
import { storyOf } from '../../src/watch/report/story.ts'
import { columns } from '../../src/watch/seconds.ts'
import type { Second } from '../../src/watch/seconds.ts'
import { Child } from '../cli/fixtures/child.ts'
import { configOf } from '../supervisor/fixtures/process.ts'
import { LASTS, keepEvening } from './fixtures/evening.ts'

test('a planned event is told of by its name: its span, its forecast, its cost', { timeout: 30_000 }, async context => {
  const data = mkdtempSync(join(tmpdir(), 'breakwater-event-'))
  context.after(() => rmSync(data, { recursive: true }))
  const began = Math.floor(Date.now() / 1000) - 5 * 3600
  keepEvening(data, began)
  const [event] = configOf({
    events: [{ name: 'Draw', at: '2026-11-25 22:00', zone: 'UTC', for: '1h', expect: '300000 visitors, 15% in 2h' }],
  }).events
  const plan = new PlanStore(data)
  const [start, end] = [(began + 3000) * 1000, (began + 6600) * 1000]
  assert.ok(end / 1000 < began + LASTS)
  plan.addRun({ event: event!, key: 'Draw 1', site: 'main', start, end, by: 'plan', stopped: false }, start)
  plan.end()

  const html = join(data, 'report.html')
  const told = Child.breakwater(
    [
      'report',
      '--event',
      'Draw',
      '--data',
      data,
      '--html',
      html,
      '--json',
      '--price',
      '0.40',
      '--instances',
      '3',
      '--traffic',
      '0.09',
    ],
    data,
  )
  assert.equal(await told.ended, 0, told.stderr)
  const story = JSON.parse(told.stdout) as { from: number; to: number; event: string; sentences: string[] }
  assert.deepEqual([story.event, story.from, story.to], ['Draw', start / 1000 - 900, end / 1000 + 900])
  const said = story.sentences.join('\n')
  assert.match(said, /Expected of Draw was 300000 visitors, 15% in 2h: [\d.,]+ page views a second at the front/)
  assert.match(said, /Cost: 3 instances × 1\.50 h × 0\.4 = 1\.80/)
  assert.match(said, /Saved: [\d.]+ GiB that the origin did not send × 0\.09 a gigabyte = \d+\.\d\d\./)
  assert.match(readFileSync(html, 'utf8'), /<h1>Draw of /)

  const unknown = Child.breakwater(['report', '--event', 'Drew', '--data', data], data)
  assert.notEqual(await unknown.ended, 0)
  assert.match(unknown.stderr, /No event "Drew" has taken place .*Known are Draw\./)
  const both = Child.breakwater(['report', '--event', 'Draw', '--last', '1h', '--data', data], data)
  assert.notEqual(await both.ended, 0)
  assert.match(both.stderr, /not both/)
})

test('forms delivered are what the journal has grown by, whatever was erased meanwhile', () => {
  const empty = Object.fromEntries(columns.map(name => [name, null])) as Second
  const rows = [5, 9, 4, 10].map((delivered, at) => ({ ...empty, at, delivered, journal: 10 - at, collected: 2 }))
  const story = storyOf(0, 4, { step: 1, rows }, [])
  assert.deepEqual([story.delivered, story.waitingForms, story.collected], [10, 7, 8])
})
