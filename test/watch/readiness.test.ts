// When a load balancer should send visitors here.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { notReady } from '../../src/watch/readiness.ts'
import type { ClusterState } from '../../src/threads/cluster.ts'
import type { Situation } from '../../src/watch/readiness.ts'

const row = (role: 'edge' | 'core', state: 'serving' | 'waiting' = 'serving') => ({
  role,
  slot: 0,
  state,
  restarts: 0,
  lastDeath: null,
})
const origin = (state: 'up' | 'down' | 'draining') => ({ index: 0, site: 'main', url: 'http://127.0.0.1:9', state })
const well: Situation = {
  process: { phase: 'serving', threads: [row('core'), row('edge')] },
  coreTickAge: 1,
  status: { origins: [origin('down'), origin('up')], cluster: null },
}

const cluster = (share: number): ClusterState => ({
  ...{ state: 'alone', why: 'lost', since: 0, node: 'a', leader: null, token: 0, members: [], server: null },
  purges: { applied: 0, isCurrent: false },
  shares: [{ site: 'main', origin: 'http://127.0.0.1:9', share, max: 9, kept: [] }],
  ...{ rooms: [], ahead: 0, modes: [], figures: [] },
})

const reasons = (share: number) => notReady({ ...well, status: { origins: [origin('up')], cluster: cluster(share) } })

describe('readiness', () => {
  it('is there when edges serve, core ticks and one origin is up', () => {
    assert.deepEqual(notReady(well), [])
  })

  it('is there as long as nothing is known against core and origins', () => {
    assert.deepEqual(notReady({ ...well, coreTickAge: undefined, status: undefined }), [])
  })

  it('is not there while the process starts or drains', () => {
    for (const phase of ['starting', 'draining'] as const)
      assert.equal(notReady({ ...well, process: { ...well.process, phase } }).length, 1)
  })

  it('is not there without an edge, without core, with a stalled core or without an origin', () => {
    const threads = (...rows: ReturnType<typeof row>[]) =>
      notReady({ ...well, process: { phase: 'serving', threads: rows } })
    assert.deepEqual(threads(row('core'), row('edge', 'waiting')), ['No edge thread serves.'])
    assert.deepEqual(threads(row('core', 'waiting'), row('edge')), ['The core thread is down.'])
    assert.deepEqual(notReady({ ...well, coreTickAge: 7.2 }), ['The core thread has stalled for 7 s.'])
    assert.deepEqual(notReady({ ...well, status: { origins: [origin('down'), origin('draining')], cluster: null } }), [
      'No origin is up.',
    ])
  })

  it('is not there for a node that was never in its cluster, and is for one that has lost it', () => {
    assert.deepEqual(reasons(0), ['It is not in its cluster yet, and has no share of what the origins bear.'])
    assert.deepEqual(reasons(3), [])
  })
})
