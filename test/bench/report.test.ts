// The report on paper: a run replaces the blocks of its own cases and leaves the rest of the page alone.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hits } from '../../bench/cases/hits.ts'
import { withReport } from '../../bench/markdown.ts'
import { readOptions } from '../../bench/options.ts'
import { terminalText } from '../../bench/report.ts'
import type { Report } from '../../bench/report.ts'

function report(cpu: number): Report {
  const value = { median: cpu, min: cpu, max: cpu }
  const metrics = { cpu: value, rate: { median: 1e6 / cpu, min: 1, max: 2 } }
  const results = [
    { server: 'breakwater', metrics, validRounds: 1, problems: [] },
    { server: 'nginx', metrics: {}, validRounds: 0, problems: ['round 1: it failed'] },
  ]
  const goal = { atMost: 0.8, verdict: 'missed' } as const
  const comparisons = [{ metric: 'cpu', against: 'nginx', value, goal }]
  const variants = [{ name: '8 KiB', load: 'wrk …', results, comparisons }]
  const of = { name: 'hits', title: 'Stored pages.', rounds: 1, seconds: 2, metrics: hits.metrics, variants }
  return { date: '2026-01-01', machine: '2 cores', command: 'npm run bench -- hits', cases: [of] }
}

test('a block is added once and replaced from then on', () => {
  const first = withReport('# Benchmarks\n\nProse.\n', report(9))
  const second = withReport(`${first}\nMore prose.\n`, report(8.5))
  assert.match(first, /^# Benchmarks\n\nProse\.\n/)
  assert.match(second, /\| breakwater \| 8\.50 /)
  assert.doesNotMatch(second, /9\.00/)
  assert.match(second, /More prose\.\n$/)
  assert.match(second, /`npm run bench -- hits` on 2026-01-01: 2 cores\./)
})

test('a missed goal and a round that does not count are said in the terminal too', () => {
  const text = terminalText(report(9), false)
  assert.match(text, /CPU µs\/request against nginx: 9\.00, goal 0\.8: missed/)
  assert.match(text, /does not count: nginx, round 1: it failed/)
  assert.doesNotMatch(text, new RegExp(String.fromCharCode(27)))
  assert.match(terminalText(report(9), true), new RegExp(String.fromCharCode(27)))
})

const read = (...args: string[]): unknown => readOptions(args, ['hits'], ['nginx', 'breakwater'])

test('the command line names what is wrong with it', () => {
  assert.throws(() => read('hit'), /there is no case hit; there are hits/)
  assert.throws(() => read('--peers', 'apache'), /there is no server apache/)
  assert.throws(() => read('--peers', 'nginx', '--size', '7'), /there is no size 7; there are 1, 8, 64/)
  assert.throws(() => read('--peers', 'nginx', '--rounds', '0'), /--rounds takes a whole number from 1 to 100, not 0/)
})
