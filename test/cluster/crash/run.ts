// One run of the crash test: nodes serve, something goes wrong two times, and what was promised is held against what was seen.

import { setTimeout as sleep } from 'node:timers/promises'
import { below, seeded } from '../../../src/base/random.ts'
import type { Random } from '../../../src/base/random.ts'
import { Origin } from '../../fixtures/origin.ts'
import type { Page } from '../../fixtures/origin.ts'
import { Redis } from '../../fixtures/redis.ts'
import type { Shield } from '../../fixtures/shield.ts'
import { until } from '../../fixtures/until.ts'
import { HOST, ask } from '../../fixtures/visitor.ts'
import { Wire } from '../../fixtures/wire.ts'
import { Network, mayMakeNetworks } from '../../fixtures/network.ts'
import { FORM_RULES, FormsTraffic } from './forms.ts'
import { QUEUE, QUEUE_RULES, WaitingTraffic } from './waiting.ts'
import { purge, startNode, stateOf } from '../nodes.ts'

/**
 * What goes wrong: a node is killed and started again, or lost with its disk, or paused; the server is killed and started again with what it held,
 * started again empty, or paused; a node is cut off from the server, in network namespaces where those may be made (`partition`), or by what
 * stands between the two (`wire`); the primary is killed and its replica promoted; or nothing, so
 * that the times of purges can be read.
 */
export const KINDS = [
  ...(['node', 'lost', 'empty', 'pause', 'partition', 'replica', 'server', 'paused-node', 'wire', 'calm'] as const),
] as const
export type Kind = (typeof KINDS)[number]

const NAMES = ['a', 'b', 'c'] as const
const LIMIT = 9
/** Visitors at each node whose page only the origin has: more than their share, so that the limit is what holds them. */
const VISITORS = 6
/** Milliseconds that something goes wrong for, at least and at most. */
const SHORTEST = 1500
const LONGEST = 5000
/** A server that is paused longer than anybody waits for it: a snapshot of its machine, or a disk that hangs. */
const PAUSED = 30_000
/** Until all is well again, on a machine that has much else to do. */
const PATIENCE = 60_000

export interface Account {
  faults: string[]
  hits: number
  purges: number
  /** Forms that were acknowledged. */
  forms: number
  /** Visitors who waited and were let in, and by how many milliseconds one went in after somebody who came later, at most. */
  letIn: number
  late: number
  /** Milliseconds that things were wrong for. */
  outage: number
  /** How a node was cut off, where one was. */
  by: string | null
  /** At the origin at once, at most. */
  most: number
  limit: number
  /** Milliseconds that purges took which all nodes have acknowledged. */
  times: number[]
}

interface Node {
  name: string
  wire: Wire
  shield: Shield
  /** It serves, as far as we have not done anything to it. */
  isUp: boolean
  /** It does not come back. */
  isLost: boolean
  /** How often it was started. */
  life: number
  hits: number
}

interface House {
  random: Random
  kind: Kind
  redis: Redis
  replica: Redis | null
  network: Network | null
  forms: FormsTraffic
  waiting: WaitingTraffic
  origin: Origin
  nodes: Node[]
  wires: Wire[]
  /** Shields whose data directory others go on with. */
  old: Shield[]
  versions: Map<string, number>
  /** Purges that every node has to have in the end: whoever was asked lives on, or all have said so. */
  owed: { path: string; by: Node; life: number; isEverywhere: boolean }[]
  account: Account
  isOver: boolean
  /** Times that something went wrong. */
  outages: number
  /** Every node is joined and current again. */
  isWell: boolean
}

/** `queued`: who wait for their turn, at most; the more of them the longer the queue, and the run. */
export async function crashRun(seed: number, kind: Kind, queued = 150): Promise<Account> {
  const account: Account = {
    ...{ faults: [], hits: 0, purges: 0, forms: 0, letIn: 0, late: 0, outage: 0 },
    ...{ by: null, most: 0, limit: LIMIT, times: [] },
  }
  const house = await build(seeded(seed), kind, account, queued)
  try {
    await populate(house)
    const isOver = (): boolean => house.isOver
    const posting = house.nodes.flatMap(node => ['/sign', '/once'].map(path => house.forms.post(node, path, isOver)))
    const queue = house.waiting.come(house.nodes, isOver, () => house.isWell)
    // Heard below, after all is well again.
    queue.catch(() => {})
    await Promise.all([
      ...house.nodes.flatMap(node => visitors(house, node)),
      ...[...posting, purging(house), storms(house)],
    ])
    await reckon(house)
    house.isWell = true
    await queue
    const { faults, late } = house.waiting.reckon(house.outages, account.outage)
    account.faults.push(...faults)
    account.late = late
    const living = house.nodes.filter(({ isLost }) => !isLost).map(({ shield }) => shield)
    account.faults.push(...(await house.forms.reckon(living)))
  } catch (error) {
    account.faults.push(error instanceof Error ? error.message : String(error))
  } finally {
    ;[house.isOver, house.isWell] = [true, true]
    if (account.faults.length > 0) account.faults.push(...saidBy(house))
    await Promise.all(
      [...house.nodes.map(({ shield }) => shield), ...house.old].map(each => each[Symbol.asyncDispose]()),
    )
    await Promise.all(house.wires.map(wire => wire[Symbol.asyncDispose]()))
    for (const each of [house.redis, house.replica, house.origin]) await each?.[Symbol.asyncDispose]()
    house.network?.[Symbol.dispose]()
  }
  account.forms = house.forms.acknowledged
  account.letIn = house.waiting.entered
  account.most = house.origin.most()
  if (account.most > LIMIT) account.faults.push(`${account.most} requests at the origin at once`)
  if ([account.hits, account.purges, account.forms, account.letIn].includes(0)) account.faults.push('nothing happened')
  return account
}

