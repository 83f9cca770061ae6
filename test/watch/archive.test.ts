// The history on disk: what is kept how finely, that it outlives the process, and that a broken file costs only itself.

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { ManualClock } from '../../src/base/clock.ts'
import { Archive } from '../../src/watch/archive.ts'
import { Past } from '../../src/watch/past.ts'
import { columns } from '../../src/watch/seconds.ts'
import type { Second } from '../../src/watch/seconds.ts'

const BEGAN = 1_800_000_000

const second = (at: number, more: Partial<Second> = {}): Second => ({
  ...(Object.fromEntries(columns.map(name => [name, 0])) as Second),
  at,
  ...more,
})

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-history-'))
  context.after(() => rmSync(folder, { recursive: true }))
  return folder
}

test('a quarter of an hour is kept by the second, a day by ten, and older time by the minute', context => {
  const archive = new Archive(folderFor(context))
  const last = BEGAN + 26 * 3600
  // The day before, thinly, so that the test takes a second.
  for (let at = BEGAN; at < last - 1800; at += 6)
    archive.add(second(at, { requests: 60, p99: at % 60 === 0 ? 900 : 10 }))
  for (let at = last - 1800; at < last; at++) archive.add(second(at, { requests: at % 2 === 0 ? 0 : 100, p95: null }))
  archive.flush()
  const quarter = archive.between(last - 890, last, last)
  assert.equal(quarter.length, 890)
  assert.deepEqual(
    quarter.slice(-2).map(({ at, requests, p95 }) => [at, requests, p95]),
    [
      [last - 2, 0, null],
      [last - 1, 100, null],
    ],
  )
  const hour = archive.between(last - 1500, last, last)
  assert.ok(hour.length >= 150 && hour.length <= 152, `${hour.length}`)
  assert.equal(hour.at(-2)!.requests, 50)
  const all = archive.between(BEGAN, last, last)
  assert.ok(all.length > 1500 && all.length <= 2000)
  assert.equal(all[3]!.requests, 60)
  assert.equal(all[3]!.p99, 900, 'the worst of a minute is kept')
  archive.close()
})

test('what was kept is there in the next process, and is drawn from at once', context => {
  const folder = folderFor(context)
  const clock = new ManualClock(BEGAN * 1000)
  const logged: string[] = []
  const log = (_: string, event: string): void => void logged.push(event)
  const before = new Past(folder, clock, log)
  for (let i = 0; i < 25; i++) {
    clock.advance(1000)
    before.add(second(clock.now() / 1000, { hit: i }))
  }
  before.end()
  const after = new Past(folder, clock, log)
  assert.deepEqual(
    after.columns.hit,
    Array.from({ length: 25 }, (_, i) => i),
  )
  const reply = JSON.parse(after.asked(new URLSearchParams({ span: '10' })).body) as {
    columns: { hit: number[] }
  }
  assert.deepEqual(reply.columns.hit.at(-1), 24)
  assert.equal(after.asked(new URLSearchParams({ from: 'yesterday' })).status, 422)
  after.end()
  assert.deepEqual(logged, [])
})

test('a file that is no database is set aside, and a folder that cannot be written costs the history alone', context => {
  const folder = folderFor(context)
  writeFileSync(
    join(folder, 'history.sqlite'),
    'this is no database, it is a sentence that is long enough to be read as one',
  )
  new Archive(folder).close()
  assert.ok(readdirSync(folder).includes('history.sqlite.broken'))
  assert.ok(statSync(join(folder, 'history.sqlite')).size > 0)
  const logged: string[] = []
  const past = new Past(join(folder, 'nowhere'), new ManualClock(), (_, event) => void logged.push(event))
  past.add(second(1))
  assert.deepEqual(past.columns.at, [1])
  assert.equal(past.asked(new URLSearchParams({ span: '60' })).status, 503)
  assert.deepEqual(logged, ['history-not-kept'])
})
