// The core thread as it runs, with real edges beside it: one fetch for a crowd over all edges, deaths on either side, and
// a store under pressure in which nobody ever reads half a record.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { Board, GlobalWord } from '../../src/board/board.ts'
import type { Config } from '../../src/config/types.ts'
import { makeStoreMemory } from '../../src/supervisor/memory.ts'
import type { Birth, CoreStatus, CoreToWatch, Order, Report, WatchToCore } from '../../src/threads/messages.ts'
import { Channel } from '../../src/threads/channel.ts'
import type { EdgeBirth, EdgeOrder, EdgeReport } from './fixtures/edge.ts'
import { configOf } from './config.ts'

const MIB = 1024 * 1024

type Did<D extends EdgeReport['did']> = Extract<EdgeReport, { did: D }>

class Edge {
  readonly worker: Worker

  constructor(birth: EdgeBirth) {
    this.worker = new Worker(new URL('fixtures/edge.ts', import.meta.url), { workerData: birth })
  }

  /** The next report of this kind. */
  async did<D extends EdgeReport['did']>(did: D): Promise<Did<D>> {
    for (;;) {
      const [report] = (await once(this.worker, 'message')) as [EdgeReport]
      if (report.did === did) return report as Did<D>
    }
  }

  async does<D extends EdgeReport['did']>(
    order: Extract<EdgeOrder, { do: D }>,
    ...ports: MessagePort[]
  ): Promise<Did<D>> {
    const did = this.did<D>(order.do)
    this.worker.postMessage(order, ports)
    return did
  }
}

/** Core and edges as the supervisor would hold them. */
class House {
  readonly board = new Board()
  readonly config: Config
  readonly store
  readonly edges: Edge[] = []
  core!: Worker

  constructor(mebibytes: number, edges: number) {
    this.config = configOf({ sites: [{ origins: ['http://127.0.0.1:1'] }] })
    this.store = makeStoreMemory(mebibytes * MIB)
    this.board.global[GlobalWord.slots] = edges
    for (let slot = 0; slot < edges; slot++) {
      this.edges.push(new Edge({ slot, board: this.board.memory, store: this.store }))
    }
  }

  async startCore(): Promise<void> {
    const { config, board, store } = this
    const birth: Birth = {
      role: 'core',
      slot: 0,
      config,
      board: board.memory,
      store,
      ticketSecret: new Uint8Array(32),
      sockets: {},
      formKey: new Uint8Array(32),
      core: null,
    }
    this.core = new Worker(new URL('../../src/core/main.ts', import.meta.url), { workerData: birth })
    await this.reported('ready')
    await Promise.all(this.edges.map((edge, slot) => this.join(edge, slot)))
  }

  async join(edge: Edge, slot: number): Promise<void> {
    const { port1, port2 } = new MessageChannel()
    this.order({ type: 'edge', slot, port: port2 }, port2)
    await edge.does<'connect'>({ do: 'connect', port: port1 }, port1)
  }

  order(order: Order, ...ports: MessagePort[]): void {
    this.core.postMessage(order, ports)
  }

  async reported(type: Report['type']): Promise<void> {
    for (;;) {
      const [report] = (await once(this.core, 'message')) as [Report]
      if (report.type === type) return
    }
  }

  async watch(message: WatchToCore): Promise<CoreToWatch> {
    const { port1, port2 } = new MessageChannel()
    this.order({ type: 'watch', port: port2 }, port2)
    const channel = new Channel<WatchToCore, CoreToWatch>(port1)
    channel.send(message)
    const answer = await new Promise<CoreToWatch>(done => channel.onMessage(done))
    channel.close()
    return answer
  }

  async status(): Promise<CoreStatus> {
    const answer = await this.watch({ type: 'status', id: 1 })
    assert.equal(answer.type, 'status')
    return answer.status
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.core, ...this.edges.map(({ worker }) => worker)].map(worker => worker.terminate()))
  }
}

const crowdOf = (count: number, fetchMs = 50): Extract<EdgeOrder, { do: 'crowd' }> => ({
  do: 'crowd',
  key: 'main http://www.example.org/',
  count,
  fetchMs,
  bytes: 8192,
})

const sumOf = <K extends string>(rows: readonly Record<K, number>[], name: K): number =>
  rows.reduce((sum, row) => sum + row[name], 0)

test('300 asks for one key from three edges make exactly one fetch, and all others find what it brought', async () => {
  await using house = new House(16, 3)
  await house.startCore()
  const crowds = await Promise.all(house.edges.map(edge => edge.does<'crowd'>(crowdOf(100))))
  assert.equal(sumOf(crowds, 'fetched'), 1)
  assert.equal(sumOf(crowds, 'looked'), 299)
  assert.equal(sumOf(crowds, 'found'), 299)
  const { flights, queued, store, origins } = await house.status()
  assert.deepEqual([flights, queued, store.records], [0, 0, 1])
  assert.deepEqual(
    origins.map(({ state }) => state),
    ['up'],
  )
})

