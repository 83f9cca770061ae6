// What is coming? The next event with its countdown, or the one that is on, in one sentence above everything else.
import { countdown, inZone } from './events.js'

const byId = id => document.getElementById(id)
const write = (node, text) => node.textContent === text || (node.textContent = text)

/** The event that matters most now: one that is on, or the next. */
export function nextOf(events) {
  const known = events.filter(({ start }) => start !== null)
  const on = known.filter(({ state }) => state === 'on')
  if (on.length > 0) return on.reduce((a, b) => (a.end.at < b.end.at ? a : b))
  const planned = known.filter(({ state }) => state === 'planned')
  return planned.length === 0 ? undefined : planned.reduce((a, b) => (a.start.at < b.start.at ? a : b))
}

/** As a level and words, `now` in milliseconds. */
export function comingVerdict(events, owed, now) {
  if (owed.length > 0) return { level: 'bad', text: 'Something of an event is still not undone.' }
  const next = nextOf(events)
  if (next === undefined) return { level: 'quiet', text: 'Nothing is planned.' }
  const broken = next.steps.filter(({ error, state }) => error !== null || state === 'skipped').length
  if (broken > 0) return { level: 'bad', text: `${next.name}: ${broken} of ${next.steps.length} steps are not done.` }
  if (next.state === 'on') return { level: 'good', text: `${next.name} is on.` }
  const isSoon = next.start.at - now < 3_600_000
  return { level: isSoon ? 'warn' : 'good', text: `${next.name} is next.` }
}

export class Coming {
  #told = { events: [], owed: [] }
  #ahead = 0

  constructor() {
    setInterval(() => this.#count(), 1000)
  }

  /** What the process says of its plan. */
  show({ now, events, owed }) {
    this.#told = { events, owed }
    this.#ahead = now - Date.now()
    this.#count()
  }

  #count() {
    const now = Date.now() + this.#ahead
    const { level, text } = comingVerdict(this.#told.events, this.#told.owed, now)
    const section = byId('coming')
    if (section.dataset.level !== level) section.dataset.level = level
    write(section.querySelector('.verdict'), text)
    const next = nextOf(this.#told.events)
    const isOn = next?.state === 'on'
    write(
      byId('coming-count'),
      next === undefined ? '' : countdown((isOn ? next.end.at : next.start.at) - now).replace(/^in /, ''),
    )
    write(
      byId('coming-what'),
      next === undefined
        ? ''
        : isOn
          ? `until it ends, ${inZone(next.end.at, next.zone)}`
          : `until it begins, ${inZone(next.start.at, next.zone)}`,
    )
    write(byId('coming-expect'), next?.expect ?? '')
  }
}
