// Nodes that fetch for each other, on a real server, with stores and origins that are maps and a clock that is moved by hand.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Redis as Client } from 'iovalkey'
import { ManualClock } from '../../src/base/clock.ts'
import { Allowance } from '../../src/cluster/allowance.ts'
import { ASKED_FOR, Claims } from '../../src/cluster/claims.ts'
import { SharedFetches } from '../../src/cluster/fetches.ts'
import { ownerOf } from '../../src/cluster/owner.ts'
import { noRedis } from '../fixtures/redis.ts'
import { Runner, keys } from './runner.ts'

const options = { skip: noRedis ?? false, timeout: 30_000 }
const NAMES = ['a', 'b', 'c']
const [MINUTE, HOUR] = [60_000, 3_600_000]

/** A node: what it has, by key, with when it came; and what it has asked the origin for. */
class Node {
  readonly name: string
  readonly fetches: SharedFetches
  readonly stored = new Map<string, number>()
  readonly fetched: string[] = []
  config = 'same'
  isStorable = true
  isDeaf = false
  readonly #clock: ManualClock

  constructor(runner: Runner, name: string, clock: ManualClock) {
    this.name = name
    this.#clock = clock
    this.fetches = new SharedFetches({
      ...{ link: runner, keys, name, incarnation: name, clock, members: () => NAMES },
      moment: () => ({ log: 'log', seq: 1 }),
      rest: () => ({ log: 'log', seq: 1 }),
      host: {
        sharedAs: () => this.config,
        carry: key => (this.stored.has(key) ? { record: key, now: 0 } : undefined),
        held: key =>
          this.stored.has(key) ? { record: key, now: 0, age: clock.monotonic() - this.stored.get(key)! } : 'nothing',
        fetch: key => {
          void this.want(key)
          return true
        },
        takeIn: key => {
          this.#store(key)
          return true
        },
      },
    })
  }

  /** A visitor wants it; resolves once it is here, or could not be stored. */
  want(key: string): Promise<void> {
    return new Promise(resolve => {
      const fetch = (): void => {
        this.fetched.push(key)
        if (this.isStorable) this.#store(key)
        this.fetches.ended(key, this.isStorable)
        resolve()
      }
      if (!this.fetches.claim(key, isStored => (isStored ? resolve() : fetch()))) fetch()
    })
  }

  /** A post here has made it untrue. */
  post(key: string): void {
    this.stored.delete(key)
    this.fetches.unclaim([key])
  }

  #store(key: string): void {
    this.stored.set(key, this.#clock.monotonic())
  }
}

class House implements AsyncDisposable {
  readonly runner: Runner
  readonly clock = new ManualClock(1_000_000)
  readonly nodes: Node[]
  readonly #news: Client

  static async begin(): Promise<House> {
    const runner = await Runner.start()
    const news = runner.client.duplicate()
    await news.subscribe(keys.news)
    return new House(runner, news)
  }

  private constructor(runner: Runner, news: Client) {
    this.runner = runner
    this.#news = news
    this.nodes = NAMES.map(name => new Node(runner, name, this.clock))
    news.on('message', (_, text: string) => {
      for (const node of this.nodes) if (!node.isDeaf) node.fetches.news(text)
    })
  }

  /** A page, its owner, and the two others. */
  page(nth: number): { key: string; owner: Node; others: [Node, Node] } {
    const key = `main http://www.example.org/${nth}`
    const { runner: link } = this
    const id = new Claims({ link, keys, name: '', incarnation: '', host: { sharedAs: () => 'same' } }).idOf(key)!
    const owner = this.nodes.find(({ name }) => name === ownerOf(NAMES, id))!
    const others = this.nodes.filter(node => node !== owner) as [Node, Node]
    return { key, owner, others }
  }

  /** Pages of the same owner. */
  pagesOf(wanted: Node, count: number): string[] {
    const found = []
    for (let nth = 0; found.length < count; nth++) {
      const { key, owner } = this.page(nth)
      if (owner === wanted) found.push(key)
    }
    return found
  }

  /** The names of the nodes that have asked the origin for it, once for each time. */
  fetchersOf(key: string): string[] {
    return this.nodes.flatMap(({ name, fetched }) => fetched.filter(each => each === key).map(() => name))
  }

  /** Claims and offers have run out. */
  async later(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.runner.client.flushall()
    for (const { fetches } of this.nodes) await fetches.round()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#news.disconnect()
    await this.runner[Symbol.asyncDispose]()
  }
}

const msOf = async (act: () => Promise<unknown>): Promise<number> => {
  const from = performance.now()
  await act()
  return performance.now() - from
}

test('whichever node needs a page, its owner fetches it', options, async () => {
  await using here = await House.begin()
  for (let nth = 0; nth < 6; nth++) {
    const { key, owner, others } = here.page(nth)
    await Promise.all([others[0].want(key), others[1].want(key)])
    assert.deepEqual(here.fetchersOf(key), [owner.name])
    for (const node of here.nodes) assert.ok(node.stored.has(key))
  }
})

