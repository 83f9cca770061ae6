// The routes by what they cost the origin: the slow query of the site is at the top, with a bar for its share.
import { bytes, count, milliseconds, percent } from './format.js'
import { Table, amounts } from './tables.js'

const SHOWN = 10
const STORED = ['hit', 'stale', 'collapsed']

/** How often a request asks the databases behind the origin, a sentence each, with the query that took most. */
export const downstreamLines = downstream =>
  downstream.map(({ source, of, perRequest, perSecond, queries, error }) => {
    if (error !== null) return `${source} is not read: ${error}`
    if (perSecond === null) return `${source} is being asked for the first time.`
    const each = perRequest === null ? '' : `${count(perRequest)} ${of} a request, `
    const [worst] = queries
    const slow =
      worst === undefined
        ? ''
        : ` Most time went into: ${worst.query} (${count(worst.calls)} times, ${milliseconds(worst.meanMs)} each).`
    return `${source}: ${each}${count(perSecond)} ${of} a second.${slow}`
  })

export class Routes {
  #table = new Table('routes', [
    ['Route', 'name'],
    ['Origin time', 'amount'],
    ['Share', 'amount bar'],
    ...amounts('Each', 'Requests', 'Stored', 'Sent'),
  ])

  show({ seconds, routes, downstream }) {
    const all = routes.reduce((sum, { originMs }) => sum + originMs, 0)
    const line = document.getElementById('routes-help')
    const said = `Of the last ${Math.max(1, Math.round(seconds / 60))} min; the one that cost the origin most time first.`
    if (line.textContent !== said) line.textContent = said
    const list = document.getElementById('downstream')
    const lines = downstreamLines(downstream)
    while (list.children.length > lines.length) list.lastElementChild.remove()
    for (const [i, text] of lines.entries()) {
      const item = list.children[i] ?? list.appendChild(document.createElement('li'))
      if (item.textContent !== text) item.textContent = text
    }
    this.#table.show(
      routes.slice(0, SHOWN).map(row => [
        `${row.site} ${row.method} ${row.route}`,
        [
          `${row.method} ${row.route}`,
          milliseconds(row.originMs),
          percent(all > 0 ? row.originMs / all : null),
          milliseconds(row.originRequests > 0 ? row.originMs / row.originRequests : null),
          count(row.requests),
          percent(
            row.requests > 0 ? STORED.reduce((sum, name) => sum + (row.outcomes[name] ?? 0), 0) / row.requests : null,
          ),
          bytes(row.bytes),
        ],
        line => {
          line.title = row.site
          line.cells[2].style.setProperty('--share', all > 0 ? row.originMs / all : 0)
        },
      ]),
    )
  }
}
