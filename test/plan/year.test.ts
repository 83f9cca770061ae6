// A year of events over every zone that changes its clocks, in simulated time: no step early or late, none left out or done twice. What
// the clocks show is asked of Intl, which shares nothing with the way the plan computes it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../src/base/clock.ts'
import { blankStep } from '../../src/config/table/event.ts'
import type { EventConfig, StepConfig } from '../../src/config/types.ts'
import { Performer, nobody } from '../../src/plan/perform.ts'
import type { Try } from '../../src/plan/perform.ts'
import { Planner } from '../../src/plan/planner.ts'
import { PlanStore } from '../../src/plan/store.ts'
import type { Outcome } from '../../src/plan/task.ts'

const DAY = 86_400_000
const from = Date.UTC(2026, 0, 1)
const SECOND = 1000

const offsetAt = (at: number, format: Intl.DateTimeFormat): string =>
  format.formatToParts(at).find(({ type }) => type === 'timeZoneName')!.value

const zones = Intl.supportedValuesOf('timeZone').filter(zone => {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' })
  return new Set(Array.from({ length: 13 }, (_, month) => offsetAt(from + month * 30 * DAY, format))).size > 1
})

const noted = (word: string): StepConfig['undo'] => ({ run: [word], webhook: undefined })

/** Each step's program is named by what it does, and notes nothing: the performer below looks at the clock. */
function weekly(zone: string, at: string): EventConfig {
  const steps: StepConfig[] = [
    { ...blankStep, at: 'start', before: 600_000, run: ['early', zone], undo: noted('early'), hold: 0 },
    { ...blankStep, at: 'start', before: 0, run: ['start', zone], undo: noted('start'), hold: 1_800_000 },
    { ...blankStep, at: 'end', before: 0, run: ['end', zone], undo: noted('end'), hold: 60_000 },
  ]
  const rest = { until: undefined, site: undefined, expect: undefined }
  return { name: zone, at, zone, for: 3 * 3_600_000, repeat: 'weekly', steps, ...rest }
}

interface Seen {
  zone: string
  words: string
  /** Off by so many milliseconds from when it was due by its own run. */
  off: number
  start: number
}

class Watching extends Performer {
  readonly seen: Seen[] = []
  readonly #clock: ManualClock

  constructor(clock: ManualClock) {
    super('/', '', nobody)
    this.#clock = clock
  }

  override perform({ run, task, act }: Try): Promise<Outcome> {
    const due = act === 'do' ? task.doAt : task.undoAt
    const words = `${act} ${String(task.step.run?.[0])}`
    this.seen.push({ zone: run.event.zone, words, off: this.#clock.now() - due, start: run.start })
    return Promise.resolve({ type: 'ok' })
  }

  override forget(): void {}
}

/** Plays the year, from look to look. */
async function play(events: EventConfig[]): Promise<Seen[]> {
  const clock = new ManualClock(from)
  const performer = new Watching(clock)
  const planner = new Planner(new PlanStore(null), performer, clock, () => undefined)
  planner.configure(events, ['main'])
  while (clock.now() < from + 366 * DAY) {
    const next = planner.look()
    await planner.runs.quiet()
    clock.advance(Math.max(1, Math.min(next, planner.look()) - clock.now()))
  }
  return performer.seen
}

/** What the clocks of the zone show, by Intl: weekday, hours and minutes. */
const shownIn = (zone: string, clock: Intl.DateTimeFormat) => (at: number) =>
  `${zone} ${clock.format(at).replace(/^24/, '00')}`
const clockOf = (zone: string) =>
  shownIn(
    zone,
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit' }),
  )

test(
  `a year of weekly events in ${zones.length} zones that change their clocks: every step in its second`,
  { timeout: 300_000 },
  async t => {
    assert.ok(zones.length > 100, `${zones.length} zones`)
    // By turns at 22:00 on a Wednesday, and in the hours of a Sunday that clocks skip and repeat.
    const times = ['2026-01-07 22:00', '2026-01-04 02:30', '2026-01-04 01:15', '2026-01-04 00:30']
    const events = zones.map((zone, i) => weekly(zone, times[i % times.length]!))
    const seen = await play(events)
    const late = seen.filter(({ off }) => off < 0 || off > SECOND)
    assert.deepEqual(late, [])
    let moved = 0
    for (const { zone, at } of events) {
      const own = seen.filter(each => each.zone === zone)
      const starts = own.filter(({ words }) => words === 'do start').map(({ start }) => start)
      for (const words of ['do early', 'undo early', 'undo start', 'do end', 'undo end']) {
        const of = own.filter(each => each.words === words).map(({ start }) => start)
        assert.deepEqual(of, starts, `${zone}: ${words}`)
      }
      assert.equal(new Set(starts).size, starts.length, zone)
      assert.ok(starts.length === 52, `${zone}: ${starts.length} weeks`)
      const clock = clockOf(zone)
      const shown = starts.map(start => clock(start).split(' ').slice(1).join(' '))
      const wanted = `${at.startsWith('2026-01-07') ? 'Wed' : 'Sun'} ${at.slice(11)}`
      // Where the clocks skip the time it is later, by as much as they skip; that is once a year at most.
      const others = shown.filter(text => text !== wanted && text.replace(',', '') !== wanted)
      assert.ok(others.length <= 1, `${zone}: ${others.join(', ')} instead of ${wanted}`)
      moved += others.length
    }
    t.diagnostic(`${seen.length} steps in ${zones.length} zones, ${moved} moved by clocks that skip their time`)
  },
)
