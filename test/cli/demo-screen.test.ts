// What the demo prints of two runs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import pc from 'picocolors'
import { heading, secondLine, summary } from '../../src/cli/demo/screen.ts'
import type { SideResult, SideSecond } from '../../src/cli/storms/side.ts'
import { figuresOf } from '../../src/rehearse/report.ts'
import { Tally } from '../../src/rehearse/tally.ts'

const plain = pc.createColors(false)

test('every line of the comparison fits a terminal of 80 columns, and its columns stand below their names', () => {
  const [, names] = heading(plain).trimEnd().split('\n') as [string, string]
  const line = secondLine(second({ good: 12_345, lost: 4321 }), second({ good: 150 }), plain).trimEnd()
  assert.ok(names.length <= 80 && line.length <= 80, `${line.length}`)
  assert.equal(line.indexOf('12345') + 5, names.indexOf('good') + 4)
  assert.equal(line.indexOf('4321') + 4, names.indexOf('lost') + 4)
  assert.equal(line.lastIndexOf('150') + 3, names.lastIndexOf('good') + 4)
  assert.deepEqual(
    [...line.matchAll(/│/g)].map(({ index }) => index),
    [...names.matchAll(/│/g)].map(({ index }) => index),
  )
})

test('of a second that was cut short no share of a core is told', () => {
  const whole = secondLine(second({ good: 1 }), undefined, plain)
  const cut = secondLine({ ...second({ good: 1 }), seconds: 0.1, originCpu: 2.39 }, undefined, plain)
  assert.equal(cut, whole.replace('100%', '   -'))
})

test('a side that has ended is left empty', () => {
  assert.match(secondLine(second({ good: 1 }), undefined, plain), /│ +\n$/)
})

test('lost visitors stand out in red where there are colours', () => {
  const colours = pc.createColors(true)
  assert.ok(secondLine(second({ lost: 3 }), second({}), colours).includes(colours.red('     3')))
})

test('the table says what both got, and a run worth nothing is called so', () => {
  const without = result({ good: 40, lost: 60 }, ['the machine was too busy'])
  const text = summary(without, result({ good: 100 }, []), plain)
  assert.match(text, /got their page within 10 s\s+40 \(40\.0%\)\s+100 \(100%\)/)
  assert.match(text, /lost\s+60\s+0\n/)
  assert.match(text, /95 of 100 less than\s+> 10 s\s+20 ms/)
  assert.match(text, /The run without the shield is not valid: the machine was too busy\./)
  assert.doesNotMatch(text, /The run with the shield/)
})

interface Counts {
  good?: number
  lost?: number
}

function figures({ good = 0, lost = 0 }: Counts) {
  const tally = new Tally()
  tally.add('planned', good + lost)
  tally.add('good', good)
  tally.add('timeout', lost)
  tally.latency.record(20_000, good)
  tally.latency.record(10_000_000, lost)
  return { ...figuresOf(tally, 1, 0.1), originRequests: 7, originCpu: 1, originAtOnce: 3 }
}

const second = (counts: Counts): SideSecond => ({ second: 7, ...figures(counts) })

function result(counts: Counts, faults: string[]): SideResult {
  const run = { target: 'http://127.0.0.1:1', process: 'poisson', seed: 1, stopped: false } as const
  return { ...run, valid: faults.length === 0, faults, notes: [], routes: [], ...figures(counts) }
}
