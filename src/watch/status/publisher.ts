// Makes the status page every few seconds and hands it to the edges, which serve it whatever becomes of the origin. Days that are over
// are summed up once.

import type { Clock } from '../../base/clock.ts'
import { occurrences } from '../../plan/occurrences.ts'
import type { Planner } from '../../plan/planner.ts'
import type { StatusFile } from '../../threads/messages.ts'
import type { Past } from '../past.ts'
import { DAYS, statusFacts } from './facts.ts'
import type { Day, PlannedEvent, StatusFacts } from './facts.ts'
import { statusFiles } from './page.ts'

const DAY = 86_400
/** Milliseconds between two pages. */
const EVERY = 10_000
/** So far ahead events are announced that have something to say. */
const AHEAD = 14 * DAY

interface Sources {
  clock: Clock
  past: Pick<Past, 'day' | 'alerts'>
  planner: () => Planner | null
  title: () => string
  isStarting: () => boolean
}

export class StatusPublisher {
  files: StatusFile[] = []
  facts: StatusFacts | undefined
  readonly #sources: Sources
  readonly #days = new Map<number, Day>()
  #madeAt = -Infinity

  constructor(sources: Sources) {
    this.#sources = sources
  }

  /** To be called each second; true when there is another page. */
  look(): boolean {
    const { clock } = this.#sources
    if (clock.monotonic() - this.#madeAt < EVERY) return false
    this.#madeAt = clock.monotonic()
    const now = clock.now() / 1000
    this.facts = this.#factsAt(now)
    this.files = statusFiles(this.facts)
    return true
  }

  #factsAt(now: number): StatusFacts {
    const { past, planner, title, isStarting } = this.#sources
    const today = Math.floor(now / DAY) * DAY
    for (const at of this.#days.keys()) if (at >= today || at <= today - DAYS * DAY) this.#days.delete(at)
    // A day of minutes takes a millisecond or two: so the first page after a start waits for a tenth of a second.
    for (let at = today - (DAYS - 1) * DAY; at <= today; at += DAY)
      if (!this.#days.has(at)) this.#days.set(at, { at, ...past.day(at) })
    return statusFacts({
      ...{ title: title(), now, isStarting: isStarting() },
      days: [...this.#days.values()],
      alerts: past.alerts(now - DAYS * DAY, now),
      notices: planner()?.notices ?? [],
      upcoming: upcoming(planner(), now),
    })
  }
}

/** Events with a notice for this page that have not begun: who plans one with a notice wants it known. */
function upcoming(planner: Planner | null, now: number): PlannedEvent[] {
  return (planner?.events.all ?? []).flatMap(({ event, cancelled }) => {
    const notice = event.steps.find(step => step.notice !== undefined)?.notice
    if (cancelled || notice === undefined) return []
    return occurrences(event, now * 1000, (now + AHEAD) * 1000)
      .filter(({ start }) => start > now * 1000)
      .slice(0, 1)
      .map(({ start, end }) => ({ name: event.name, text: notice, from: start / 1000, to: end / 1000, isOn: false }))
  })
}
