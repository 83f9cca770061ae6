// Whole visits as an access log has them.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readVisits } from '../../src/rehearse/visits.ts'

const folder = mkdtempSync(join(tmpdir(), 'visits-'))
after(() => rmSync(folder, { recursive: true }))

const START = Date.parse('2026-11-21T19:00:00Z') / 1000

function logOf(lines: [second: number, client: string, path: string, status?: number][]): string {
  const file = join(folder, `${Math.random()}.log`)
  const text = lines.map(([second, client, target, status = 200]) => JSON.stringify({ at: new Date((START + second) * 1000).toISOString(), client, target, status, userAgent: 'B' })) // prettier-ignore
  writeFileSync(file, `${text.join('\n')}\n`)
  return file
}

/** Pages and looks in between, in seconds. */
const told = (journeys: Awaited<ReturnType<typeof readVisits>>['journeys']): (string | number)[][] =>
  journeys.map(({ steps }) =>
    steps.map(step => (step.kind === 'get' ? step.path : 'from' in step ? (step.from + step.to) / 2000 : 0)),
  )

test('pages of one client are a visit, in their order, with the time between them; others have their own', async () => {
  const log = logOf([
    [-5, 'ada', '/before'],
    [0, 'ada', '/'],
    [0, 'ada', '/style.css', 304],
    [2, 'bob', '/'],
    [7, 'ada', '/old', 301],
    [7, 'ada', '/new'],
    [8, 'bob', '/gone', 404],
    [9, 'bob', '/b'],
    [2000, 'ada', '/again'],
    [4000, 'eve', '/late'],
  ])
  const { rates, journeys, visits } = await readVisits(log, START, 3000)
  assert.equal(visits, 3)
  assert.deepEqual(told(journeys), [['/', '/style.css', 7, '/new'], ['/', 7, '/b'], ['/again']])
  assert.deepEqual([rates[0], rates[2], rates[2000], rates.length], [1, 1, 1, 3000])
})

test('of many visits some are played, evenly over the time; a page that somebody slept over is looked at for two minutes', async () => {
  const log = logOf(Array.from({ length: 900 }, (_, i) => [Math.floor(i / 10), `v${i}`, `/${i}`]))
  const { rates, journeys, visits } = await readVisits(log, START, 90)
  assert.deepEqual([visits, journeys.length], [900, 300])
  assert.ok(rates.every(rate => rate === 10))
  assert.deepEqual(told(journeys).slice(0, 3), [['/0'], ['/3'], ['/6']])
  const slow = await readVisits(logOf([[0, 'ada', '/'], [900, 'ada', '/x']]), START, 1000) // prettier-ignore
  assert.deepEqual(told(slow.journeys), [['/', 120, '/x']])
})

test('a log that does not say who asked has no visits', async () => {
  const file = join(folder, 'nobody.log')
  writeFileSync(file, `${JSON.stringify({ time: new Date(START * 1000).toISOString(), path: '/' })}\n`)
  await assert.rejects(readVisits(file, START, 10), /does not tell who asked: whole visits need the address/)
})
