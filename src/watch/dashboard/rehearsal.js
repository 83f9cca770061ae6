// Is a rehearsal going on? How far it is, how many come, how long they wait, who is lost and what is fullest; and for an hour
// what it found.
import { count, milliseconds, percent } from './format.js'

/** Milliseconds between two looks while one goes on, and while none does. */
const EVERY = 1000
const SELDOM = 10_000

const byId = id => document.getElementById(id)
const write = (node, text) => node.textContent === text || (node.textContent = text)

/** As a level and words. */
export function rehearsalVerdict({ running, found, seconds, target, stage }) {
  if (found !== null) return { level: 'quiet', text: found }
  if (!running) return { level: 'warn', text: `The rehearsal of ${target} ended without a word.` }
  const lost = seconds.slice(-5).some(second => second.lost > 0)
  return { level: lost ? 'bad' : 'good', text: `${target}: ${stage}${lost ? ', and visitors are lost' : ''}.` }
}

/** As names and values. */
export function rehearsalNumbers({ seconds, fullest }) {
  const last = seconds.at(-1)
  if (last === undefined) return []
  const sum = name => seconds.reduce((total, second) => total + second[name], 0)
  return [
    ['arrivals/s', count(last.rate)],
    ['good/s', count(last.good)],
    ['lost/s', count(last.lost)],
    ['wait, p95', milliseconds(last.p95Ms)],
    ['lost in 2 min', percent(sum('lost') / Math.max(1, sum('lost') + sum('good')))],
    ['fullest', fullest === null ? '–' : `${fullest.name} ${percent(fullest.value)}`],
  ]
}

export class Rehearsal {
  #list

  /** `list` writes names and values into a node. */
  constructor(list) {
    this.#list = list
  }

  /** Looks now and from now on. */
  follow() {
    void this.#look()
  }

  async #look() {
    const told = document.hidden ? undefined : await this.#ask()
    if (told !== undefined) this.#show(told)
    setTimeout(() => void this.#look(), told?.running ? EVERY : SELDOM)
  }

  async #ask() {
    const answer = await fetch('/api/rehearsal', { cache: 'no-store' }).catch(() => undefined)
    return answer?.ok ? (await answer.json()).rehearsal : undefined
  }

  #show(told) {
    const section = byId('rehearsal')
    section.hidden = told === null
    if (told === null) return
    const { level, text } = rehearsalVerdict(told)
    if (section.dataset.level !== level) section.dataset.level = level
    write(section.querySelector('.verdict'), text)
    this.#list(section.querySelector('.numbers'), told.running ? rehearsalNumbers(told) : [])
    const bar = byId('rehearsal-progress')
    bar.hidden = !told.running
    bar.max = told.of
    bar.value = Math.min(told.second, told.of)
  }
}
