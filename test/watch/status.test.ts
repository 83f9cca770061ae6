// What the public is told: days by what visitors got, incidents in words for strangers, and nothing that they could use.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { statusFacts } from '../../src/watch/status/facts.ts'
import type { Seen } from '../../src/watch/status/facts.ts'
import { statusFiles } from '../../src/watch/status/page.ts'

const DAY = 86_400
const now = Date.parse('2026-11-25T12:00:00Z') / 1000
const quiet: Seen = { title: 'Shop <1>', now, days: [], alerts: [], notices: [], upcoming: [], isStarting: false }
const alert = (name: string, from: number, to: number | null) => ({
  ...{ name, severity: 'page' as const, text: 'http://10.0.0.7:3000 is down' },
  ...{ since: (now + from) * 1000, until: to === null ? null : (now + to) * 1000 },
})

test('a day is what share of its requests was answered; one without requests is not known', () => {
  const at = Math.floor(now / DAY) * DAY
  const { days, uptime } = statusFacts({
    ...quiet,
    days: [
      { at: at - DAY, requests: 1000, lost: 10 },
      { at, requests: 3000, lost: 0 },
    ],
  })
  assert.equal(days.length, 90)
  assert.deepEqual(
    days.slice(-3).map(({ date, uptime }) => [date, uptime]),
    [
      ['2026-11-23', null],
      ['2026-11-24', 0.99],
      ['2026-11-25', 1],
    ],
  )
  assert.equal(uptime, 0.9975)
})

test('alerts that hold together are one incident, others are none of the public’s business', () => {
  const alerts = [
    alert('disk', -5000, -4000),
    alert('loss', -3600, -3000),
    alert('origin-down', -3500, -2900),
    alert('apdex', -100, null),
  ]
  const { incidents, state } = statusFacts({ ...quiet, alerts })
  assert.equal(state, 'degraded')
  assert.deepEqual(
    incidents.map(({ since, until, texts }) => [since - now, until === null ? null : until - now, texts.length]),
    [
      [-100, null, 1],
      [-3600, -2900, 2],
    ],
  )
  assert.equal(statusFacts({ ...quiet, alerts: [alert('not-ready', -10, null)] }).state, 'down')
  assert.equal(statusFacts(quiet).state, 'up')
})

test('the files tell the same, break on no name, and show no stranger what stands behind', () => {
  const notice = {
    event: 'Sale & <more>',
    site: 'main',
    text: 'Tickets at ten.',
    since: now * 1000,
    until: (now + 3600) * 1000,
  }
  const files = statusFiles(statusFacts({ ...quiet, alerts: [alert('origin-down', -50, null)], notices: [notice] }))
  assert.deepEqual(
    files.map(({ name }) => name),
    ['index.html', 'status.json', 'feed.xml'],
  )
  for (const { name, body } of files) {
    assert.doesNotMatch(body, /10\.0\.0\.7/, name)
    assert.match(body, /Tickets at ten\./, name)
    if (name !== 'status.json') assert.doesNotMatch(body, /<more>|Shop <1>/, name)
  }
  const [page, told] = files
  assert.doesNotMatch(page!.body, /<script|https?:/)
  const json = JSON.parse(told!.body) as {
    state: string
    at: string
    days: unknown[]
    incidents: unknown[]
    planned: { isOn: boolean }[]
  }
  assert.deepEqual(
    [json.state, json.at, json.days.length, json.planned[0]?.isOn],
    ['degraded', '2026-11-25T12:00:00Z', 90, true],
  )
})