test('the owner fetches variants by content codings; others whoever needs them first', options, async () => {
  await using here = await House.begin()
  for (let nth = 0; nth < 6; nth++) {
    const { key, owner, others } = here.page(nth)
    const [coded, tongue] = [`${key}\naccept-encoding:br,gzip\n`, `${key}\naccept-language:de\n`]
    for (const variant of [coded, tongue]) await Promise.all(others.map(node => node.want(variant)))
    assert.deepEqual(here.fetchersOf(coded), [owner.name])
    const [first, ...more] = here.fetchersOf(tongue)
    assert.ok(first !== owner.name && more.length === 0)
  }
})

test('who has posted to a page takes no variant of it from others for a while', options, async () => {
  await using here = await House.begin()
  const { key, owner, others } = here.page(0)
  const variant = `${key}\naccept-encoding:gzip\n`
  await owner.want(variant)
  others[0].post(key)
  await Promise.all(others.map(node => node.want(variant)))
  assert.deepEqual(here.fetchersOf(variant), [owner.name, others[0].name])
  // What was fetched here is given to nobody either.
  const other = `${key}\naccept-language:de\n`
  await owner.want(other)
  owner.post(key)
  await others[1].want(other)
  assert.deepEqual(here.fetchersOf(other), [owner.name, others[1].name])
})

test('what the owner has had for long is given to whoever needs it', options, async () => {
  await using here = await House.begin()
  const { key, owner, others } = here.page(0)
  await owner.want(key)
  await here.later(HOUR)
  for (const other of others) await other.want(key)
  assert.deepEqual(here.fetchersOf(key), [owner.name])
})

test(
  'who has asked an owner that is silent fetches by itself, and does not ask it again for a while',
  options,
  async () => {
    await using here = await House.begin()
    const { owner, others } = here.page(0)
    const [asking, other] = others
    const [cold, next, later] = here.pagesOf(owner, 3) as [string, string, string]
    owner.isDeaf = true
    const waited = await msOf(() => Promise.all([asking.want(cold), other.want(cold)]))
    assert.ok(waited >= ASKED_FOR && waited < ASKED_FOR * 4, `${waited} ms`)
    const fetchers = here.fetchersOf(cold)
    assert.equal(fetchers.length, 1)
    const fetching = fetchers[0] === asking.name ? asking : other
    assert.ok((await msOf(() => fetching.want(next))) < ASKED_FOR)
    assert.deepEqual(here.fetchersOf(next), fetchers)
    owner.isDeaf = false
    await here.later(3001)
    await fetching.want(later)
    assert.deepEqual(here.fetchersOf(later), [owner.name])
  },
)

test('an owner that stores it otherwise says so at once, and who has asked fetches by itself', options, async () => {
  await using here = await House.begin()
  const { key, owner, others } = here.page(0)
  owner.config = 'another'
  assert.ok((await msOf(() => Promise.all(others.map(node => node.want(key))))) < ASKED_FOR)
  assert.equal(here.fetchersOf(key).length, 1)
  assert.deepEqual(owner.fetched, [])
})

test(
  'a page that may not be stored is fetched by each for itself, and its owner is asked in vain ten times at most',
  options,
  async () => {
    await using here = await House.begin()
    const { owner, others } = here.page(0)
    for (const node of here.nodes) node.isStorable = false
    for (const key of here.pagesOf(owner, 30)) await others[0].want(key)
    assert.equal(others[0].fetched.length, 30)
    assert.equal(owner.fetched.length, 10)
  },
)

test('who has made a page untrue is never given what the owner had before', options, async () => {
  await using here = await House.begin()
  const { key, owner, others } = here.page(0)
  const [posting, other] = others
  await owner.want(key)
  await here.later(MINUTE)
  posting.post(key)
  await posting.want(key)
  assert.deepEqual(posting.fetched, [key])
  // The owner has not heard of it, and has it still: an hour later too it is not taken.
  posting.stored.clear()
  await here.later(HOUR)
  await posting.want(key)
  assert.deepEqual(posting.fetched, [key, key])
  // Nor where another one has had it offered while this one waited.
  posting.stored.clear()
  await here.later(MINUTE)
  const asked = other.want(key)
  await posting.want(key)
  await asked
  assert.equal(posting.fetched.length, 3)
  assert.deepEqual(other.fetched, [])
  // What the owner has fetched since is as good as any.
  owner.stored.clear()
  posting.stored.clear()
  other.stored.clear()
  await here.later(MINUTE)
  await posting.want(key)
  assert.deepEqual([posting.fetched.length, owner.fetched.length], [3, 2])
})

test(
  'requests with credentials, and pages with keys that rules made, are fetched by whoever needs them first',
  options,
  async () => {
    await using here = await House.begin()
    const { key, owner, others } = here.page(0)
    for (const other of [`${key}\n!`, `${key} cookie;currency`]) await others[0].want(other)
    assert.deepEqual([others[0].fetched.length, owner.fetched.length], [2, 0])
  },
)

test('fetches in vain are paid for by useful ones, and one comes back in ten seconds', () => {
  const clock = new ManualClock()
  const allowance = new Allowance(clock)
  for (let times = 0; times < 10; times++) allowance.inVain()
  assert.equal(allowance.isLeft(), false)
  for (let times = 0; times < 11; times++) allowance.useful()
  assert.equal(allowance.isLeft(), true)
  allowance.inVain()
  assert.equal(allowance.isLeft(), false)
  clock.advance(10_000)
  assert.equal(allowance.isLeft(), true)
})
