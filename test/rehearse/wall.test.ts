// How the wall is looked for: the search against walls that are known, the law against its own curve, trends, and one
// whole search against a real site.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Panel } from '../../src/rehearse/gauges/panel.ts'
import { Search } from '../../src/rehearse/wall/search.ts'
import { DEFAULT_SLO, foreseen, isForfeit, missOf } from '../../src/rehearse/wall/slo.ts'
import { fitUsl } from '../../src/rehearse/wall/usl.ts'
import { wallReport } from '../../src/rehearse/wall/report.ts'
import { findWall } from '../../src/rehearse/wall/wall.ts'
import type { Second } from '../../src/rehearse/watch.ts'
import { figuresOf } from '../../src/rehearse/report.ts'
import { Tally } from '../../src/rehearse/tally.ts'

test('any wall is found within 5% when levels tell the truth, in few levels', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.5, max: 20_000, noNaN: true }),
      fc.double({ min: 0.3, max: 400, noNaN: true }),
      (wall, start) => {
        const search = new Search(start)
        let trials = 0
        for (let trial = search.next; trial !== undefined; trial = search.next) {
          assert.ok(++trials < 40)
          search.took(trial, trial.rate < wall, Math.min(trial.rate, wall))
        }
        const [low, high] = search.interval
        assert.ok(low < wall && high >= wall && high / low < 1.06, `${low} to ${high} for ${wall}`)
      },
    ),
  )
})

test('a rate that held for seconds and not for a minute is no wall', () => {
  const search = new Search(10)
  // Short levels see a wall at 120, long ones at 100.
  for (let trial = search.next; trial !== undefined; trial = search.next)
    search.took(trial, trial.rate < (trial.stage === 'holding' ? 100 : 120))
  const [low, high] = search.interval
  assert.ok(low > 90 && low < 100 && high >= 100 && high < 110, `${low} to ${high}`)
})

test('where minutes hold far less than seconds do, what two of them let through is tried next', () => {
  const search = new Search(10)
  const minutes = []
  // What fills up in a minute lets 70 a second through, whatever is asked.
  for (let trial = search.next; trial !== undefined; trial = search.next) {
    const met = trial.rate < (trial.stage === 'holding' ? 75 : 240)
    if (trial.stage === 'holding') minutes.push(met)
    search.took(trial, met, met ? trial.rate : 70)
  }
  const [low, high] = search.interval
  assert.ok(low > 69 && low < 75 && high >= 75 && high < 79, `${low} to ${high}`)
  assert.deepEqual(minutes.slice(0, 3), [false, false, true])
})

test('a search that has to hurry holds what held for seconds', () => {
  const search = new Search(10)
  for (let trial = search.next; trial?.stage === 'doubling'; trial = search.next)
    search.took(trial, trial.rate < 100, 1)
  search.hurry()
  assert.deepEqual(search.next, { stage: 'holding', rate: 80 })
})

test('a rate that missed for seconds, or for one minute of two, and holds for a minute, is below the wall', () => {
  const search = new Search(10)
  // Short levels see a wall at 90, long ones at 100, and the first of those above 97 is spoilt.
  let spoilt = 0
  for (let trial = search.next; trial !== undefined; trial = search.next) {
    const isLong = trial.stage === 'holding'
    if (isLong && trial.rate > 97 && spoilt++ === 0) search.took(trial, false)
    else search.took(trial, trial.rate < (isLong ? 100 : 90))
  }
  const [low, high] = search.interval
  assert.ok(low > 95 && low < 100 && high >= 100 && high < 107, `${low} to ${high}`)
})

test('a search that ends at a rate that held one minute and not another has found its wall', () => {
  const search = new Search(10)
  const minutes: number[] = []
  for (let trial = search.next; trial !== undefined; trial = search.next) {
    const isLong = trial.stage === 'holding'
    if (isLong) minutes.push(trial.rate)
    // Short levels see a wall at 90; of long ones the second does not hold, and is the last when it is tried again.
    search.took(trial, isLong ? minutes.length !== 2 : trial.rate < 90)
    if (isLong && minutes.length > 2 && trial.rate === minutes[1]) search.stop()
  }
  const [low, high] = search.interval
  assert.equal(low, minutes[1])
  assert.ok(high > low && high < low * 1.06, `${low} to ${high}`)
})

