// Runs under everything that can go wrong: steps and undos that fail, processes that die in between, ends that move, two events that
// do the same. Whatever happens, what was done is undone, and not while somebody still needs it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ManualClock } from '../../src/base/clock.ts'
import { blankStep } from '../../src/config/table/event.ts'
import type { EventConfig, StepConfig } from '../../src/config/types.ts'
import { Performer, nobody } from '../../src/plan/perform.ts'
import type { Try } from '../../src/plan/perform.ts'
import { Planner } from '../../src/plan/planner.ts'
import { PlanStore } from '../../src/plan/store.ts'
import type { Outcome } from '../../src/plan/task.ts'

const HOUR = 3_600_000
const from = Date.UTC(2026, 5, 1, 10)

const step = (word: string, more: Partial<StepConfig> = {}): StepConfig => ({
  ...blankStep,
  run: ['do', word],
  undo: { run: ['undo', word], webhook: undefined },
  ...more,
})
const event = (name: string, at: string, steps: StepConfig[]): EventConfig => ({
  ...{ name, at, zone: 'UTC', for: HOUR, until: undefined, repeat: undefined, site: undefined, expect: undefined },
  steps,
})

/** The second overlaps with the first and does one thing in the same words. */
const events = [
  event('A', '2026-06-01 10:10', [
    step('both'),
    step('a', { before: 300_000 }),
    step('bye', { at: 'end', hold: 60_000 }),
  ]),
  event('B', '2026-06-01 10:40', [step('both', { hold: 120_000 }), step('b')]),
]

/** How a try goes: it is done or not, and the process hears of it or dies before. */
type Luck = 'ok' | 'failed' | 'dies-before' | 'dies-after'

class World extends Performer {
  /** What is done and not undone. */
  readonly #on = new Set<string>()
  luck: () => Luck = () => 'ok'
  died = false
  /** Tries whose process died, as the files beside the database would tell the next one. */
  readonly #left = new Map<string, Outcome>()

  constructor() {
    super('/', '', nobody)
  }

  override perform({ task, act }: Try): Promise<Outcome> {
    const luck = this.luck()
    const word = task.step.run![1]!
    if (luck === 'ok' || luck === 'dies-after') {
      if (act === 'do') this.#on.add(word)
      else this.#on.delete(word)
    }
    if (luck === 'ok') return Promise.resolve({ type: 'ok' })
    if (luck === 'failed') return Promise.resolve({ type: 'failed', error: 'it did not want to' })
    this.died = true
    this.#left.set(`${task.id} ${act} ${task.tries}`, { type: luck === 'dies-after' ? 'ok' : 'never-began' })
    return new Promise(() => undefined)
  }

  override outcome({ task, act }: Pick<Try, 'task' | 'act'>): Promise<Outcome> {
    return Promise.resolve(this.#left.get(`${task.id} ${act} ${task.tries}`) ?? { type: 'never-began' })
  }

  override forget(): void {}

  isOn = (word: string): boolean => this.#on.has(word)
}

const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const lucks: Luck[] = ['ok', 'ok', 'failed', 'dies-before', 'dies-after']

test(
  'whatever fails and whenever it dies, what was done is undone, and by nobody too early',
  { timeout: 120_000 },
  async () => {
    const script = fc.array(
      fc.record({
        luck: fc.constantFrom(...lucks),
        minutes: fc.integer({ min: 0, max: 12 }),
        stop: fc.constantFrom(null, null, null, null, 'A', 'B'),
      }),
      { maxLength: 40 },
    )
    await fc.assert(
      fc.asyncProperty(script, async moves => {
        const clock = new ManualClock(from)
        const store = new PlanStore(null)
        const world = new World()
        const born = (): Planner => {
          world.died = false
          const planner = new Planner(store, world, clock, () => undefined)
          planner.configure(events, ['main'])
          return planner
        }
        let planner = born()
        const look = async (): Promise<void> => {
          for (let i = 0; i < 4; i++) {
            planner.look()
            await settled()
            if (world.died) planner = born()
            await settled()
          }
        }
        for (const { luck, minutes, stop } of moves) {
          world.luck = () => luck
          clock.advance(minutes * 60_000)
          await look()
          if (stop !== null && planner.runs.open.some(run => run.event.name === stop && clock.now() < run.end))
            planner.stop(stop)
          const needs = planner.runs.open.filter(run => clock.now() < run.end && run.tasks[0]!.state === 'done')
          if (needs.length > 0) assert.ok(world.isOn('both'), 'somebody still needs what both do')
        }
        world.luck = () => 'ok'
        for (let i = 0; i < 40; i++) {
          clock.advance(600_000)
          await look()
        }
        assert.deepEqual(planner.owed, [])
        assert.equal(planner.runs.open.length, 0)
        for (const word of ['both', 'a', 'b', 'bye']) assert.ok(!world.isOn(word), `${word} is still on`)
      }),
      { numRuns: 150 },
    )
  },
)

test('an undo that fails for ever is told of, and is done as soon as it can be', { timeout: 30_000 }, async () => {
  const clock = new ManualClock(from)
  const world = new World()
  const planner = new Planner(new PlanStore(null), world, clock, () => undefined)
  planner.configure([events[0]!], ['main'])
  const pass = async (minutes: number): Promise<void> => {
    for (let i = 0; i < minutes; i++) {
      clock.advance(60_000)
      planner.look()
      await planner.runs.quiet()
    }
  }
  await pass(30)
  assert.ok(world.isOn('both'))
  world.luck = () => 'failed'
  await pass(24 * 60)
  const [owed] = planner.owed
  assert.equal(owed?.event, 'A')
  assert.equal(owed?.error, 'it did not want to')
  assert.ok(owed.tries > 200, `${owed.tries} tries in a day: every five minutes`)
  world.luck = () => 'ok'
  await pass(6)
  assert.deepEqual(planner.owed, [])
  assert.ok(!world.isOn('both') && !world.isOn('a'))
})
