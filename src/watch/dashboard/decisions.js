// What was decided, by people and by the shield, the newest first: commands with what came of them, alerts that began and ended.
import { day, timeOfDay } from './format.js'
import { Table } from './tables.js'

const SHOWN = 20

/** Rows of [moment, who, what], of commands and of alerts. */
export function decisionsOf(acts, alerts) {
  const rows = [
    ...acts.map(({ at, what, from, status }) => [at, status < 300 ? 'command' : 'refused', `${what}, from ${from}`]),
    ...alerts.flatMap(({ name, text, since, until }) => [
      [since, 'alert', `${name}: ${text}`],
      ...(until === null ? [] : [[until, 'over', name]]),
    ]),
  ]
  return rows.sort((a, b) => b[0] - a[0]).slice(0, SHOWN)
}

export class Decisions {
  #table = new Table('decisions', ['', 'state', 'long'])

  show(acts, { active, past }) {
    const rows = decisionsOf(acts, [...active, ...past])
    // The same rows each time, written anew: so the newest stays at the top.
    this.#table.show(
      rows.map(([at, who, what], i) => [
        `row ${i}`,
        [`${day(at)} ${timeOfDay(at)}`, who, what],
        line => (line.className = levelOf(who)),
      ]),
    )
  }
}

const levelOf = who => ({ alert: 'bad', over: 'good', refused: 'warn' })[who] ?? 'quiet'
