// The verdict on what broke first, from levels as they were seen: each signal is named when it explains the wall, and
// nothing is named when nothing does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reading } from '../../src/rehearse/gauges/gauges.ts'
import { type Figures, figuresOf } from '../../src/rehearse/report.ts'
import { Tally } from '../../src/rehearse/tally.ts'
import { culpritOf } from '../../src/rehearse/wall/culprit.ts'
import type { Level } from '../../src/rehearse/wall/level.ts'

const RATES = [4, 20, 40, 80, 90, 100, 105, 110, 150]
const WALL = 100

const calm: Reading = {
  seen: true,
  threadRan: 0.1,
  threadWanted: 0.1,
  threadTaken: 0.1,
  siteCpu: 0.1,
  hostCpu: 0.2,
  memoryBytes: 1e8,
  memoryLeft: 0.6,
  openFiles: 0.01,
  connections: 10,
  acceptQueue: 0,
  overflows: 0,
  outgoing: [],
  disk: 0.1,
  stalled: 0,
  memoryShare: 0.2,
  restarted: false,
  conntrack: 0,
  samples: [],
}

const BUSY_DATABASE = (load: number): Partial<Reading> => ({
  outgoing: [{ port: 5432, connections: 40, threadWanted: Math.min(1, load) }],
})

const SEEN: [what: string, named: string | undefined, reading: (load: number) => Partial<Reading>, losses?: string][] = [
  ['a thread that gets busy', 'cpu', load => ({ threadWanted: Math.min(1, load) })],
  ['a disk that gets busy', 'disk', load => ({ disk: Math.min(1, load), threadWanted: load * 0.3 })],
  ['files that run out', 'open files', load => ({ openFiles: Math.min(1, load) })],
  ['memory that runs out', 'memory', load => ({ memoryLeft: Math.max(0.01, 0.6 - 0.58 * load) })],
  ['connections that are not accepted in time', 'accept queue', load => ({ overflows: load > 1 ? 30 : 0, acceptQueue: load > 1 ? 500 : 0 })],
  ['connections that another program does not accept', undefined, load => ({ overflows: load > 1 ? 30 : 0 })],
  ['a pool of connections', 'connection pool', load => ({ outgoing: [{ port: 5432, connections: load > 0.5 ? 8 : 2, threadWanted: 0.3 }] })],
  ['a database that gets busy', 'service on port 5432', BUSY_DATABASE],
  ['a database that gets busy, and a site that dies far beyond', 'service on port 5432', BUSY_DATABASE, 'closed at last'],
  ['connections that are closed far beyond the wall alone', undefined, () => ({}), 'closed at last'],
  ['refusals', 'rate limiter', () => ({}), 'refusals'],
  ['closed connections', 'connection limit', () => ({}), 'closed'],
  ['a disk that each write is waited for', 'disk', load => ({ stalled: Math.min(1, load), disk: 0.2 })],
  ['a full table of connections', 'conntrack', load => ({ conntrack: Math.min(1, load) })],
  ['a process with its memory full', 'memory', load => ({ memoryShare: Math.min(1, load) })],
  ['processes that die', 'restarts', load => ({ restarted: load > 1 })],
  ['what a database tells', 'locks in PostgreSQL', load => ({ samples: [{ signal: 'locks in PostgreSQL', value: Math.min(1, load), detail: '40 of 44 sessions waited for a lock' }] })],
  ['nothing that explains it', undefined, () => ({})],
  ['a machine that was busy before anything was asked', undefined, () => ({ threadWanted: 1, disk: 1 })],
] // prettier-ignore

for (const [what, named, reading, losses] of SEEN) {
  test(`${what}: ${named ?? 'not known'}`, () => {
    const levels = RATES.map(rate => level(rate, { ...calm, ...reading(rate / WALL) }, losses))
    const verdict = culpritOf(levels, WALL)
    assert.equal(verdict?.signal, named, verdict?.evidence ?? 'nothing is named')
    assert.ok(verdict === undefined || (verdict.evidence !== '' && verdict.curve.length > 0))
  })
}

test('of two that ran full, the earlier is named', () => {
  const levels = RATES.map(rate => {
    const load = rate / WALL
    return level(rate, { ...calm, disk: Math.min(1, load), threadWanted: Math.min(1, load * 0.8) })
  })
  assert.equal(culpritOf(levels, WALL)?.signal, 'disk')
})

test('a site that kept its promise at every rate has no culprit', () => {
  const levels = RATES.map(rate => ({ ...level(rate, { ...calm, threadWanted: 1 }), miss: undefined }))
  assert.equal(culpritOf(levels, WALL), undefined)
})

function level(rate: number, reading: Reading, losses?: string): Level {
  const missed = rate > WALL
  const figures = counted(rate, missed ? losses : undefined)
  const inFlight = missed ? 200 : 3
  const bySecond = [1, 2, 3].map(second => ({ ...figures, inFlight, second }))
  const run = {
    target: '',
    process: 'poisson',
    seed: 1,
    valid: true,
    faults: [],
    notes: [],
    routes: [],
    stopped: false,
  } as const
  const plan = { stage: 'bisection', rate, seconds: 3, mayEnd: true } as const
  const result = { ...figures, ...run, faults: [], notes: [], routes: [] }
  return { ...plan, result, bySecond, readings: [reading, reading, reading], miss: missed ? 'it was slow' : undefined }
}

function counted(rate: number, losses: string | undefined): Figures {
  const tally = new Tally()
  // A limiter lets the same through whatever is asked.
  tally.add('good', losses === 'refusals' ? WALL : rate)
  if (losses === 'refusals') {
    tally.add('status', rate / 2)
    tally.add('refusals', rate / 2)
  }
  if (losses === 'closed' || (losses === 'closed at last' && rate === RATES.at(-1))) tally.add('closed', rate / 2)
  return figuresOf(tally, 1, 0.1)
}
