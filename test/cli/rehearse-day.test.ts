// `--as yesterday`: the crowd as the shield's own history has it, played again.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { busiestOf } from '../../src/cli/rehearse/day.ts'
import { Archive } from '../../src/watch/archive.ts'
import { columns, type Second } from '../../src/watch/seconds.ts'

const second = (at: number, requests: number): Second => ({
  ...(Object.fromEntries(columns.map(name => [name, 0])) as Second),
  at,
  requests,
})

test('the busiest part of yesterday and of today, each within its own day', t => {
  const data = mkdtempSync(join(tmpdir(), 'day-'))
  t.after(() => rmSync(data, { recursive: true }))
  assert.equal(busiestOf(data, 'yesterday', 60, Date.now() / 1000), undefined)

  // Noon, so that no change of clocks and no midnight is near whatever the zone.
  const noon = new Date(2026, 5, 10, 12).getTime() / 1000
  const archive = new Archive(data)
  const yesterday = noon - 86_400
  for (let at = yesterday - 1200; at < yesterday + 1200; at++)
    archive.add(second(at, at >= yesterday && at < yesterday + 300 ? 90 : 10))
  for (let at = noon - 600; at < noon; at++) archive.add(second(at, at >= noon - 120 && at < noon - 60 ? 500 : 20))
  archive.flush()
  archive.close()

  const before = busiestOf(data, 'yesterday', 300, noon)!
  assert.equal(before.rates.length * before.every, 300)
  assert.ok(before.rates.every(rate => rate > 80), before.rates.join()) // prettier-ignore
  assert.ok(Math.abs(before.from - yesterday) <= before.every)
  const now = busiestOf(data, 'today', 60, noon)!
  assert.equal(Math.max(...now.rates), 500)
  assert.ok(Math.abs(now.from - (noon - 120)) <= now.every)
  assert.equal(busiestOf(data, 'yesterday', 300, noon + 3 * 86_400), undefined, 'nothing is known of that day')
})
