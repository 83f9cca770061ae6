// The storm `launch`: a phone can be pre-ordered from a stated minute on. 2 million visitors that day against 2,000 to 3,000,
// of whom 45,000 come within the first three minutes; every one of them is logged in as a guest, with rows in the database.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Journey, Step } from '../../rehearse/journey/journey.ts'
import type { LoadOptions } from '../../rehearse/options.ts'
import type { Books, Storm } from './storms.ts'

/** Visitors a second: 45,000 in 180 s. */
const VISITORS = 250
const STORY_SECONDS = 180
/** Who orders at once. The story does not say; one in twenty is what a shop hopes for. */
const BUYERS = 0.05

const ANY = { expect: { text: [], without: [] }, extract: [] }
const get = (path: string): Step => ({ kind: 'get', path, ...ANY })
const ORDER: Step[] = [
  { kind: 'think', from: 1000, to: 4000 },
  { kind: 'submit', form: 'preorder', fields: { name: 'Ada', email: '{visitor}@mail.example' }, ...ANY },
]
const JOURNEY: Journey = {
  name: 'pre-order',
  weight: 1,
  steps: [get('/style.css'), get('/phone.svg'), get('/phone'), { kind: 'branch', arms: [{ share: BUYERS, steps: ORDER }] }], // prettier-ignore
}

function launchCrowd(target: string, seconds: number, seed: number, scale: number): LoadOptions {
  return {
    target,
    journeys: [JOURNEY],
    // All new: the share of those who were here before is one in a thousand.
    shape: { kind: 'step', rates: [1, VISITORS * scale], every: seconds / 10 },
    seconds,
    seed,
    newVisitors: 1,
    reloadAfter: 5,
    maxConnections: 12_000,
  }
}

/** How the shop was scaled to its disk, pre-orders in its database, and those that stand there more than once. */
function launchBooks(folder: string): Books {
  using database = new DatabaseSync(join(folder, 'shop.db'), { readOnly: true })
  const count = (sql: string): number => Number(database.prepare(`SELECT count(*) AS n FROM (${sql})`).get()?.['n'])
  const machine = database.prepare('SELECT commits_a_second AS commits, rows_at_login AS rows FROM machine').get()
  return {
    'commits a second that the disk makes': Number(machine?.['commits']),
    'rows at each login (scaled to 30 logins a second)': Number(machine?.['rows']),
    'guests logged in': count('SELECT id FROM session'),
    "pre-orders in the shop's database": count('SELECT id FROM preorder'),
    'of these with a receipt of the shield': count('SELECT id FROM preorder WHERE receipt IS NOT NULL'),
    'pre-orders that stand there twice': count('SELECT email FROM preorder GROUP BY email HAVING count(*) > 1'),
  }
}

export const launch: Storm = {
  name: 'launch',
  title: 'A phone pre-order',
  story: { rate: '40,000 to 50,000 visitors at once', outcome: 'down; rows written at login', duration: '3 minutes' },
  fullScale: false,
  storySeconds: STORY_SECONDS,
  seconds: 40,
  crowd: launchCrowd,
  // One front for all, and forms to collect what they want; the shop reads it at its own pace.
  shield: {
    mode: 'spike',
    origin: { concurrency: 4 },
    rules: [
      { match: { path: '/phone' }, spike: { cache: { anonymous: true, for: '1 min', seenBy: 'everyone' } } },
      {
        name: 'preorder',
        match: { method: 'POST', path: '/preorder' },
        collect: {
          when: ['spike'],
          fields: { email: { type: 'email', required: true }, name: { required: true, maxLength: 80 } },
          delivered: { status: [303], location: '/thanks' },
          duplicates: true,
        },
      },
    ],
  },
  books: launchBooks,
}
