// Shares of what an origin bears, on a real server: whatever nodes want, whoever is lost, and whatever the server forgets, the sum
// of what they hold never goes past the limit.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { below, freshSeed, seeded } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'
import { Shares } from '../../src/cluster/shares.ts'
import type { OriginNeed } from '../../src/cluster/shares.ts'
import { noRedis } from '../fixtures/redis.ts'
import { until } from '../fixtures/until.ts'
import { Runner, keys } from './runner.ts'

const skip = noRedis ?? false
const ORIGIN = 'http://10.0.0.1:3000'
const SITE = 'shop'

/** A node without a program: it holds what it is given, and something is in flight within that. */
class Holder {
  readonly name: string
  readonly need: OriginNeed
  shares: Shares
  readonly #hold: number
  /** Until when it may use what it holds, monotonic. */
  until: number | null = null

  constructor(link: Runner, name: string, max: number, hold = 600_000) {
    this.name = name
    this.#hold = hold
    this.need = { site: SITE, url: ORIGIN, max, share: 0, inFlight: 0, wanted: 0 }
    this.shares = this.#begin(link)
  }

  /** Another process under the same name: it holds nothing yet. */
  restart(link: Runner): void {
    Object.assign(this.need, { share: 0, inFlight: 0 })
    this.shares = this.#begin(link)
  }

  #begin(link: Runner): Shares {
    const host = {
      origins: () => [this.need],
      share: (_: string, __: string, share: number) => void (this.need.share = share),
      sharesEnd: (at: number | null) => void (this.until = at),
    }
    const common = { link, keys, clock: systemClock, hold: this.#hold }
    return new Shares({ ...common, name: this.name, incarnation: String(Math.random()), host })
  }
}

/** Two nodes with ten places each. */
async function twoWithHalf(link: Runner, hold?: number): Promise<[Holder, Holder]> {
  const [a, b] = [new Holder(link, 'a', 20, hold), new Holder(link, 'b', 20, hold)]
  await until('both have a share', async () => {
    for (const { shares } of [a, b]) await shares.round(['a', 'b'])
    return a.need.share === 10 && b.need.share === 10
  })
  return [a, b]
}

const sumOf = (holders: readonly Holder[]): number =>
  holders.reduce((sum, { need }) => sum + Math.max(need.share, need.inFlight), 0)

test('shares follow demand, and their sum comes to the limit', { skip }, async () => {
  await using link = await Runner.start()
  const nodes = ['a', 'b', 'c'].map(name => new Holder(link, name, 30))
  const live = nodes.map(({ name }) => name)
  const rounds = async (): Promise<void> => {
    for (const { shares } of nodes) await shares.round(live)
  }
  await until('each has its part', async () => {
    await rounds()
    return nodes.every(({ need }) => need.share === 10)
  })
  nodes[0]!.need.wanted = 100
  for (let i = 0; i < 3; i++) await rounds()
  assert.ok(nodes[0]!.need.share >= 20, `the one that is asked has ${nodes[0]!.need.share} of 30`)
  assert.ok(nodes[1]!.need.share >= 2, `an idle one has ${nodes[1]!.need.share} for those who come first`)
  assert.equal(sumOf(nodes), 30)
})

test('who is lost keeps what it holds, until it leaves, comes back, or is given up', { skip }, async () => {
  await using link = await Runner.start()
  const [a, b] = await twoWithHalf(link)
  a.need.wanted = 50
  for (let i = 0; i < 3; i++) await a.shares.round(['a'])
  assert.equal(a.need.share, 10)
  await b.shares.leave()
  for (let i = 0; i < 3; i++) await a.shares.round(['a'])
  assert.equal(a.need.share, 20)
})

test(
  'who cannot renew its share gives it up by itself but for its floor, and only after that others have it',
  { skip },
  async () => {
    await using link = await Runner.start()
    const [a, b] = await twoWithHalf(link, 4000)
    assert.ok(b.until !== null && b.until <= performance.now() + 2000)
    a.need.wanted = 50
    let fell = 0
    await until('the other has the rest', async () => {
      b.shares.sample()
      if (b.need.share < 10) fell ||= performance.now()
      await a.shares.round(['a'])
      if (a.need.share > 10) assert.ok(fell > 0, 'it has given up before')
      assert.ok(a.need.share + b.need.share <= 20)
      return a.need.share === 18
    })
    // The equal part of a quarter of 20 for two.
    assert.deepEqual([b.need.share, b.until], [2, null])
    b.need.wanted = 50
    await until('it has its part again when it comes back', async () => {
      await b.shares.round(['a', 'b'])
      await a.shares.round(['a', 'b'])
      assert.ok(a.need.share + b.need.share <= 20)
      return b.need.share === 10
    })
  },
)

test('a server that was away itself gives nobody’s share to others', { skip }, async () => {
  await using link = await Runner.start()
  const [a] = await twoWithHalf(link, 4000)
  a.need.wanted = 50
  await new Promise(resolve => setTimeout(resolve, 4500))
  await a.shares.round(['a'])
  assert.equal(a.need.share, 10)
})

test('where there are fewer places than nodes, each has one in its turn', { skip }, async () => {
  await using link = await Runner.start()
  const nodes = ['a', 'b', 'c'].map(name => new Holder(link, name, 1))
  const had = new Set<string>()
  for (const { need } of nodes) need.wanted = 1
  await until('each had a place', async () => {
    for (const { shares, need, name } of nodes) {
      await shares.round(['a', 'b', 'c'])
      if (need.share === 1) had.add(name)
      assert.ok(sumOf(nodes) <= 1)
    }
    return had.size === 3
  })
})

/** What may happen, each as likely: rounds, demand, requests that begin and end, deaths, and a server that loses what it knew. */
const acts: ((holder: Holder, random: Random, live: Set<string>) => unknown)[] = [
  ({ need }, random) => (need.wanted = below(random, 60)),
  ({ need }, random) => (need.inFlight = below(random, need.share + 1)),
  holder => (holder.need.inFlight = Math.min(holder.need.inFlight, holder.need.share)),
  ({ name }, random, live) => (random.next() < 0.3 ? live.delete(name) : live.add(name)),
]

test(
  'over thousands of steps of any kind the sum of what is held stays within the limit',
  { skip, timeout: 110_000 },
  async context => {
    const seed = freshSeed()
    context.diagnostic(`seed ${seed}`)
    const random = seeded(seed)
    await using link = await Runner.start()
    const nodes = ['a', 'b', 'c', 'd'].map(name => new Holder(link, name, 25))
    const live = new Set(nodes.map(({ name }) => name))
    let most = 0
    for (let step = 0; step < 4000; step++) {
      const holder = nodes[below(random, nodes.length)]!
      if (step % 400 === 399) await link.redis.ask('FLUSHALL')
      else if (step % 1000 === 777) {
        await link.redis.kill()
        await link.redis.begin()
      } else if (step % 150 === 149) holder.restart(link)
      else await acts[below(random, acts.length)]!(holder, random, live)
      await holder.shares.round([...live])
      most = Math.max(most, sumOf(nodes))
      assert.ok(
        sumOf(nodes) <= 25,
        `step ${step}: ${nodes.map(({ name, need }) => `${name} ${need.share}/${need.inFlight}`).join(', ')}`,
      )
      if (step % 400 === 0) await new Promise(resolve => setTimeout(resolve, 3100))
    }
    assert.equal(most, 25)
  },
)