/** What nodes have said of the cluster, for whoever looks for the cause of a fault. */
const saidBy = ({ nodes }: House): string[] =>
  nodes.flatMap(({ name, shield }) =>
    shield
      .logs()
      .filter(({ event }) => /^(cluster|forms|waiting)-|^thread-died$/.test(event))
      .map(entry => `${name} at ${String(entry['time'])}: ${entry.event} ${JSON.stringify(entry['why'] ?? '')}`),
  )

async function build(random: Random, kind: Kind, account: Account, most: number): Promise<House> {
  const network = kind === 'partition' && mayMakeNetworks() ? new Network(NAMES) : null
  if (kind === 'partition') account.by = network === null ? 'wire: no network namespace may be made here' : 'namespaces'
  const redis = await Redis.start([], network ?? undefined)
  const replica = kind === 'replica' ? await Redis.start(['--replicaof', '127.0.0.1', String(redis.port)]) : null
  const versions = new Map<string, number>()
  const forms = new FormsTraffic(random)
  const waiting = new WaitingTraffic(random, most)
  const origin = await Origin.start({ ...forms.pages, '*': ({ path }) => pageOf(path, versions) })
  const house: House = {
    ...{ random, kind, redis, replica, network, forms, waiting, origin, versions, account },
    ...{ nodes: [], wires: [], old: [], owed: [], isOver: false, isWell: false, outages: 0 },
  }
  return house
}

