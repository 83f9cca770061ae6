// The plan as a process of its own, to be killed: carries out one event with a runbook of programs and webhooks in a data directory, and
// says a line around each write to disk. Ends when everything is over. Arguments: the data directory, the file for notes, a URL.

import { writeSync } from 'node:fs'
import { systemClock } from '../../../src/base/clock.ts'
import { blankStep } from '../../../src/config/table/event.ts'
import type { EventConfig, StepConfig } from '../../../src/config/types.ts'
import { Performer, nobody } from '../../../src/plan/perform.ts'
import { Planner } from '../../../src/plan/planner.ts'
import { PlanStore } from '../../../src/plan/store.ts'
import type { Task } from '../../../src/plan/task.ts'
import { post } from '../../../src/watch/outward.ts'

const [data = '', notes = '', url = ''] = process.argv.slice(2)

/** Milliseconds that the event lasts: longer than its steps take, short enough that kills fall into its end. */
const LASTS = 600
const EVERY = 20

class LoudStore extends PlanStore {
  override keep(...tasks: Task[]): void {
    writeSync(1, `before ${tasks.map(({ state }) => state).join()}\n`)
    super.keep(...tasks)
    writeSync(1, `after ${tasks.map(({ state }) => state).join()}\n`)
  }
}

const note = (words: string): string[] => ['sh', '-c', `sleep 0.03; echo ${words} >> ${notes}`]
const program = (name: string, more: Partial<StepConfig> = {}): StepConfig => ({
  ...blankStep,
  run: note(`do ${name}`),
  undo: { run: note(`undo ${name}`), webhook: undefined },
  ...more,
})

/** Its undo goes wrong the first time. */
const failing = [
  'sh',
  '-c',
  `test -e ${notes}.failed || { touch ${notes}.failed; exit 3; }; echo undo failing >> ${notes}`,
]

const event: EventConfig = {
  name: 'Runbook',
  at: '2000-01-01 00:00',
  zone: 'UTC',
  for: LASTS,
  until: undefined,
  repeat: undefined,
  site: undefined,
  expect: undefined,
  steps: [
    program('first'),
    program('second'),
    program('held', { hold: 150 }),
    { ...program('failing'), undo: { run: failing, webhook: undefined } },
    { ...blankStep, webhook: `${url}/do`, undo: { run: undefined, webhook: `${url}/undo` } },
    program('at-the-end', { at: 'end', hold: 100 }),
    { ...blankStep, at: 'end', run: note('do last'), undo: { run: undefined, webhook: undefined } },
  ],
}

const store = new LoudStore(data)
const performer = new Performer(data, store.id, {
  ...nobody,
  post: async (to, body, fields) =>
    post(to, body, fields).then(
      () => null,
      (error: unknown) => String(error),
    ),
})
const planner = new Planner(store, performer, systemClock, () => undefined)
planner.configure([event], ['main'])
if (planner.runs.open.length === 0 && planner.past(1).length === 0) planner.start('Runbook')

const timer = setInterval(() => {
  planner.look()
  if (planner.runs.open.length > 0) return
  clearInterval(timer)
  writeSync(1, 'over\n')
}, EVERY)
