// The storm `tickets`: a sale that opens at a fixed second. Days of calm, then everyone at once, to a site on which a
// leftover feature asks a slow query for every visitor.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Journey, Step } from '../../rehearse/journey/journey.ts'
import type { LoadOptions } from '../../rehearse/options.ts'
import type { Books, Storm } from './storms.ts'

/** Visitors a second before, and all who come at the instant. The story names no number; there are 200 seats. */
const CALM = 2
const PEOPLE = 3000

const ANY = { expect: { text: [], without: [] }, extract: [] }
const get = (path: string): Step => ({ kind: 'get', path, ...ANY })
const JOURNEY: Journey = {
  name: 'buy a ticket',
  weight: 1,
  steps: [
    get('/'),
    get('/buy'),
    { kind: 'think', from: 1000, to: 3000 },
    { kind: 'submit', form: 'buy', fields: { name: '{visitor}' }, ...ANY },
  ],
}

function ticketsCrowd(target: string, seconds: number, seed: number, scale: number): LoadOptions {
  return {
    target,
    journeys: [JOURNEY],
    shape: { kind: 'spike', base: CALM * scale, people: PEOPLE * scale, at: seconds / 8, within: 1 },
    seconds,
    seed,
    newVisitors: 1,
    reloadAfter: 5,
    maxConnections: 8000,
  }
}

function ticketsBooks(folder: string): Books {
  using database = new DatabaseSync(join(folder, 'tickets.db'), { readOnly: true })
  const count = (sql: string): number => Number(database.prepare(`SELECT count(*) AS n FROM (${sql})`).get()?.['n'])
  return {
    'seats sold, of 200': count('SELECT DISTINCT seat FROM sale'),
    'seats sold twice': count('SELECT seat FROM sale GROUP BY seat HAVING count(*) > 1'),
  }
}

export const tickets: Storm = {
  name: 'tickets',
  title: 'Tickets on sale at a fixed second',
  story: { rate: 'days of calm, then everyone at once', outcome: 'down; a slow query', duration: 'minutes' },
  fullScale: false,
  storySeconds: 600,
  seconds: 60,
  crowd: ticketsCrowd,
  // The concert's page is the same for all; whoever wants to buy waits their turn.
  shield: {
    mode: 'spike',
    origin: { concurrency: 4 },
    waitingRoom: { name: 'sale', sessions: 60, idle: '10s' },
    rules: [
      { match: { path: '/' }, spike: { cache: { anonymous: true, for: '5s', seenBy: 'everyone' } } },
      { match: { path: '/buy' }, waitingRoom: 'sale' },
    ],
  },
  books: ticketsBooks,
}
