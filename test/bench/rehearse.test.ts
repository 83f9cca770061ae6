// What the bench of generators says of its rounds.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf, textOf } from '../../bench/rehearse/report.ts'

const round = (name: string, requests: number, cpu: number) => ({ name, requests, cpu, seconds: 2 })

test('generators are compared round by round, by requests for a second of CPU, and goals by the median', () => {
  const report = reportOf([
    ...[round('breakwater', 800, 1), round('wrk', 1000, 1)],
    ...[round('breakwater', 500, 1), round('wrk', 1000, 1)],
    ...[round('breakwater', 1400, 2), round('wrk', 2000, 2)],
  ])
  assert.deepEqual(report.lines[1], { name: 'wrk', perCpuSecond: [1000, 1000, 1000], perSecond: 500, ratio: [0.7, 0.5, 0.8] }) // prettier-ignore
  assert.deepEqual(report.goals, [{ text: 'requests per CPU second against wrk: 0.70x, goal 0.6x: met', met: true }])
  const text = textOf(report, { machine: '2 cores', date: '2026-11-21', command: 'npm run bench:rehearse' })
  assert.match(text, /^\| wrk \| 1000 \(1000-1000\) \| 500 \| 0\.70x \(0\.50-0\.80\) \|$/m)
})
