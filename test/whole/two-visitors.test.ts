// Nobody ever receives a byte that belongs to another (DESIGN.md, invariant 1): random origins behind random rules in every
// mode, two visitors with secrets and others without, through the whole program over real sockets. Each run has a new seed,
// which is printed with whatever it finds; TWO_VISITORS_CASES plays more.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as fc from 'fast-check'
import { MODES } from '../../src/config/modes.ts'
import type { ConfigInput } from '../../src/config/types.ts'
import { freshSeed } from '../../src/base/random.ts'
import { Shield } from '../fixtures/shield.ts'
import { RandomOrigin, randomPage } from './fixtures/random-origin.ts'
import { Connections, randomVisits, visit } from './fixtures/random-visitors.ts'

const CASES = Number(process.env['TWO_VISITORS_CASES'] ?? 10_000)
/** Cases under way at one time. */
const LINES = 32
const SITES = 24

type Rule =
  NonNullable<Extract<NonNullable<ConfigInput['sites']>, unknown[]>[number]['rules']> extends infer R | infer _S
    ? Extract<R, unknown[]>[number]
    : never

/** What an operator may write who is right about the site: cookies that make no difference are `_ga`, or all are dropped. */
const cacheRule = fc.record(
  {
    lifetime: fc.constantFrom('0s', '1s', '1 min'),
    lifetimeFloor: fc.constantFrom('1s', '1 min'),
    staleWhileRevalidate: fc.constant('1 min'),
    staleIfError: fc.constant('1 min'),
    browserLifetime: fc.constant('10s'),
    cdnLifetime: fc.constant('10s'),
    ignoresReload: fc.boolean(),
    ignoredCookies: fc.constantFrom(['_ga*'], ['_ga*'], ['*']),
    keyedCookies: fc.constantFrom(['lang'], ['lang', 'sid']),
    sessionCookies: fc.constant(['sid']),
    keyedHeaders: fc.constantFrom(['X-Country'], ['X-User'], ['X-Original-URL']),
    keptQuery: fc.constantFrom([], ['a']),
  },
  { requiredKeys: [] },
)
const matchers = fc.constantFrom<object>(
  ...[{}, {}, { path: '/*/page' }, { path: '/**/*.css' }, { path: '/**/*.css', method: 'GET' }],
)
const late = fc.record(
  {
    match: fc.constantFrom({ contentType: 'text/html' }, { status: '4xx' }, { status: ['200', '5xx'] }),
    cache: fc.record({ lifetime: fc.constant('1 min'), lifetimeFloor: fc.constant('1 min') }, { requiredKeys: [] }),
  },
  { requiredKeys: ['match', 'cache'] },
)
const byFields = fc.constantFrom<object>(
  { match: { header: { beta: true } }, cache: { lifetime: '1 min' } },
  { match: { cookie: { sid: true } }, cache: { bypass: true } },
  { match: { cookie: { lang: true } }, requestHeaders: { set: { 'X-Lang': 'yes' } } },
)
/** In a spike also what the origin calls private, or says nothing of, is stored: as nobody in particular gets it. */
const spikeRule = fc.record(
  {
    anonymous: fc.boolean(),
    for: fc.constantFrom('1s', '1 min'),
    seenBy: fc.constantFrom('strangers', 'everyone'),
    proof: fc.boolean(),
  },
  { requiredKeys: [] },
)
const randomSite = fc.record({
  mode: fc.constantFrom(...MODES),
  rules: fc.tuple(
    fc.record({ match: matchers, cache: cacheRule, spike: fc.record({ cache: spikeRule }) }),
    fc.record({ match: matchers, cache: cacheRule }),
    late,
    byFields,
  ),
})

/** One site that is sure to make copies, with holes in their forms. */
const COPYING = {
  mode: 'spike',
  rules: [{ match: {}, cache: {}, spike: { cache: { anonymous: true, for: '1 min', proof: true } } }],
} as const

const seed = Number(process.env['TWO_VISITORS_SEED'] ?? freshSeed())
const origin = new RandomOrigin()
const connections = new Connections()
let shield: Shield
let cases = 0
/** Sites with a rule that takes copies without a proof: who writes that says that the pages are the same for all. */
const TRUSTING = new Set<number>()

before(async () => {
  const url = await origin.listen()
  const drawn = [COPYING, ...fc.sample(randomSite, { seed, numRuns: SITES - 1 })]
  for (const [i, { rules }] of drawn.entries()) if (rules[0].spike.cache.proof === false) TRUSTING.add(i)
  const sites = drawn.map((site, i) => ({
    ...{ name: `site-${i}`, hosts: [hostOf(i)], origins: [url], mode: site.mode },
    rules: [...site.rules] as Rule[],
    origin: { concurrency: 64 },
  }))
  shield = await Shield.start({ config: { sites } })
})
after(async () => {
  connections.close()
  await shield[Symbol.asyncDispose]()
  await origin.stop()
})

const hostOf = (site: number): string => `site-${site}.example`

test(`${CASES} random cases: nobody receives a byte that is marked as another's`, { timeout: 600_000 }, async t => {
  t.diagnostic(`seed ${seed}`)
  const leaks = fc.asyncProperty(randomPage, fc.nat(SITES - 1), randomVisits, async (page, site, { groups, share }) => {
    const name = `c${cases++}`
    origin.put(name, page)
    let nth = 0
    const given = new Map<string, string>()
    for (const group of groups) {
      const found = await Promise.all(
        group.map(each => {
          const agent = connections.of(each.visitor, share)
          const trusts = TRUSTING.has(site)
          return visit({ port: shield.port, host: hostOf(site), name, nth: `r${nth++}`, agent, trusts, given }, each)
        }),
      )
      for (const leak of found) assert.equal(leak, undefined)
    }
    origin.forget(name)
  })
  await Promise.all(
    Array.from({ length: LINES }, (_, line) =>
      fc.assert(leaks, { seed: seed + line, numRuns: Math.ceil(CASES / LINES) }),
    ),
  )
  const { counters } = await shield.stats()
  const total = (name: string): number => (counters as unknown as Record<string, { total: number }>)[name]!.total
  t.diagnostic(
    ['hit', 'stale', 'validated', 'collapsed', 'miss', 'pass'].map(name => `${name} ${total(name)}`).join(', '),
  )
  t.diagnostic(`forms sent with a token ${origin.forms.sent}, of them filled on their way ${origin.forms.filled}`)
  if (CASES >= 10_000) assert.ok(origin.forms.filled > 0, 'some forms were sent from copies')
  assert.ok(total('hit') + total('stale') + total('collapsed') > CASES / 4, 'much of it was answered from the store')
})
