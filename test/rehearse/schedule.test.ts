// Arrivals fall where the shape says, evenly or at random.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded } from '../../src/base/random.ts'
import { type ArrivalProcess, Schedule } from '../../src/rehearse/schedule.ts'
import { shapeOf, type ShapeSpec } from '../../src/rehearse/shapes/index.ts'

const SPECS: ShapeSpec[] = [
  { kind: 'constant', rate: 200 },
  { kind: 'ramp', from: 0, to: 400, over: 10 },
  { kind: 'step', rates: [50, 400, 0, 100], every: 2 },
  { kind: 'spike', base: 20, people: 1500, at: 4, within: 0.05 },
  { kind: 'flash-crowd', base: 20, peak: 500, at: 2, rise: 1, half: 2 },
]

for (const spec of SPECS) {
  test(`${spec.kind}: every second has the arrivals of its shape`, () => {
    const shape = shapeOf(spec)
    const times = arrivals(spec, 10, 'poisson', 5)
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    )
    for (let second = 0; second < 10; second++) {
      const expected = shape.arrivals(second + 1) - shape.arrivals(second)
      const seen = times.filter(t => t >= second && t < second + 1).length
      // Five standard deviations of a Poisson count: once in two million, and the seed is fixed.
      assert.ok(Math.abs(seen - expected) <= 5 * Math.sqrt(expected) + 1, `second ${second}: ${seen} for ${expected}`)
    }
  })
}

test('even arrivals are evenly spaced, and all of them come', () => {
  const times = arrivals({ kind: 'constant', rate: 4 }, 2, 'even', 1)
  assert.equal(times.length, 8)
  times.forEach((time, i) => assert.ok(Math.abs(time - (0.125 + i * 0.25)) < 1e-6))
})

test('an arrival falls where the total of its shape has come to it, beside an edge as well', () => {
  for (const spec of SPECS) {
    const shape = shapeOf(spec)
    const totals = arrivals(spec, 10, 'even', 1).map(time => shape.arrivals(time))
    totals.forEach((total, i) => assert.ok(Math.abs(total - (i + 0.5)) < 1e-4, `${spec.kind}: ${total} for ${i + 0.5}`))
  }
})

test('gaps between Poisson arrivals vary as much as they last', () => {
  const times = arrivals({ kind: 'constant', rate: 1000 }, 20, 'poisson', 9)
  const gaps = times.slice(1).map((time, i) => time - times[i]!)
  const mean = gaps.reduce((sum, gap) => sum + gap) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  assert.ok(Math.abs(mean - 0.001) < 0.00005 && Math.abs(deviation / mean - 1) < 0.05)
})

test('the same seed gives the same arrivals', () => {
  const spec: ShapeSpec = { kind: 'constant', rate: 50 }
  assert.deepEqual(arrivals(spec, 3, 'poisson', 4), arrivals(spec, 3, 'poisson', 4))
  assert.notDeepEqual(arrivals(spec, 3, 'poisson', 4), arrivals(spec, 3, 'poisson', 6))
})

function arrivals(spec: ShapeSpec, seconds: number, process: ArrivalProcess, seed: number): number[] {
  const schedule = new Schedule(shapeOf(spec), seconds, process, seeded(seed))
  const times: number[] = []
  for (let time = schedule.next(); time < Infinity; time = schedule.next()) times.push(time)
  return times
}
