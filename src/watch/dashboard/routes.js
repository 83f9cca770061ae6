// The routes by what they cost the origin: the slow query of the site is at the top, with a bar for its share.
import { bytes, count, milliseconds, percent } from './format.js'
import { Table, amounts } from './tables.js'

const SHOWN = 10
const STORED = ['hit', 'stale', 'collapsed']

export class Routes {
  #table = new Table('routes', ['name', ...amounts(6)])

  show({ seconds, routes }) {
    const all = routes.reduce((sum, { originMs }) => sum + originMs, 0)
    const line = document.getElementById('routes-help')
    const said = `Of the last ${Math.max(1, Math.round(seconds / 60))} min; the one that cost the origin most time first.`
    if (line.textContent !== said) line.textContent = said
    this.#table.show(
      routes
        .slice(0, SHOWN)
        .map(row => [
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
          line => (line.title = row.site),
        ]),
    )
  }
}
