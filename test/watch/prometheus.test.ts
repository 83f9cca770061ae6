// Prometheus' own tool finds no fault with what /metrics shows and with the rules in deploy/, and every metric that rules and
// the Grafana dashboard ask for is there.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { Shield } from '../fixtures/shield.ts'
import { Origin } from '../fixtures/origin.ts'
import { ask } from '../fixtures/visitor.ts'
import { read } from '../tidy/tree.ts'

const rules = 'deploy/prometheus/breakwater.rules.yaml'
const root = fileURLToPath(new URL('../../', import.meta.url))
const hasTool = spawnSync('promtool', ['--version']).error === undefined
const WITHOUT = "promtool is not installed (Debian's package prometheus)"

const promtool = (args: string[], input = ''): { status: number | null; said: string } => {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: root, input, encoding: 'utf8' })
  return { status, said: `${stdout}${stderr}` }
}

const named = (text: string): string[] => [
  ...new Set([...text.matchAll(/\b(breakwater_[a-z0-9_]+)/g)].map(([, name]) => name!)),
]

test(
  '/metrics is as Prometheus wants it, and has what rules and dashboard ask for',
  { timeout: 60_000 },
  async context => {
    await using origin = await Origin.start({ '/page': { fields: { 'cache-control': 'max-age=60' }, body: 'a page' } })
    const rule = { name: 'forms', match: { path: '/form', method: 'POST' }, collect: { when: 'always' as const } }
    const site = { origins: [origin.url], rules: [rule] }
    await using shield = await Shield.start({ config: { limits: { line: '1 Gbit/s' }, sites: [site] } })
    for (let i = 0; i < 3; i++) await ask(shield.port, '/page')
    const shown = await (await shield.admit('/metrics')).text()
    // Some are there only once there is something to tell, as of a database; the reference is made from the same code.
    const known = new Set(named(`${shown}${read('docs/reference/counters.md')}`))
    const asked = named(`${read(rules)}${read('deploy/grafana/breakwater.json')}`)
    assert.ok(asked.length > 10)
    assert.deepEqual(
      asked.filter(name => !known.has(name)),
      [],
    )
    if (!hasTool) return context.diagnostic(WITHOUT)
    const { status, said } = promtool(['check', 'metrics'], shown)
    assert.deepEqual({ status, said }, { status: 0, said: '' })
  },
)

test('the rules are right', context => {
  if (!hasTool) return context.skip(WITHOUT)
  const { status, said } = promtool(['check', 'rules', rules])
  assert.equal(status, 0, said)
})
