// What a round is read from: /proc, what wrk prints, and whether both can be believed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handshakesOutcome } from '../../bench/load/handshakes.ts'
import { http2Outcome } from '../../bench/load/h2load.ts'
import { outcome } from '../../bench/load/wrk.ts'
import { wrongOutcome } from '../../bench/measure.ts'
import { cpuSeconds, parseStat, residentBytes } from '../../bench/proc.ts'
import { body, paths } from '../../bench/pages.ts'

const LINUX = process.platform === 'linux'
const PRINTED = `Running 2s test @ http://127.0.0.1:1/
{"requests":1000,"us":2000000,"bytes":8500000,"connect":0,"read":2,"write":0,"status":0,"timeout":0,"p50":700,"p99":1500}
`

/** What h2load prints where so many failed or were sent elsewhere. */
const h2loadPrinted = (failed: number, moved: number): string => `
finished in 2.00s, 50000.00 req/s, 400.10MB/s
requests: 100000 total, 100512 started, 100000 done, ${100_000 - failed} succeeded, ${failed} failed, 0 errored, 0 timeout
status codes: ${100_000 - moved} 2xx, ${moved} 3xx, 0 4xx, 0 5xx
traffic: 800.20MB (839070000) total, 10.00MB (10485760) headers (space savings 60.00%), 781.25MB (819200000) data
`

test('a process whose name holds brackets and spaces is read right', () => {
  const line = '42 (a) b (c) S 7 41 42 0 -1 4194560 5000 60 0 0 110 20 3 4 20 0 1 0 300 1000 200'
  assert.deepEqual(parseStat(line), { state: 'S', parent: 7, group: 41, ticks: 130, ticksOfChildren: 7 })
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

test("h2load's and openssl's results are read, and answers that are no success are errors", () => {
  const read = http2Outcome(h2loadPrinted(0, 0))
  assert.deepEqual([read.requests, read.seconds, read.bytes, read.errors], [100_000, 2, 839_070_000, {}])
  assert.deepEqual(http2Outcome(h2loadPrinted(3, 2)).errors, { failed: 3, status: 2 })
  assert.throws(() => http2Outcome('could not connect'), /h2load printed no result: could not connect/)
  const shaken =
    '\n\n1234 connections in 0.50s; 2468.00 connections/user sec, bytes read 0\n1234 connections in 3 real seconds, 0 bytes read per connection\n'
  assert.deepEqual([handshakesOutcome(shaken).requests, handshakesOutcome(shaken).seconds], [1234, 3])
  assert.throws(() => handshakesOutcome('no cipher match'), /openssl printed no result: no cipher match/)
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
