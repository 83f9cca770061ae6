// A forecast from the command line: by an event's name, with the paths of live traffic, and stale as soon as the config, the version that
// the site names, or what a command prints is another one than at the rehearsal.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fingerprintOf } from '../../src/rehearse/kept/fingerprint.ts'
import { keepRun } from '../../src/rehearse/kept/kept.ts'
import type { Forecast } from '../../src/plan/forecast.ts'
import { Child } from '../cli/fixtures/child.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'

/** What a search for the wall has found: 100 a second. */
const wall = {
  ...{ valid: true, faults: [], target: '', slo: { p95Ms: 500, errorShare: 0.01 }, process: 'poisson', seed: 1 },
  wall: {
    ratePerSecond: 100,
    interval: [95, 105] as [number, number],
    heldSeconds: 60,
    visitors: 1000,
    thinkSeconds: 10,
  },
  ...{ noWallUpTo: null, knee: null, beyond: null, recoverySeconds: null, usl: null, culprit: null, alsoFull: [] },
  ...{ limitedBy: null, slowestRoutes: [], slowestQueries: [], levels: [], notes: [] },
}

test(
  'a forecast by name has the paths of live traffic, and is stale when config, version or flags change',
  { timeout: 240_000 },
  async t => {
    let version = '1'
    await using origin = await Origin.start({ '*': () => ({ body: 'page', fields: { 'x-build': version } }) })
    await using shield = await Shield.start({ origins: [origin.url] })
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-forecast-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const [config, flags] = [join(folder, 'breakwater.yaml'), join(folder, 'flags')]
    writeFileSync(config, 'sites: []\n')
    writeFileSync(flags, 'search on\n')
    const asked = {
      target: origin.url,
      page: `${origin.url}/`,
      config,
      versionField: 'x-build',
      flags: `cat ${flags}`,
      port: 0,
    }
    const run = {
      target: origin.url,
      question: '{}',
      asked,
      fingerprint: await fingerprintOf(asked),
      seconds: [],
      load: null,
      wall,
    }
    keepRun(shield.data, run, Date.now())

    const breakwater = async (...args: string[]) => {
      const child = Child.breakwater([...args, '--data', shield.data], folder)
      const code = await child.ended
      return { code, stdout: child.stdout, stderr: child.stderr }
    }
    const when = ['--at', '2099-11-25 22:00', '--tz', 'UTC', '--for', '2h']
    const added = await breakwater(
      'event',
      'add',
      'Draw',
      ...when,
      '--expect',
      '360000 visitors, 10% in 1h, 4 pages each',
    )
    assert.equal(added.code, 0, added.stderr)
    for (const path of ['/', '/', '/', '/tickets']) assert.equal((await fetch(shield.url + path)).status, 200)
    await until('the routes are told', async () => {
      const { routes } = (await (await shield.admit('/api/routes')).json()) as { routes: { requests: number }[] }
      return routes.reduce((sum, { requests }) => sum + requests, 0) === 4
    })
    const forecast = async (): Promise<Forecast & { code: number | string }> => {
      const { code, stdout, stderr } = await breakwater('event', 'forecast', 'Draw', '--paths', 'live', '--json')
      assert.ok(stdout.startsWith('{'), stderr)
      return { code, ...(JSON.parse(stdout) as Forecast) }
    }
    const first = await forecast()
    assert.deepEqual([first.code, first.verdict, first.stale, first.front], [0, 'fits', false, 80])
    assert.deepEqual(first.needs.paths, [
      { path: '/', perSecond: 60 },
      { path: '/tickets', perSecond: 20 },
    ])

    const saidStale = async (what: RegExp): Promise<void> => {
      const { code, verdict, stale, reckoning } = await forecast()
      assert.deepEqual([code, verdict, stale], [1, 'fits', true])
      assert.match(reckoning.join('\n'), what)
    }
    writeFileSync(config, 'sites: [] # another one\n')
    await saidStale(/It is stale: the config file has changed/)
    writeFileSync(config, 'sites: []\n')
    version = '2'
    await saidStale(/It is stale: the version of the site has changed, from 1 to 2/)
    version = '1'
    writeFileSync(flags, 'search off\n')
    await saidStale(/It is stale: what --flags-from prints has changed/)
  },
)
