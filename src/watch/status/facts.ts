// What the public is told: how it is now, how it was on each of 90 days by what visitors got, what went wrong, and what is planned. Pure.
// Words are for strangers: nothing of origins, threads or limits is in them.

import type { Notice } from '../../plan/planner.ts'
import type { KeptAlert } from '../archive-reader.ts'

export const DAYS = 90
const DAY = 86_400
/** Incidents that are told, the newest first. */
const MOST_INCIDENTS = 50
/** Seconds between two alerts that are still one incident. */
const GAP = 300

/** Requests of one day, UTC, and how many of them were lost but for visitors that went by themselves. */
export interface Day {
  /** Its beginning, seconds since the epoch. */
  at: number
  requests: number
  lost: number
}

export interface Incident {
  /** Seconds since the epoch; `until` is null while it lasts. */
  since: number
  until: number | null
  texts: string[]
}

export interface PlannedEvent {
  name: string
  text: string
  /** Seconds since the epoch. */
  from: number
  to: number
  isOn: boolean
}

export type State = 'up' | 'degraded' | 'down' | 'unknown'

export interface StatusFacts {
  title: string
  /** Seconds since the epoch. */
  at: number
  state: State
  text: string
  /** The oldest first; uptime is null where nobody asked, or nothing was kept. */
  days: { date: string; uptime: number | null; requests: number }[]
  /** Over all days that are known. */
  uptime: number | null
  incidents: Incident[]
  planned: PlannedEvent[]
}

/** What strangers are told of an alert; one that is not here is nobody's business but the operator's. */
const WORDS: Record<string, { text: string; state: Exclude<State, 'up' | 'unknown'> }> = {
  'not-ready': { text: 'The site could not be reached.', state: 'down' },
  loss: { text: 'Some requests were not answered.', state: 'degraded' },
  'burn-fast': { text: 'Some requests were not answered.', state: 'degraded' },
  'origin-down': {
    text: 'Parts of the site did not answer; stored pages stood in where there were any.',
    state: 'degraded',
  },
  apdex: { text: 'Pages were slow.', state: 'degraded' },
}

const NOW: Record<State, string> = {
  up: 'All is well.',
  degraded: 'Some visitors do not get what they ask for, or wait too long.',
  down: 'The site cannot be reached at the moment.',
  unknown: 'It is starting; in a moment more is known.',
}

export interface Seen {
  title: string
  now: number
  days: readonly Day[]
  alerts: readonly KeptAlert[]
  notices: readonly Notice[]
  upcoming: readonly PlannedEvent[]
  isStarting: boolean
}

export function statusFacts({ title, now, days, alerts, notices, upcoming, isStarting }: Seen): StatusFacts {
  const incidents = incidentsOf(alerts.filter(({ name }) => Object.hasOwn(WORDS, name)))
  const holding = alerts.filter(({ until, name }) => until === null && Object.hasOwn(WORDS, name))
  const states = holding.map(({ name }) => WORDS[name]!.state)
  const state = states.includes('down') ? 'down' : states.length > 0 ? 'degraded' : isStarting ? 'unknown' : 'up'
  const sum = (of: 'requests' | 'lost'): number => days.reduce((all, day) => all + day[of], 0)
  return {
    ...{ title, at: now, state, text: NOW[state], incidents },
    days: daysOf(days, now),
    uptime: uptimeOf(sum('requests'), sum('lost')),
    planned: [
      ...notices.map(({ event, text, since, until }) => ({
        name: event,
        text,
        from: since / 1000,
        to: until / 1000,
        isOn: true,
      })),
      ...upcoming,
    ],
  }
}

function daysOf(days: readonly Day[], now: number): StatusFacts['days'] {
  const today = Math.floor(now / DAY) * DAY
  const known = new Map(days.map(day => [day.at, day]))
  return Array.from({ length: DAYS }, (_, i) => {
    const at = today - (DAYS - 1 - i) * DAY
    const { requests = 0, lost = 0 } = known.get(at) ?? {}
    return {
      date: new Date(at * 1000).toISOString().slice(0, 10),
      uptime: uptimeOf(requests, lost),
      requests: Math.round(requests),
    }
  })
}

const uptimeOf = (requests: number, lost: number): number | null =>
  requests <= 0 ? null : Math.max(0, Math.min(1, 1 - lost / requests))

/** Alerts that hold at the same time, or nearly, are one thing to a visitor. The newest first. */
function incidentsOf(alerts: readonly KeptAlert[]): Incident[] {
  const incidents: Incident[] = []
  for (const { name, since, until } of alerts.toSorted((a, b) => a.since - b.since)) {
    const { text } = WORDS[name]!
    const last = incidents.at(-1)
    const end = until === null ? null : until / 1000
    if (last !== undefined && (last.until === null || since / 1000 <= last.until + GAP)) {
      last.until = last.until === null || end === null ? null : Math.max(last.until, end)
      if (!last.texts.includes(text)) last.texts.push(text)
    } else incidents.push({ since: since / 1000, until: end, texts: [text] })
  }
  return incidents.reverse().slice(0, MOST_INCIDENTS)
}
