// Another client's site on the same machine: a bakery's price list, read from the database for each visitor, under 1 ms.
import type { IncomingMessage } from 'node:http'
import type { DatabaseSync } from 'node:sqlite'
import { type Answer, HTML, NOT_FOUND } from './pages.ts'

export function bakery(database: DatabaseSync, { url }: IncomingMessage): Answer {
  if (url !== '/') return NOT_FOUND
  const cakes = database.prepare('SELECT name, price FROM cake ORDER BY name').all()
  const rows = cakes.map(({ name, price }) => `<li>${String(name)}: ${(Number(price) / 100).toFixed(2)}</li>`).join('')
  return { status: 200, headers: HTML, body: `<!doctype html><title>Bakery</title><h1>Today</h1><ul>${rows}</ul>` }
}