test('when the edge that fetches is killed another edge fetches, and nobody else is lost', async () => {
  await using house = new House(16, 3)
  await house.startCore()
  const first = house.edges[0]!
  const begun = first.did('fetching')
  first.worker.postMessage(crowdOf(10, 60_000))
  await begun
  const others = house.edges.slice(1).map(edge => edge.does<'crowd'>(crowdOf(100)))
  await house.status()
  await first.worker.terminate()
  house.order({ type: 'edge-gone', slot: 0 })
  await house.reported('edge-forgotten')
  const crowds = await Promise.all(others)
  assert.deepEqual([sumOf(crowds, 'fetched'), sumOf(crowds, 'found')], [1, 199])
})

test('when core is killed a new one keeps what is stored, and who waited is served after asking again', async () => {
  await using house = new House(16, 3)
  await house.startCore()
  const kept = await house.edges[0]!.does<'crowd'>({ ...crowdOf(1), key: 'main http://www.example.org/kept' })
  assert.equal(kept.fetched, 1)
  const begun = Promise.race(house.edges.map(edge => edge.did('fetching')))
  const crowds = house.edges.map(edge => edge.does<'crowd'>(crowdOf(100, 300)))
  await begun
  await house.core.terminate()
  await house.startCore()
  const done = await Promise.all(crowds)
  // The fetch that was in flight when core died brings nothing that anyone waits for; one more does.
  assert.equal(sumOf(done, 'fetched'), 2)
  assert.equal(sumOf(done, 'found'), 298)
  const again = await house.edges[1]!.does<'crowd'>({ ...crowdOf(1), key: 'main http://www.example.org/kept' })
  assert.equal(again.fetched, 1)
  assert.equal((await house.status()).store.records, 2)
})

test('under eviction, replacement and slow readers nobody ever reads a record that is not whole', async t => {
  await using house = new House(4, 3)
  await house.startCore()
  const churn = { do: 'churn', ms: 1500, keys: 3000, most: 200_000 } as const
  const done = await Promise.all(house.edges.map(edge => edge.does<'churn'>(churn)))
  const sums = Object.fromEntries(
    (['stored', 'noPlace', 'read', 'torn', 'held'] as const).map(name => [name, sumOf(done, name)]),
  )
  const { store } = await house.status()
  t.diagnostic(
    `${JSON.stringify(sums)}, ${store.evicted} evicted, ${store.bytesUsed} of ${store.bytesTotal} bytes used`,
  )
  assert.equal(sums['torn'], 0)
  assert.ok(sums['read']! > 100 && store.evicted > 100)
  assert.ok(sums['noPlace']! <= sums['stored']! / 10)
})

test('a purge is answered when nothing is left, and origins are changed by command', async () => {
  await using house = new House(16, 1)
  await house.startCore()
  await house.edges[0]!.does<'crowd'>(crowdOf(2))
  const stored = (await house.status()).store.records
  const answer = await house.watch({ type: 'purge', id: 2, below: ['main '], soft: false })
  assert.deepEqual(answer, { type: 'purged', id: 2, purged: stored, edges: 1, silent: 0 })
  assert.equal((await house.status()).store.records, 0)
  const added = await house.watch({ type: 'origin-add', id: 3, site: null, url: 'http://127.0.0.1:2' })
  assert.deepEqual(added.type === 'done' && added.origins.map(({ url }) => url), [
    'http://127.0.0.1:1',
    'http://127.0.0.1:2',
  ])
  const refused = await house.watch({ type: 'origin-add', id: 4, site: 'nowhere', url: 'http://127.0.0.1:2' })
  assert.deepEqual(refused.type === 'not-done' && refused.message, 'There is no site nowhere.')
  await house.watch({ type: 'origin-remove', id: 6, site: null, url: 'http://127.0.0.1:2' })
  const last = await house.watch({ type: 'origin-drain', id: 7, site: null, url: 'http://127.0.0.1:1' })
  assert.equal(
    last.type === 'not-done' && last.message,
    'http://127.0.0.1:1 is the last origin of the site that takes requests: add another one first.',
  )
  const bad = await house.watch({ type: 'origin-add', id: 5, site: null, url: '127.0.0.1:2' })
  assert.deepEqual(bad.type === 'not-done' && bad.code, 'bad-url')
})

test('core ends by itself when it is told to drain', async () => {
  await using house = new House(16, 1)
  await house.startCore()
  const ended = once(house.core, 'exit')
  const drained = house.reported('drained')
  house.order({ type: 'drain', within: 1000 })
  await drained
  assert.deepEqual(await ended, [0])
})
