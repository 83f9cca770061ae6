// What a round is read from: /proc, what wrk prints, and whether both can be believed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outcome } from '../../bench/load/wrk.ts'
import { wrongOutcome } from '../../bench/measure.ts'
import { cpuSeconds, parseStat, residentBytes } from '../../bench/proc.ts'
import { body, paths } from '../../bench/pages.ts'

const LINUX = process.platform === 'linux'
const PRINTED = `Running 2s test @ http://127.0.0.1:1/
{"requests":1000,"us":2000000,"bytes":8500000,"connect":0,"read":2,"write":0,"status":0,"timeout":0,"p50":700,"p99":1500}
`

test('a process whose name holds brackets and spaces is read right', () => {
  const line = '42 (a) b (c) S 7 42 42 0 -1 4194560 5000 60 0 0 110 20 3 4 20 0 1 0 300 1000 200'
  assert.deepEqual(parseStat(line), { parent: 7, ticks: 137 })
})

test('CPU time and memory of this very process are found', { skip: !LINUX }, () => {
  const before = cpuSeconds(process.pid)
  const end = performance.now() + 60
  while (performance.now() < end);
  assert.ok(cpuSeconds(process.pid) > before)
  assert.ok(residentBytes(process.pid) > 2 ** 20)
  assert.equal(cpuSeconds(2 ** 22 + 1), 0)
})

test("wrk's line is read, and errors are kept by kind", () => {
  const read = outcome(PRINTED)
  assert.deepEqual(read, { requests: 1000, seconds: 2, bytes: 8_500_000, errors: { read: 2 }, p50: 0.7, p99: 1.5 })
  assert.throws(() => outcome('unable to connect'), /wrk printed no result: unable to connect/)
})

test('a round with errors, short answers or requests at the wrong place is found out', () => {
  const good = { ...outcome(PRINTED), errors: {} }
  const hits = { pageBytes: 8192, originShare: 0 }
  assert.deepEqual(wrongOutcome(good, hits, 5), [])
  assert.deepEqual(wrongOutcome(outcome(PRINTED), hits, 0), ['2 read errors'])
  assert.deepEqual(wrongOutcome({ ...good, bytes: 200_000 }, hits, 0), ['answers were 200 bytes on average'])
  assert.deepEqual(wrongOutcome(good, hits, 500), ['500 of 1000 requests reached the origin instead of 0'])
  const misses = { pageBytes: 8192, originShare: 1 }
  assert.deepEqual(wrongOutcome(good, misses, 990), [])
  assert.deepEqual(wrongOutcome(good, misses, 100), ['100 of 1000 requests reached the origin instead of 1000'])
  assert.deepEqual(wrongOutcome(good, { ...hits, rate: 900 }, 0), ['the rate was 500/s instead of 900/s'])
})

test('every page has the size it claims and a body of its own, whether it may be stored or not', () => {
  const bodies = paths(8).map(path => body(path).toString())
  assert.equal(new Set(bodies).size, 200)
  assert.ok(bodies.every(each => each.length === 8192))
  assert.equal(body('/no-store/8k/5.html').toString(), bodies[5])
})