/** Each stands in the house as soon as it has started, so that it ends with the others where one does not start. */
async function populate(house: House): Promise<void> {
  const begun = await Promise.allSettled(
    NAMES.map(async name => {
      const wire = await Wire.start(house.redis.port)
      house.wires.push(wire)
      const shield = await start(house, name, wire)
      house.nodes.push({ name, wire, shield, isUp: true, isLost: false, life: 1, hits: 0 })
    }),
  )
  for (const each of begun) if (each.status === 'rejected') throw each.reason
  house.nodes.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Pages below /own are one visitor's; all others are stored, and say which version they are. */
function pageOf(path: string, versions: Map<string, number>): Page {
  if (path.startsWith('/own') || path.startsWith('/queue'))
    return { body: 'own', fields: { 'cache-control': 'no-store' }, work: 25 }
  return { body: String(versions.get(path) ?? 1), fields: { 'cache-control': 'max-age=3600' } }
}

function start(house: House, name: string, wire: Wire, data?: string): Promise<Shield> {
  const { replica, origin, network, redis } = house
  const primary = network === null ? wire.url : `redis://${network.addressFor(name)}:${redis.port}`
  return startNode({
    ...{ name, servers: [primary, ...(replica === null ? [] : [replica.url])], origins: [origin.url] },
    ...{ concurrency: LIMIT, ...(data === undefined ? {} : { data }) },
    ...{ rules: [...FORM_RULES, ...QUEUE_RULES], waitingRoom: QUEUE, cluster: { takeOver: '3s' } },
  })
}

/** Those who need the origin, and one whose page is stored. */
function visitors(house: House, node: Node): Promise<void>[] {
  const needing = Array.from({ length: VISITORS }, async (_, i) => {
    while (!house.isOver) {
      if (node.isUp) await ask(node.shield.port, `/own/${i}`).catch(() => {})
      await sleep(5 + below(house.random, 20))
    }
  })
  return [...needing, hitting(house, node)]
}

async function hitting(house: House, node: Node): Promise<void> {
  /** The life in which the page was seen in its store. */
  let stored = 0
  while (!house.isOver) {
    const { isUp, life } = node
    if (isUp) {
      const fault = await ask(node.shield.port, '/stored').then(
        ({ status, cache }) => (status === 200 && cache.includes('hit') ? null : `${status} ${cache}`),
        (error: unknown) => String(error),
      )
      if (fault === null) {
        stored = life
        house.account.hits++
        node.hits++
        // What we did to it meanwhile is no fault of its own.
      } else if (stored === life && node.isUp && node.life === life)
        house.account.faults.push(`${new Date().toISOString()}, a hit at ${node.name}: ${fault}`)
    }
    await sleep(10)
  }
}

/** Changes a page, purges it at some node, and looks at each node that is said to have it. */
async function purging(house: House): Promise<void> {
  for (let n = 0; !house.isOver; n++) {
    await sleep(100 + below(house.random, 300))
    const up = house.nodes.filter(({ isUp }) => isUp)
    const by = up[below(house.random, up.length)]
    if (by === undefined) continue
    const path = `/page/${n % 20}`
    await Promise.all(up.map(({ shield }) => ask(shield.port, path).catch(() => {})))
    const version = (house.versions.get(path) ?? 1) + 1
    house.versions.set(path, version)
    const { life } = by
    const from = performance.now()
    const answer = await purge(by.shield, { urls: [`http://${HOST}${path}`], hard: true }).catch(() => null)
    if (answer === null) continue
    house.account.purges++
    if (answer.without.length === 0 && answer.nodes.length === NAMES.length)
      house.account.times.push(performance.now() - from)
    house.owed.push({ path, by, life, isEverywhere: answer.without.length === 0 })
    for (const name of answer.nodes) await look(house, name, path, version)
  }
}

async function look(house: House, name: string, path: string, version: number): Promise<void> {
  const node = house.nodes.find(each => each.name === name)!
  const { isUp, life } = node
  if (!isUp) return
  const text = await ask(node.shield.port, path).then(
    ({ status, text }) => (status === 200 ? text : null),
    () => null,
  )
  if (text !== null && Number(text) < version && node.life === life)
    house.account.faults.push(`${name} has purged ${path} and serves version ${text} of ${version}`)
}

/** Things go wrong, and are mended; twice. */
async function storms(house: House): Promise<void> {
  const isReady = async (): Promise<boolean> => {
    const states = await Promise.all(house.nodes.map(({ shield }) => stateOf(shield)))
    return states.every(state => (state?.shares[0]?.share ?? 0) > 0) && house.nodes.every(({ hits }) => hits > 0)
  }
  await until('all nodes serve and share', isReady, PATIENCE)
  for (let round = 0; round < 2; round++) {
    await sleep(500 + below(house.random, 1500))
    const node = house.nodes[below(house.random, house.nodes.length)]!
    const from = performance.now()
    await goWrong[house.kind](house, node, SHORTEST + below(house.random, LONGEST - SHORTEST))
    if (house.kind === 'calm') continue
    house.outages++
    house.account.outage += performance.now() - from
    // A replica is promoted once, one pause is long enough, and two nodes are to stay.
    if (['replica', 'pause', 'lost'].includes(house.kind)) break
  }
  await sleep(1000)
  house.isOver = true
}

const goWrong: Record<Kind, (house: House, node: Node, ms: number) => Promise<void>> = {
  calm: (_, __, ms) => sleep(ms),
  node: async (house, node, ms) => {
    node.isUp = false
    node.shield.kill('SIGKILL')
    await node.shield.child.ended
    await sleep(ms)
    house.old.push(node.shield)
    node.shield = await start(house, node.name, node.wire, node.shield.data)
    node.life++
    node.isUp = true
  },
  lost: async (_, node, ms) => {
    node.isUp = false
    node.isLost = true
    node.shield.kill('SIGKILL')
    await node.shield.child.ended
    await sleep(ms)
  },
  'paused-node': async (_, node, ms) => {
    node.isUp = false
    node.shield.kill('SIGSTOP')
    await sleep(ms)
    node.shield.kill('SIGCONT')
    node.life++
    node.isUp = true
  },
  server: async ({ redis }, _, ms) => {
    await redis.kill()
    await sleep(ms)
    await redis.begin()
  },
  empty: async ({ redis }, _, ms) => {
    await redis.kill()
    await sleep(ms)
    await redis.beginEmpty()
  },
  pause: async ({ redis }) => {
    redis.signal('SIGSTOP')
    await sleep(PAUSED)
    redis.signal('SIGCONT')
  },
  partition: async ({ network }, { name, wire }, ms) => {
    if (network === null) wire.cut()
    else network.cut(name)
    await sleep(ms)
    if (network === null) wire.mend()
    else network.mend(name)
  },
  wire: async (_, { wire }, ms) => {
    wire.cut()
    await sleep(ms)
    wire.mend()
  },
  replica: async ({ redis, replica }, _, ms) => {
    await redis.kill()
    await sleep(ms)
    await replica!.ask('REPLICAOF', 'NO', 'ONE')
  },
}

/** All is well again: every node has every purge that it has to have. */
async function reckon(house: House): Promise<void> {
  const living = house.nodes.filter(({ isLost }) => !isLost)
  for (const { name, shield } of living)
    await until(
      `${name} is joined and current`,
      async () => {
        const state = await stateOf(shield)
        return state?.state === 'joined' && state.purges.isCurrent
      },
      PATIENCE,
    )
  const owed = house.owed.filter(({ by, life, isEverywhere }) => isEverywhere || (by.life === life && !by.isLost))
  for (const path of new Set(owed.map(({ path }) => path))) {
    const last = house.owed.findLast(each => each.path === path)!
    if (!owed.includes(last)) continue
    for (const { name, shield } of living)
      await until(
        `${name} has ${path} in version ${house.versions.get(path)}`,
        async () => {
          const { status, text } = await ask(shield.port, path)
          return status === 200 && Number(text) === house.versions.get(path)
        },
        PATIENCE,
      )
  }
}
