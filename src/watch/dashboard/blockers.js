// What keeps the origin's answers out of the store, on the traffic that came: the cookie, field or rule behind most of it first, and what
// would mend it.
import { count, percent } from './format.js'
import { Table } from './tables.js'

const SHOWN = 8

/** Rows of [key, thing, site and kind, count, share, mend], the one that blocks most first. */
export function blockersOf(groups) {
  return groups
    .flatMap(({ site, page, blockers }) =>
      blockers.map(({ kind, name, value, count: times, share, reason, says, mend }) => ({
        key: `${site} ${page} ${reason} ${kind} ${name} ${value}`,
        thing: kind === null ? reason : `${kind} ${name}${value === null ? '' : `: ${value}`}`,
        of: `${page ? 'pages' : 'other answers'} of ${site}`,
        ...{ times, share, mend: mend ?? says },
      })),
    )
    .sort((a, b) => b.times - a.times)
    .slice(0, SHOWN)
}

export class Blockers {
  #table = new Table('blockers', [
    ['Behind it', 'name'],
    ['Of', ''],
    ['Answers', 'amount'],
    ['Share', 'amount bar'],
    ['What mends it', 'long'],
  ])

  show({ groups }) {
    const rows = blockersOf(groups)
    const [answers, blocked] = ['answers', 'blocked'].map(name => groups.reduce((sum, each) => sum + each[name], 0))
    const line = document.getElementById('blockers-help')
    const said =
      answers === 0
        ? 'No answer of the origin was looked at yet.'
        : `${percent(blocked / answers)} of ${count(answers)} answers that the origin gave to GETs were not stored.`
    if (line.textContent !== said) line.textContent = said
    this.#table.show(
      rows.map(({ key, thing, of, times, share, mend }) => [
        key,
        [thing, of, count(times), percent(share), mend],
        row => row.cells[3].style.setProperty('--share', share),
      ]),
    )
  }
}
