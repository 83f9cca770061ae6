// What the dashboard's tables make of what it is told: commands in words, what blocks most first, idle rules kept, the machine.

import assert from 'node:assert/strict'
import { test } from 'node:test'

// Plain modules of the page, which have no types.
const folder = new URL('../../src/watch/dashboard/', import.meta.url)
const load = (name: string) =>
  import(new URL(`${name}.js`, folder).href) as Promise<Record<string, (...given: unknown[]) => unknown>>
const { wordsOf, decisionsOf } = await load('decisions')
const { blockersOf } = await load('blockers')
const { proofsOf } = await load('proofs')
const { rulesOf } = await load('rules')
const { machineFacts } = await load('machine')
const { downstreamLines } = await load('routes')
const { nextOf, comingVerdict } = await load('coming')

test('commands are told in words, and as they were sent where there are none', () => {
  const words = (path: string, asked: object) => wordsOf!({ what: `POST ${path}`, path, asked })
  assert.equal(words('/api/mode', { site: 'shop', mode: 'frozen', for: '2h' }), 'shop into frozen mode for 2h')
  assert.equal(words('/api/purge', { urls: ['https://a/b'] }), 'Purge of https://a/b')
  assert.equal(words('/api/purge', { site: null }), 'Purge of all that is stored')
  assert.equal(words('/api/waiting-rooms', { site: 'shop', room: 'sale', rate: '60/min' }), 'Waiting room shop sale: let in 60/min') // prettier-ignore
  assert.equal(words('/api/journal', { do: 'pause' }), 'Collected forms: pause')
  assert.equal(words('/api/unheard', {}), 'POST /api/unheard')
  // One that an earlier version kept has no path.
  assert.equal(wordsOf!({ what: 'POST /api/mode {}' }), 'POST /api/mode {}')
})

test('decisions of people and of the shield stand in one line of time, the newest first', () => {
  const acts = [{ at: 5000, what: 'POST /api/reload', path: '/api/reload', asked: {}, from: '10.0.0.9', status: 422 }]
  const alerts = [{ name: 'loss', text: 'much is lost', since: 1000, until: 9000 }]
  assert.deepEqual(decisionsOf!(acts, alerts), [
    [9000, 'over', 'loss'],
    [5000, 'refused', 'Reload of the config (from 10.0.0.9)'],
    [1000, 'alert', 'loss: much is lost'],
  ])
})

test('what blocks most comes first, whichever site and kind it is of, with what mends it', () => {
  const blocker = { reason: 'set-cookie', value: null, says: 'It sets a cookie.', share: 0.5, example: '/' }
  const groups = [
    { site: 'shop', page: true, answers: 10, blocked: 5, blockers: [{ ...blocker, kind: 'cookie', name: 'sid', count: 5, mend: 'Ignore it.' }] },
    { site: 'shop', page: false, answers: 90, blocked: 60, blockers: [{ ...blocker, kind: null, name: null, count: 60, mend: null }] },
  ] // prettier-ignore
  const rows = blockersOf!(groups) as { thing: string; of: string; times: number; mend: string }[]
  assert.deepEqual(
    rows.map(({ thing, of, times, mend }) => [thing, of, times, mend]),
    [
      ['set-cookie', 'other answers of shop', 60, 'It sets a cookie.'],
      ['cookie sid', 'pages of shop', 5, 'Ignore it.'],
    ],
  )
})

test('a rule that matched nothing stays in the table, last', () => {
  const names = (rulesOf!([{ rule: 'old', requests: 0 }, { rule: 'news', requests: 9 }]) as { rule: string }[]).map(({ rule }) => rule) // prettier-ignore
  assert.deepEqual(names, ['news', 'old'])
})

test('of the machine only what is known is told', () => {
  const unknown = { cpu: null, memory: null, disk: null, files: null, sockets: null, acceptQueue: null, acceptBound: null, listenDrops: null } // prettier-ignore
  const process = { line: null, delays: { core: 3, watch: 8 }, edges: [{ loopDelayMs: 21 }] }
  assert.deepEqual(machineFacts!({ host: unknown, ...process }), [['Event loops, worst', '21 ms']])
  const known = { ...unknown, files: { open: 80, most: 20_000 }, cpu: 0.42 }
  assert.deepEqual(machineFacts!({ host: known, ...process }), [
    ['CPU', '42%'],
    ['Open files', '80 of 20,000'],
    ['Event loops, worst', '21 ms'],
  ])
})

test('databases are told with calls a request, the query that took most, and why one is not read', () => {
  const base = { source: 'postgres://db/shop', of: 'queries', queries: [], error: null }
  assert.deepEqual(
    downstreamLines!([
      { ...base, perSecond: null, perRequest: null },
      { ...base, perSecond: 400, perRequest: 40, queries: [{ query: 'SELECT 1', calls: 9, meanMs: 20 }] },
      { ...base, error: 'connection refused' },
    ]),
    [
      'postgres://db/shop is being asked for the first time.',
      'postgres://db/shop: 40 queries a request, 400 queries a second. Most time went into: SELECT 1 (9 times, 20 ms each).',
      'postgres://db/shop is not read: connection refused',
    ],
  )
})

const event = (name: string, state: string, at: number, steps: object[] = []) => ({ name, state, start: { at }, end: { at: at + 1000 }, steps }) // prettier-ignore

test('what is coming is the event that is on, or the next; a step that is not done is said first', () => {
  const events = [event('later', 'planned', 9e9), event('next', 'planned', 8e9), event('gone', 'over', 1)]
  assert.equal((nextOf!(events) as { name: string }).name, 'next')
  assert.equal((nextOf!([...events, event('now', 'on', 5)]) as { name: string }).name, 'now')
  assert.deepEqual(comingVerdict!([], [], 0), { level: 'quiet', text: 'Nothing is planned.' })
  assert.deepEqual(comingVerdict!(events, [], 0), { level: 'good', text: 'next is next.' })
  const broken = event('next', 'planned', 8e9, [{ error: 'exit code 1', state: 'trying' }, { error: null, state: 'done' }]) // prettier-ignore
  assert.deepEqual(comingVerdict!([broken], [], 0), { level: 'bad', text: 'next: 1 of 2 steps are not done.' })
  assert.equal((comingVerdict!(events, [{}], 0) as { level: string }).level, 'bad')
})

test('proofs of copies are told with what differs, and what one who is logged in sees otherwise', () => {
  const page = { at: 0, site: 'main', host: 'www.example.org', why: null, holes: [], differences: [], member: null }
  const differs = [{ one: 'stranger', other: 'Anna', after: 'Hello ' }]
  const rows = proofsOf!([
    { ...page, target: '/', verdict: 'refused', why: 'two fetches differ', differences: differs },
    { ...page, target: '/a', verdict: 'refused', why: 'the first answer is 200, the second 404' },
    {
      ...page,
      target: '/b',
      verdict: 'armed with holes',
      holes: ['token'],
      member: { status: 200, differences: differs },
    },
    { ...page, target: '/c', verdict: 'armed', member: { status: 200, differences: [] } },
  ]) as string[][]
  assert.deepEqual(
    rows.map(([, , ...told]) => told),
    [
      ['refused', 'stranger / Anna', ''],
      ['refused', 'the first answer is 200, the second 404', ''],
      ['armed with holes', 'tokens: token', 'stranger / Anna'],
      ['armed', '', 'the same page'],
    ],
  )
})
