// The house's plan: which part of src may import which. A part is a folder of src or a file at its top. It imports only
// what its row names; a name in brackets stands for types alone, which leave no trace when the program runs.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { below, importsOf, tracked } from './tree.ts'
import type { Import } from './tree.ts'

const plan: Record<string, string> = {
  // Words and tools. They know nothing of threads, sites or visitors.
  base: '',
  http: '',
  'reasons.ts': '',
  html: '',
  charts: '',
  config: 'base html http',

  // What the threads share: messages, the board, the store.
  threads: 'base config (reasons.ts)',
  board: 'base config (exchange.ts) (threads)',
  store: 'board (http)',

  mail: '(config)',

  // The static copies of sites on disk, for those who take, choose and serve them.
  snapshot: 'base (http) (threads)',

  // What visitors carry in a waiting room, for those who give it out, check it and draw lots.
  waiting: '',

  // What the rooms share.
  'exchange.ts': '(board) (config) (http) (reasons.ts)',
  'refusal.ts': 'http reasons.ts (exchange.ts)',
  spool: '(exchange.ts)',
  large: 'store (exchange.ts)',

  // The rooms, in the order of the line. None of them imports another.
  listener: 'base board http store reasons.ts refusal.ts (config) (exchange.ts) (threads)',
  site: 'http refusal.ts (config) (exchange.ts)',
  client: 'board http exchange.ts refusal.ts (base) (config) (reasons.ts)',
  cache: 'html http large store exchange.ts refusal.ts (base) (config) (reasons.ts) (snapshot)',
  admission: 'board http spool waiting exchange.ts reasons.ts refusal.ts (base) (config) (threads)',
  collect: 'base http spool threads exchange.ts reasons.ts refusal.ts (config)',
  origin: 'base board http spool refusal.ts (config) (exchange.ts) (reasons.ts) (threads)',

  // It attacks from outside, so it must not share a mistake with what it attacks. Of the config it has the reading of
  // files alone: journeys are files with errors like the config's.
  rehearse: 'base http html config',

  // The threads. No thread imports another; they speak by messages and by shared memory.
  edge: 'base board config http large snapshot spool store threads waiting exchange.ts refusal.ts (reasons.ts) listener site client cache admission collect origin',
  cluster: 'base threads (config)',
  core: 'base board cluster config http store threads waiting (reasons.ts)',
  journal: 'base board config store threads (reasons.ts)',
  forms: 'base board cluster config mail threads (reasons.ts)',
  plan: 'base config',
  acme: 'base config threads',
  watch: 'acme base board cache charts config http mail plan reasons.ts rehearse site snapshot store threads',

  // It looks at a site from outside, and judges what it sees with the cache's own policy.
  audit: 'cache charts config http html reasons.ts',

  // It tries one request on the rooms' decisions and on the real origin.
  explain:
    'base board cache client config exchange.ts http html large listener origin site snapshot spool store reasons.ts',

  // It walks a site and takes the snapshot of it.
  freeze: 'audit base html http snapshot',

  // The process, and the person at its terminal.
  supervisor: 'base board config snapshot store threads',
  cli: '(acme) audit base board charts config explain freeze html http plan rehearse site snapshot supervisor waiting watch threads',
}

const rooms = new Set(['listener', 'site', 'client', 'cache', 'admission', 'collect', 'origin'])

/** Packages, each with the only part that may know it. */
const packages: Record<string, string> = {
  '@fastify/busboy': 'collect',
  'acme-client': 'acme',
  commander: 'cli',
  htmlparser2: 'html',
  iovalkey: 'cluster',
  nodemailer: 'mail',
  'mysql2/promise': 'rehearse',
  pg: 'rehearse',
  picocolors: 'cli',
  'playwright-core': 'rehearse',
  'temporal-polyfill': 'base',
  yaml: 'config',
}

const files = below('src')
const imports = files.flatMap(file => importsOf(file))
const partOf = (path: string): string => path.split('/')[1]!
const crossing = imports.filter(({ from, to }) => to.startsWith('src/') && partOf(to) !== partOf(from))
const isAllowed = ({ from, to, typesOnly }: Import): boolean => {
  const allowed = (plan[partOf(from)] ?? '').split(' ')
  return allowed.includes(partOf(to)) || (typesOnly && allowed.includes(`(${partOf(to)})`))
}
const shown = ({ from, to }: Import): string => `${from} imports ${to}`

test('every shape of import is seen', () => {
  const source = [
    "import a from './a.ts'\nimport {\n  b,\n  c,\n} from './b.ts'\nimport type { D } from '../d.ts'",
    "export * from './e.ts'\nexport type { F } from './f.ts'\nimport './g.ts'\nconst h = await import('./h.ts')",
    "import i from 'i'\nimport { j } from 'node:j'\n// taken from './k.ts'\n",
  ].join('\n')
  const seen = importsOf('src/here/file.ts', source).map(({ to, typesOnly }) => (typesOnly ? `(${to})` : to))
  const here = ['a.ts', 'b.ts', 'e.ts', 'g.ts', 'h.ts'].map(name => `src/here/${name}`)
  assert.deepEqual(seen.sort(), ['(src/d.ts)', '(src/here/f.ts)', 'i', 'node:j', ...here].sort())
})

test('every part of src is in the plan', () => {
  assert.deepEqual(
    [...new Set(files.map(partOf))].filter(part => !Object.hasOwn(plan, part)),
    [],
  )
})

test('a part imports only what the plan allows it', () => {
  assert.deepEqual(crossing.filter(each => !isAllowed(each)).map(shown), [])
})

test('the plan stands on its feet: what runs of a part needs only parts above it', () => {
  const order = Object.keys(plan)
  for (const [part, allowed] of Object.entries(plan)) {
    const needed = allowed.split(' ').filter(name => name !== '' && !name.startsWith('('))
    for (const name of needed)
      assert.ok(order.indexOf(name) < order.indexOf(part) && order.includes(name), `${part} needs ${name}`)
  }
})

test('no room imports another, be it for a type', () => {
  const between = crossing.filter(({ from, to }) => rooms.has(partOf(from)) && rooms.has(partOf(to)))
  assert.deepEqual(between.map(shown), [])
})

test('each package is known to one part only', () => {
  const outside = imports.filter(
    ({ to }) => !to.startsWith('src/') && !to.startsWith('node:') && !/^(scenarios|package\.json)/.test(to),
  )
  const wrong = outside.filter(({ from, to }) => packages[to] !== partOf(from))
  assert.deepEqual(wrong.map(shown), [])
})

test('the scenarios, which are attacked, and the bench share nothing with the shield', () => {
  const borrowed = tracked
    .filter(path => /^(scenarios|bench)\/.*\.ts$/.test(path))
    .flatMap(path => importsOf(path))
    .filter(({ to }) => to.startsWith('src/'))
  assert.deepEqual(borrowed.map(shown), [])
})