test('a site that bears everything has no wall, and one that bears nothing neither', () => {
  const strong = new Search(400)
  for (let trial = strong.next; trial !== undefined; trial = strong.next) strong.took(trial, true)
  assert.equal(strong.interval[1], Infinity)
  const weak = new Search(400)
  for (let trial = weak.next; trial !== undefined; trial = weak.next) weak.took(trial, false)
  assert.equal(weak.held, 0)
})

test('the scalability law is found again in its own curve', () => {
  const law = { lambda: 50, sigma: 0.05, kappa: 0.002 }
  const points = [1, 2, 4, 8, 12, 20, 30, 45].map(n => ({
    inFlight: n,
    throughput: (law.lambda * n) / (1 + law.sigma * (n - 1) + law.kappa * n * (n - 1)),
  }))
  const fit = fitUsl(points, 1)!
  for (const name of ['lambda', 'sigma', 'kappa'] as const)
    assert.ok(Math.abs(fit[name] - law[name]) < 0.01 * law[name], `${name} ${fit[name]}`)
  assert.ok(fit.interval![0] <= fit.peak! && fit.peak! <= fit.interval![1] * 1.001)
  assert.equal(fitUsl(points.slice(0, 5), 1), undefined)
})

test('a wait that grows steadily is foreseen, and chance is not', () => {
  assert.ok(foreseen(seconds([20, 50, 81, 110, 140, 171, 200, 230])) > 1000)
  assert.equal(foreseen(seconds([30, 25, 34, 28, 31, 26, 33, 27])), 0)
  const lost = new Tally()
  lost.add('timeout')
  assert.match(missOf(DEFAULT_SLO, figuresOf(lost, 1, 0), [])!, /100\.0% of the views were lost/)
})

test('a level that has lost more than the whole of it may is over after 20 seconds, and not before', () => {
  assert.equal(isForfeit(DEFAULT_SLO, losing(6, 20), 6000), true)
  assert.equal(isForfeit(DEFAULT_SLO, losing(5, 20), 6000), false)
  assert.equal(isForfeit(DEFAULT_SLO, losing(600, 19), 6000), false)
})

test('the wall of a site with a pool of connections is found, and the pool is named', async t => {
  const { port, end } = await startOrigin('pool')
  t.after(end)
  const crowd = { target: `http://127.0.0.1:${port}`, seed: 7 }
  const gauges = new Panel({ port, entrance: port, sources: [] })
  t.after(() => gauges.close())
  assert.ok(gauges.siteName !== undefined)
  const short = { doublingSeconds: 2, levelSeconds: 4, holdSeconds: 5, beyondSeconds: 5, withinSeconds: 150 }
  const page = `${crowd.target}/`
  const stop = new AbortController()
  const seen = await findWall({ crowd, page, slo: DEFAULT_SLO, gauges, tell: () => {}, ...short }, stop.signal)
  const report = wallReport(crowd.target, DEFAULT_SLO, 7, [], seen)
  if (!report.valid) return t.diagnostic(`this machine was too busy to tell: ${report.faults.join('; ')}`)
  // Four connections of 40 ms bear 100 a second; short stages may see a little more, a busy machine less.
  assert.ok(report.wall !== null && report.wall.ratePerSecond > 75 && report.wall.ratePerSecond < 112, JSON.stringify(report.wall)) // prettier-ignore
  assert.equal(report.culprit?.signal, 'connection pool', JSON.stringify(report.culprit))
  assert.equal(report.beyond?.behaviour, 'bends')
  assert.ok(report.recoverySeconds !== null)
})

test('a search that is stopped tells what it has seen until then', async t => {
  const { port, end } = await startOrigin('none')
  t.after(end)
  const stop = new AbortController()
  const crowd = { target: `http://127.0.0.1:${port}`, seed: 7 }
  setTimeout(() => stop.abort(), 4500)
  const seen = await findWall({ crowd, page: `${crowd.target}/`, slo: DEFAULT_SLO, gauges: undefined, tell: () => {} }, stop.signal) // prettier-ignore
  const report = wallReport(crowd.target, DEFAULT_SLO, 7, [], seen)
  assert.deepEqual([report.valid, report.wall, report.faults], [false, null, ['it was stopped']])
  assert.ok(seen.levels.length >= 1) // of which a busy machine may have spoilt the first
})

