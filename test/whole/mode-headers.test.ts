// Fields that a rule sets and removes by mode: one rule for two sites, of which one is in its biggest hour, and for one that goes
// into it while it runs.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Child } from '../cli/fixtures/child.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { HOST, ask } from '../fixtures/visitor.ts'

const SPIKE = 'spike.example.org'

test(
  'fields are set and removed as the mode says, from the store and from the origin',
  { timeout: 60_000 },
  async () => {
    await using origin = await Origin.start({
      '*': { fields: { 'cache-control': 'max-age=60', 'x-made-by': 'php', 'x-time': '5' }, body: 'page' },
    })
    const rules = [
      {
        requestHeaders: { set: { 'X-Light': { spike: 'yes' } }, remove: { spike: ['X-Session-Hint'] } },
        responseHeaders: {
          set: { 'X-Hour': { normal: 'calm', spike: 'busy' }, 'X-Always': 'here' },
          remove: { normal: ['X-Time'], spike: ['X-Made-By', 'X-Time'] },
        },
      },
    ]
    const sites = [
      { name: 'main', hosts: [HOST], origins: [origin.url], rules },
      { name: 'spike', hosts: [SPIKE], origins: [origin.url], mode: 'spike' as const, rules },
    ]
    await using shield = await Shield.start({ config: { sites } })
    const seen = async (host: string, path: string) => {
      const { fields } = await ask(shield.port, path, { fields: { host, 'x-session-hint': '1' } })
      return ['x-hour', 'x-always', 'x-made-by', 'x-time'].map(name => fields[name])
    }
    const toldTo = (path: string) => origin.of(path).map(({ fields }) => [fields['x-light'], fields['x-session-hint']])
    for (let time = 0; time < 3; time++) {
      assert.deepEqual(await seen(HOST, '/a'), ['calm', 'here', 'php', undefined])
      assert.deepEqual(await seen(SPIKE, '/b'), ['busy', 'here', undefined, undefined])
    }
    assert.deepEqual(toldTo('/a'), [[undefined, '1']])
    assert.deepEqual(toldTo('/b'), [['yes', undefined]])
    const child = Child.breakwater(['mode', 'spike', '--site', 'main', '--data', shield.data], shield.folder)
    assert.equal(await child.ended, 0, child.stderr)
    assert.deepEqual(await seen(HOST, '/a'), ['busy', 'here', undefined, undefined])
    await seen(HOST, '/c')
    assert.deepEqual(toldTo('/c'), [['yes', undefined]])
  },
)
