// The book of alerts: which hold, since when, and what is new. A state machine that is fed once a second: it groups what begins in
// the same second, says nothing twice, waits before it calls something over, and keeps quiet in planned windows.

import { conditionNames, conditions } from './conditions.ts'
import type { ConditionName, Sight } from './conditions.ts'

/** Seconds in which a condition may not hold before its alert is over: what flickers is one alert, not ten. */
const CALM = 30
/** Alerts that are over, and still told of. */
const MOST_PAST = 50

export interface Alert {
  name: ConditionName
  severity: 'page' | 'warn'
  text: string
  /** What it means, and what can be done. */
  advice: string
  /** Wall clock, milliseconds. */
  since: number
  /** When it was over; null while it lasts. */
  until: number | null
}

/** What is to be told: all that began or ended in one second. */
export interface News {
  at: number
  fired: Alert[]
  resolved: Alert[]
}

interface Entry {
  held: number
  calm: number
  alert: Alert | null
}

export class AlertBook {
  readonly #entries = new Map<ConditionName, Entry>()
  readonly #past: Alert[] = []

  /** One second at `now` (wall clock, milliseconds), `planned` when it lies in a planned window. Null when there is nothing to tell. */
  look(sight: Sight, now: number, planned: boolean): News | null {
    const news: News = { at: now, fired: [], resolved: [] }
    for (const name of conditionNames) this.#lookAt(name, sight, news, planned)
    return news.fired.length + news.resolved.length === 0 ? null : news
  }

  get active(): Alert[] {
    return [...this.#entries.values()].flatMap(({ alert }) => (alert === null ? [] : [alert]))
  }

  /** The last that are over, the newest first. */
  get past(): Alert[] {
    return this.#past.toReversed()
  }

  #lookAt(name: ConditionName, sight: Sight, news: News, planned: boolean): void {
    const condition = conditions[name]
    const entry = this.#entries.get(name) ?? { held: 0, calm: 0, alert: null }
    this.#entries.set(name, entry)
    const text = planned && condition.planned && entry.alert === null ? null : condition.holds(sight)
    entry.held = text === null ? 0 : entry.held + 1
    entry.calm = text === null ? entry.calm + 1 : 0
    if (entry.alert === null) {
      if (text === null || entry.held <= condition.after) return
      const { severity, prose: advice } = condition
      entry.alert = { name, severity, text, advice, since: news.at, until: null }
      news.fired.push(entry.alert)
    } else if (text !== null) entry.alert.text = text
    else if (entry.calm >= CALM) this.#end(entry, entry.alert, news)
  }

  #end(entry: Entry, alert: Alert, news: News): void {
    alert.until = news.at
    entry.alert = null
    this.#past.push(alert)
    if (this.#past.length > MOST_PAST) this.#past.shift()
    news.resolved.push(alert)
  }
}
