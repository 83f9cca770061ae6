// A shape's running total is the integral of its rate, whatever its numbers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { scaled } from '../../src/rehearse/shape.ts'
import { type ShapeSpec, shapeOf } from '../../src/rehearse/shapes/index.ts'

const rate = fc.integer({ min: 0, max: 2000 })
const time = fc.integer({ min: 1, max: 60 })

const SPECS: { [kind in ShapeSpec['kind']]: fc.Arbitrary<Extract<ShapeSpec, { kind: kind }>> } = {
  constant: fc.record({ kind: fc.constant('constant'), rate }),
  ramp: fc.record({ kind: fc.constant('ramp'), from: rate, to: rate, over: time }),
  step: fc.record({ kind: fc.constant('step'), rates: fc.array(rate, { minLength: 1, maxLength: 6 }), every: time }),
  spike: fc.record({ kind: fc.constant('spike'), base: rate, people: rate, at: time, within: time }),
  'flash-crowd': fc.record({
    kind: fc.constant('flash-crowd'),
    base: rate,
    peak: rate,
    at: time,
    rise: time,
    half: time,
  }),
  broadcast: fc.record({
    kind: fc.constant('broadcast'),
    base: rate,
    peak: rate,
    at: time,
    before: fc.nat(90),
    rise: time,
    during: fc.nat(60),
    half: time,
  }),
  recorded: fc.record({
    kind: fc.constant('recorded'),
    rates: fc.array(rate, { minLength: 1, maxLength: 8 }),
    every: time,
  }),
}

for (const [kind, specs] of Object.entries(SPECS) as [string, fc.Arbitrary<ShapeSpec>][]) {
  test(`${kind}: arrivals are the integral of the rate`, () => {
    fc.assert(
      fc.property(specs, fc.double({ min: 0, max: 200, noNaN: true }), (spec, until) => {
        const shape = shapeOf(spec)
        const expected = integral(t => shape.rate(t), until)
        // The steps of the sum are a hundredth of a second wide, and a level may begin within one.
        assert.ok(Math.abs(shape.arrivals(until) - expected) <= 0.001 * expected + 2000 * 0.01 * 8)
      }),
    )
  })

  test(`${kind}: never fewer arrivals later, and none before the start`, () => {
    fc.assert(
      fc.property(specs, fc.nat(200), fc.nat(200), (spec, one, other) => {
        const shape = scaled(shapeOf(spec), 0.5)
        assert.equal(shape.arrivals(0), 0)
        assert.ok(shape.arrivals(Math.min(one, other)) <= shape.arrivals(Math.max(one, other)) + 1e-6)
        assert.ok(shape.rate(one) >= 0)
      }),
    )
  })
}

test('a flash crowd is at its peak after the rise, and what exceeds the base has halved after half', () => {
  const crowd = shapeOf({ kind: 'flash-crowd', base: 10, peak: 110, at: 5, rise: 4, half: 20 })
  assert.equal(crowd.rate(4.9), 10)
  assert.equal(crowd.rate(7), 60)
  assert.equal(crowd.rate(9), 110)
  assert.equal(crowd.rate(29), 60)
  assert.equal(crowd.rate(9 + 3 * 20), 35)
})

test('a number that makes no sense is named', () => {
  assert.throws(() => shapeOf({ kind: 'ramp', from: 1, to: 2, over: 0 }), /shape ramp: over must be more than 0, not 0/)
  assert.throws(() => shapeOf({ kind: 'constant', rate: -1 }), /shape constant: rate must be 0 or more, not -1/)
  assert.throws(() => shapeOf({ kind: 'step', rates: [], every: 1 }), /shape step: rates must be 0 or more, not \[\]/)
})

/** Midpoint sum with steps of a hundredth of a second. */
function integral(rate: (t: number) => number, until: number): number {
  const steps = Math.max(1, Math.ceil(until * 100))
  const width = until / steps
  let sum = 0
  for (let i = 0; i < steps; i++) sum += rate((i + 0.5) * width) * width
  return sum
}
