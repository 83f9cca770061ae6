// The arithmetic of docs/scale.md, and what is read from a server's INFO.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idleAt, mostFor, pollsIn, sizingFor } from '../../bench/scale/reckon.ts'
import type { Crowd } from '../../bench/scale/reckon.ts'
import { textOf } from '../../bench/scale/report.ts'
import { countsIn } from '../../bench/scale/server.ts'
import type { Cost, Units } from '../../bench/scale/units.ts'

const cost = (cpu: number, server = 0): Cost => ({ cpu, scripts: server > 0 ? 1 : 0, commands: server / 10, server })
const units: Units = {
  idle: [
    { nodes: 1, ...cost(0, 10_000) },
    { nodes: 3, ...cost(0, 12_000) },
  ],
  ...{ hit: cost(20), miss: cost(100), cold: cost(300, 40), arrival: cost(200, 10), poll: cost(20) },
  ...{ entry: cost(300, 50), form: cost(1000, 100), purge: { scripts: 8, commands: 30, server: 600 } },
  memory: { connection: 10_000, stored: 8500, miss: 20_000, waiter: 2000 },
  formBytes: { kept: 3000, written: 10_000, server: 1600 },
  purgeMs: { median: 20, most: 30, count: 50, nodes: 3 },
  coldMs: { own: 2, owned: 4, held: 3, count: 600 },
}
const nobody: Crowd = { hits: 0, misses: 0, waiting: 0, forms: 0, wait: 300, peak: 1, cold: 0, purges: 0 }
const machines = { cores: 4, use: 0.5 }

test('cores are what comes a second times what one costs, and nodes are made from them with one to spare', () => {
  // 1,000 visitors a second with 40 hits of 20 µs and one miss of 100: 0.9 s of CPU a second.
  const crowd = { ...nobody, hits: 40, misses: 1 }
  const sizing = sizingFor(3_600_000, units, crowd, machines)
  assert.equal(sizing.cores.toFixed(6), '0.900000')
  assert.equal(sizing.nodes, 2)
  assert.equal(sizing.requests, 41_000)
  assert.equal(sizingFor(36_000_000, units, crowd, machines).nodes, 6)
  assert.equal(sizingFor(3_600_000, units, { ...crowd, peak: 10 }, machines).nodes, 6)
})

test('the server is used for forms and for who is let in, and by each node for being there', () => {
  assert.equal(idleAt(units, 1, 'server'), 10_000)
  assert.equal(idleAt(units, 11, 'server'), 20_000)
  // 100 forms a second of 100 µs, and two nodes of 11,000 each.
  const sizing = sizingFor(360_000, units, { ...nobody, forms: 1 }, machines)
  assert.equal(sizing.share.toFixed(6), '0.032000')
  assert.equal(sizing.work.toFixed(6), '0.010000')
  const most = mostFor(units, { ...nobody, forms: 1 }, machines)
  const shareAt = (visitors: number): number => sizingFor(visitors, units, { ...nobody, forms: 1 }, machines).share
  assert.ok(shareAt(most * 0.97) <= 0.5 && shareAt(most * 1.05) > 0.5, `${most}`)
})

test('who waits asks more often as the turn comes near, and never more seldom than each half minute', () => {
  assert.equal(pollsIn(40), 20)
  assert.ok(pollsIn(3600) > 100 && pollsIn(3600) < 200, `${pollsIn(3600)}`)
  assert.ok(pollsIn(300) > pollsIn(100))
})

test('what a server says of itself is read by its names', () => {
  const info = [
    ...['# Commandstats', 'cmdstat_evalsha:calls=30,usec=400,usec_per_call=1.0', 'cmdstat_hset:calls=45,usec=90'],
    ...['cmdstat_info:calls=5,usec=9', '# CPU', 'used_cpu_sys:0.500000', 'used_cpu_user:1.000000'],
    ...['used_cpu_sys_main_thread:0.4', '# Memory', 'used_memory:900000', 'used_memory_rss:1', ''],
  ].join('\r\n')
  assert.deepEqual(countsIn(info), { scripts: 30, commands: 75, cpu: 1_500_000, memory: 900_000 })
})

test('the report has each cost, each crowd and the limit', () => {
  const crowd = { ...nobody, hits: 40, misses: 1, waiting: 0.2, forms: 0.1 }
  const visitors = [1e6, 1e7, 1e8]
  const text = textOf({ command: 'npm run bench -- scale', date: '', machine: '', units, crowd, machines, visitors })
  for (const part of ['1,000,000', '10,000,000', '100,000,000', 'visitors an hour**', 'a form (1 KiB)', 'Met'])
    assert.ok(text.includes(part), part)
})
