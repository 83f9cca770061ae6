// The table of rates against a model that knows one number a key, and the same with two threads at once: whatever they do, no
// more gets through than the rate allows and no less.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import * as fc from 'fast-check'
import { RATE_BYTES, RateTable, rateOf } from '../../src/board/rates.ts'
import type { Rate } from '../../src/board/rates.ts'

const SEED = 12_345
const table = (buckets?: number): RateTable => new RateTable(new SharedArrayBuffer(RATE_BYTES), 0, SEED, buckets)

/** GCRA with one exact number a key. */
class Model {
  readonly #moments = new Map<string, number>()

  take(key: string, { interval, burst }: Rate, now: number): number {
    const next = Math.max(this.#moments.get(key) ?? 0, now) + interval
    if (next - now > burst) return burst - (next - now)
    this.#moments.set(key, next)
    return next - now
  }
}

const steps = fc.array(fc.tuple(fc.nat({ max: 4 }), fc.integer({ min: 0, max: 400_000 })), { maxLength: 400 })

test('one thread gets exactly what the model says, request by request', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 2 ** 43 }), (taken, start) => {
      const rates = table()
      const model = new Model()
      const rate = rateOf(5, 1000)
      let now = start
      for (const [key, later] of taken) {
        now += later
        const name = `client ${key}`
        assert.equal(rates.take(rates.key(name), rate, now), model.take(name, rate, now))
      }
    }),
  )
})

test('what is given back can be taken again, and a key nobody knows has taken nothing', () => {
  const rates = table()
  const key = rates.key('a')
  const rate = rateOf(2, 10000)
  assert.equal(rates.ahead(key, rate, 1000), 0)
  assert.equal(rates.take(key, rate, 1000), 5e6)
  assert.equal(rates.take(key, rate, 1000), 10e6)
  assert.equal(rates.take(key, rate, 1000), -5e6)
  rates.give(key, rate, 1000)
  assert.equal(rates.ahead(key, rate, 1000), 5e6)
  assert.equal(rates.take(key, rate, 1000), 10e6)
})

test('a full bucket forgets whoever is nearest to having paid off, and none who took more', () => {
  const rates = table(1)
  const rate = rateOf(10, 10000)
  const heavy = rates.key('heavy')
  for (let i = 0; i < 10; i++) rates.take(heavy, rate, 0)
  for (let i = 0; i < 1000; i++) rates.take(rates.key(`light ${i}`), rate, 0)
  assert.ok(rates.take(heavy, rate, 0) < 0, 'the heavy one is still known')
})

test('a moment 25 days old is past and none to come', () => {
  const rates = table()
  const key = rates.key('late')
  const rate = rateOf(1, 60000)
  rates.take(key, rate, 0)
  for (const days of [1, 20, 26, 40, 49]) assert.equal(rates.ahead(key, rate, days * 86_400e6), 0, `${days} days`)
})

/** One thread's part: at each step all keys are hammered at the same moment; how many got through goes to `through`. */
const worker = `
import { workerData, parentPort } from 'node:worker_threads'
const { RateTable } = await import(workerData.module)
const { memory, sync, through, keys, steps, tries, rate, buckets, threads } = workerData
const rates = new RateTable(memory, 0, workerData.seed, buckets)
const meet = new Int32Array(sync)
const counts = new Int32Array(through)
let turn = 0
const wait = () => {
  turn++
  Atomics.add(meet, 0, 1)
  while (Atomics.load(meet, 0) < turn * threads);
}
for (let step = 0; step < steps.length; step++) {
  wait()
  for (let n = 0; n < tries * keys; n++) {
    const key = (n + workerData.id * 3) % keys
    if (rates.take(rates.key('client ' + key), rate, steps[step]) > 0) Atomics.add(counts, step * keys + key, 1)
  }
}
parentPort.postMessage('done')
`

const hammer = async (moments: number[], keys: number, rate: Rate, buckets: number): Promise<Int32Array> => {
  const threads = 2
  const through = new SharedArrayBuffer(4 * keys * moments.length)
  const data = {
    ...{
      memory: new SharedArrayBuffer(RATE_BYTES),
      sync: new SharedArrayBuffer(4),
      through,
      keys,
      steps: moments,
      rate,
    },
    ...{ tries: 40, buckets, seed: SEED, threads, module: new URL('../../src/board/rates.ts', import.meta.url).href },
  }
  const url = new URL(`data:text/javascript,${encodeURIComponent(worker)}`)
  const done = Array.from({ length: threads }, (_, id) => {
    const thread = new Worker(url, { workerData: { ...data, id } })
    return new Promise<void>((resolve, reject) => {
      thread.once('error', reject)
      thread.once('exit', () => resolve())
    })
  })
  await Promise.all(done)
  return new Int32Array(through)
}

test('two threads together get exactly what the model gives one', { timeout: 60_000 }, async () => {
  const moments = fc.array(fc.integer({ min: 0, max: 900_000 }), { minLength: 20, maxLength: 60 })
  const cases = fc.tuple(moments, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 12 }))
  await fc.assert(
    fc.asyncProperty(cases, async ([gaps, keys, count]) => {
      let now = 1e12
      const at = gaps.map(gap => (now += gap))
      const rate = rateOf(count, 1000)
      // One bucket, so that the keys stand side by side and are put in while others are taken from.
      const through = await hammer(at, keys, rate, 1)
      const model = new Model()
      for (const [step, moment] of at.entries()) {
        for (let key = 0; key < keys; key++) {
          let allowed = 0
          while (model.take(`client ${key}`, rate, moment) > 0) allowed++
          assert.equal(through[step * keys + key], allowed, `step ${step}, key ${key}`)
        }
      }
    }),
    { numRuns: 12 },
  )
})