test('a site that is not there has no wall and no culprit, and that is known after the first level', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  server.close()
  const stop = new AbortController()
  const seen = await findWall({ crowd: { target, seed: 7 }, page: `${target}/`, slo: DEFAULT_SLO, gauges: undefined, tell: () => {} }, stop.signal) // prettier-ignore
  const report = wallReport(target, DEFAULT_SLO, 7, [], seen)
  assert.deepEqual([report.valid, report.wall, report.culprit, seen.levels.length], [false, null, null, 1])
  assert.match(report.faults.join(), /no good answer even at 4 visitors a second: nobody takes connections there/)
})

test('no level begins before the site is itself again, however long that takes', async t => {
  // The first time that it is asked for more than 60 pages within a second it works on what it has for 30 s, whoever still waits for that.
  const jammed = `let [asked, until, was] = [0, 0, false]; setInterval(() => (asked = 0), 1000)
    const server = require('node:http').createServer((_, response) => {
      if (++asked > 60 && !was) [was, until] = [true, performance.now() + 30000]
      setTimeout(() => response.end('page'), Math.max(0, until - performance.now()))
    })
    server.listen(0, '127.0.0.1', () => console.log(server.address().port))`
  const { port, end } = await startSite('-e', jammed)
  t.after(end)
  const crowd = { target: `http://127.0.0.1:${port}`, seed: 7 }
  const waits: number[] = []
  const stop = new AbortController()
  const seen = await findWall({ crowd, page: `${crowd.target}/`, slo: DEFAULT_SLO, gauges: undefined, doublingSeconds: 2, levelSeconds: 2, holdSeconds: 2, onWait: seconds => waits.push(seconds), tell: () => waits.length > 0 && stop.abort() }, stop.signal) // prettier-ignore
  const after = seen.levels.at(-1)!
  assert.ok(waits.length >= 2 && waits.at(-1)! >= 15, `told of ${waits.join(', ')} s`)
  assert.ok(after.result.good > 0, `${after.result.good} good answers once it was itself again`)
})

test('a site that goes down for good ends the search, which says at which rate', async t => {
  // It answers until it is asked for more than 60 pages within a second.
  const mortal = `let asked = 0; setInterval(() => (asked = 0), 1000)
    const server = require('node:http').createServer((_, response) => (++asked > 60 ? process.exit() : response.end('page')))
    server.listen(0, '127.0.0.1', () => console.log(server.address().port))`
  const { port, end } = await startSite('-e', mortal)
  t.after(end)
  const crowd = { target: `http://127.0.0.1:${port}`, seed: 7 }
  const lengths = { doublingSeconds: 2, levelSeconds: 2, holdSeconds: 2, goneSeconds: 2 }
  const { signal } = new AbortController()
  const seen = await findWall({ crowd, page: `${crowd.target}/`, slo: DEFAULT_SLO, gauges: undefined, tell: () => {}, ...lengths }, signal) // prettier-ignore
  const report = wallReport(crowd.target, DEFAULT_SLO, 7, [], seen)
  assert.deepEqual([report.valid, report.wall, report.culprit], [true, null, null])
  assert.match(
    report.faults.join(),
    /^the site went down at [\d.]+ a second and was not back after 2 s: nobody takes connections there$/,
  )
  assert.ok(seen.levels.length <= 4, `${seen.levels.length} levels`)
})

const startOrigin = (kind: string): ReturnType<typeof startSite> =>
  startSite(fileURLToPath(new URL('./walls/origin.ts', import.meta.url)), kind)

async function startSite(...args: string[]): Promise<{ port: number; end: () => void }> {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return { port: Number(port), end: () => void child.kill() }
}

/** A level of which each second had one view that waited so many milliseconds. */
/** So many seconds, of which the first loses so many views. */
function losing(count: number, of: number): Second[] {
  return seconds(Array.from({ length: of }, () => 30)).map((each, i) => ({ ...each, lost: i === 0 ? count : 0 }))
}

function seconds(waits: number[]): Second[] {
  return waits.map((wait, i) => {
    const tally = new Tally()
    tally.add('good')
    tally.add('planned')
    tally.latency.record(wait * 1000)
    return { second: i + 1, ...figuresOf(tally, 1, 0) }
  })
}
