// What each rule did with the requests that it matched over the last minutes: how many, what became of them, what they cost the origin.
import { count, milliseconds, percent } from './format.js'
import { Table, amounts } from './tables.js'

const SHOWN = 20
const STORED = ['hit', 'stale', 'collapsed', 'validated']
const TURNED_AWAY = ['shed', 'limited', 'refused', 'waitingRoom']

const sumOf = (outcomes, names) => names.reduce((sum, name) => sum + (outcomes[name] ?? 0), 0)

/** Those that matched most first; a rule that matched nothing is worth a look too, so it stays. */
export const rulesOf = rules => rules.toSorted((a, b) => b.requests - a.requests).slice(0, SHOWN)

export class Rules {
  #table = new Table('rules', [
    ['Rule', 'name'],
    ...amounts('Requests', 'Stored', 'Collected', 'Turned away', 'Origin time'),
  ])

  show({ rules }) {
    document.getElementById('rules-part').hidden = rules.length === 0
    const isOne = new Set(rules.map(({ site }) => site)).size === 1
    this.#table.show(
      rulesOf(rules).map(({ site, rule, requests, outcomes, originMs }) => [
        `${site} ${rule}`,
        [
          isOne ? rule : `${site} ${rule}`,
          count(requests),
          percent(requests > 0 ? sumOf(outcomes, STORED) / requests : null),
          count(outcomes.collected ?? 0),
          count(sumOf(outcomes, TURNED_AWAY)),
          milliseconds(originMs),
        ],
        row => (row.className = requests === 0 ? 'idle' : ''),
      ]),
    )
  }
}
