// Planned events on the admin address: looking at them, adding, changing and cancelling them, starting and stopping them by hand.

import { calendar } from '../plan/ics.ts'
import { NotDone } from '../plan/events.ts'
import type { Planned } from '../plan/events.ts'
import type { Planner } from '../plan/planner.ts'
import { calendarOf, eventView, planView } from '../plan/view.ts'
import type { Clock } from '../base/clock.ts'
import type { Plan } from './plan.ts'
import { json, problem, text } from './reply.ts'
import type { Reply } from './reply.ts'

export interface EventPowers {
  plan: Pick<Plan, 'planner' | 'failed' | 'look'>
  clock: Clock
}

type Given = Record<string, unknown>

const statuses: Record<NotDone['code'], number> = {
  'not-understood': 422,
  'unknown-event': 404,
  taken: 409,
  past: 422,
  'of-the-config': 409,
  'changed-meanwhile': 409,
  state: 409,
}

export const showEvents = (powers: EventPowers): Reply =>
  withPlanner(powers, planner => json(planView(planner, powers.clock.now())))

export const showCalendar = (powers: EventPowers): Reply =>
  withPlanner(powers, planner => {
    const now = powers.clock.now()
    return text(calendar(calendarOf(planner, now), now), 'text/calendar; charset=utf-8')
  })

/** With `dryRun` it says what it would be, and adds nothing. */
export const addEvent = (powers: EventPowers, { dryRun = false, ...given }: Given): Reply =>
  withPlanner(powers, planner => {
    const now = powers.clock.now()
    if (dryRun === true) {
      const event = planner.events.whole(planner.events.read(given, now))
      return shown(powers, planner, { event, from: 'hand', revision: 0, cancelled: false })
    }
    const added = planner.events.add(given, now)
    planner.changed()
    return shown(powers, planner, added, 201)
  })

export const editEvent = (powers: EventPowers, { event: name, revision = null, ...changes }: Given): Reply =>
  withPlanner(powers, planner => {
    if (revision !== null && typeof revision !== 'number') return problem(422, 'The revision is a number.')
    const edited = planner.events.edit(nameOf(name), changes, revision, powers.clock.now())
    planner.changed()
    return shown(powers, planner, edited)
  })

export const cancelEvent = (powers: EventPowers, name: unknown): Reply =>
  withPlanner(powers, planner => shown(powers, planner, planner.cancel(nameOf(name))))

export const startEvent = (powers: EventPowers, { event: name }: Given): Reply =>
  withPlanner(powers, planner => {
    const planned = planner.events.named(planner.start(nameOf(name)).event.name)
    return shown(powers, planner, planned)
  })

export const stopEvent = (powers: EventPowers, { event: name }: Given): Reply =>
  withPlanner(powers, planner => {
    const { event } = planner.stop(nameOf(name))
    const planned = planner.events.all.find(each => each.event.name === event.name)
    return shown(powers, planner, planned ?? { event, from: 'hand', revision: 0, cancelled: true })
  })

function shown({ plan, clock }: EventPowers, planner: Planner, planned: Planned, status = 200): Reply {
  plan.look()
  const now = clock.now()
  return json({ now, event: eventView(planner, planned, now) }, status)
}

function withPlanner({ plan }: EventPowers, act: (planner: Planner) => Reply): Reply {
  if (plan.planner === null)
    return problem(503, `Nothing can be planned now: ${plan.failed ?? 'the data directory is not open yet'}.`)
  try {
    return act(plan.planner)
  } catch (error) {
    if (error instanceof NotDone) return problem(statuses[error.code], error.message, { code: error.code })
    throw error
  }
}

function nameOf(given: unknown): string {
  if (typeof given === 'string' && given !== '') return given
  throw new NotDone('not-understood', 'Say which: "event" is its name.')
}
