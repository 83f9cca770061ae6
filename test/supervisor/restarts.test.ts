// The policy for dead threads, as a story of deaths and times.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DEATH_WINDOW, FREE_DEATHS, died, restarted, served, unborn } from '../../src/supervisor/restarts.ts'
import type { Life } from '../../src/supervisor/restarts.ts'
import { Slots, USABLE_SLOTS } from '../../src/supervisor/slots.ts'
import { keepUntilRestart, restartPaths } from '../../src/supervisor/reload.ts'
import { configOf } from './fixtures/process.ts'

/** Lets it die `times` times, `apart` milliseconds from each other; the waits that were ordered. */
function deaths(times: number, apart: number): number[] {
  let life: Life = served(unborn)
  return Array.from({ length: times }, (_, i) => {
    const step = died(life, i * apart, 'why')
    life = served(restarted(step.life))
    return step.remedy.do === 'restart' ? step.remedy.afterMs : -1
  })
}

describe('restart policy', () => {
  it('gives up when a thread dies that never served', () => {
    assert.deepEqual(died(unborn, 0, 'EADDRINUSE').remedy, { do: 'give-up' })
  })

  it('restarts at once as long as deaths are rare', () => {
    assert.deepEqual(deaths(20, DEATH_WINDOW / FREE_DEATHS), Array(20).fill(0))
  })

  it('waits ever longer, up to ten seconds, when deaths come fast', () => {
    assert.deepEqual(deaths(14, 1), [0, 0, 0, 0, 0, 250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000])
  })

  it('does not give up on a thread that served once, however often it dies', () => {
    const life = deaths(100, 1)
    assert.ok(life.every(wait => wait >= 0))
  })

  it('counts restarts and remembers the last death', () => {
    const { life } = died(served(unborn), 5, 'out of memory')
    assert.deepEqual(life, { state: 'waiting', hasServed: true, deaths: [5], restarts: 0, lastDeath: 'out of memory' })
    assert.equal(restarted(life).restarts, 1)
  })
})

describe('slots', () => {
  it('are given out from the lowest, and again only when cleared', () => {
    const slots = new Slots()
    assert.deepEqual([slots.take(), slots.take()], [0, 1])
    slots.lose(0)
    assert.equal(slots.take(), 2)
    slots.cleared(0)
    assert.equal(slots.take(), 0)
  })

  it('run out rather than overlap the row of the journal', () => {
    const slots = new Slots()
    for (let i = 0; i < USABLE_SLOTS; i++) slots.take()
    assert.equal(slots.take(), -1)
  })
})

describe('options that only a restart can change', () => {
  it('are taken from the option table', () => {
    assert.deepEqual(restartPaths.map(path => path.join('.')).sort(), [
      'admin.listen',
      'cache.memory',
      'cluster.ca',
      'cluster.copy',
      'cluster.hold',
      'cluster.name',
      'cluster.node',
      'cluster.password',
      'cluster.replicas',
      'cluster.secret',
      'cluster.takeOver',
      'cluster.url',
      'cluster.user',
      'data',
      'edges',
      'journal.key',
      'listen',
      'proxies.proxyProtocol',
      'tls.acme.challenge',
      'tls.http2',
      'tls.listen',
    ])
  })

  it('keep their running values, and are named when they differ from what was loaded', () => {
    const loaded = configOf()
    const running = { ...loaded, listen: [{ host: '127.0.0.1', port: 4711 }] }
    const next = configOf({ edges: 3, shutdown: { drain: '1s' } })
    const { config, afterRestart } = keepUntilRestart(next, running, loaded)
    assert.deepEqual(config.listen, running.listen)
    assert.equal(config.edges, 2)
    assert.equal(config.shutdown.drain, 1000)
    assert.deepEqual(afterRestart, ['edges'])
  })
})
