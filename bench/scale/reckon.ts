// From what one of each costs to how many machines: the arithmetic of docs/scale.md, pure, with every assumption a number that can be said
// otherwise.

import type { Units } from './units.ts'

/** What a crowd is taken to do. */
export interface Crowd {
  /** Requests of one visitor that are answered from the store, and of those that have to go to the origin. */
  hits: number
  misses: number
  /** Parts of all visitors: who waits, and who sends a form. */
  waiting: number
  forms: number
  /** Seconds that who waits does so. */
  wait: number
  /** How many times the mean of the hour its busiest minute is. */
  peak: number
  /** Pages an hour that no node has, and purges an hour. */
  cold: number
  purges: number
}

export interface Machines {
  /** Cores of a node, and how much of them and of the server's one core is to be used at the peak. */
  cores: number
  use: number
}

export interface Sizing {
  visitors: number
  /** A second, at the peak. */
  requests: number
  entries: number
  forms: number
  /** At once. */
  waiters: number
  connections: number
  /** Cores that the nodes need, nodes with one to spare, GiB of memory of each. */
  cores: number
  nodes: number
  gib: number
  /** Scripts and commands a second, and the part of the server's core they take. */
  scripts: number
  commands: number
  share: number
  /** The same without what nodes say by being there. */
  work: number
}

/** A visitor's connection stays open for so long, seconds. */
const CONNECTED = 60
/** Of a poll (admission/waiting/place.ts): so many within the wait that is left, each after 2 to 30 seconds. */
const POLLS = 20
const SOONEST = 2
const LATEST = 30

/** How often somebody asks for their place who waits for so many seconds. */
export function pollsIn(seconds: number): number {
  let polls = 0
  for (let left = seconds; left > 0; polls++) left -= Math.min(LATEST, Math.max(SOONEST, left / POLLS))
  return polls
}

/** What a node asks of the server in a second by being one of `nodes`: each round looks at what every other node has said. */
export function idleAt(units: Pick<Units, 'idle'>, nodes: number, key: 'scripts' | 'commands' | 'server'): number {
  const few = units.idle[0]!
  const many = units.idle.at(-1)!
  const slope = many.nodes > few.nodes ? Math.max(0, (many[key] - few[key]) / (many.nodes - few.nodes)) : 0
  return Math.max(0, few[key] + slope * (nodes - few.nodes))
}

export function sizingFor(visitors: number, units: Units, crowd: Crowd, machines: Machines): Sizing {
  const each = (visitors / 3600) * crowd.peak
  const [entries, forms] = [each * crowd.waiting, each * crowd.forms]
  const polls = entries * pollsIn(crowd.wait)
  const rates = {
    hit: each * crowd.hits,
    miss: each * crowd.misses,
    arrival: entries,
    poll: polls,
    entry: entries,
    form: forms,
  }
  const kinds = Object.keys(rates) as (keyof typeof rates)[]
  const cold = (crowd.cold / 3600) * crowd.peak
  const cpu = kinds.reduce((sum, kind) => sum + rates[kind] * units[kind].cpu, cold * units.cold.cpu)
  const cores = cpu / 1e6
  const nodes = Math.max(2, Math.ceil(cores / (machines.cores * machines.use)) + 1)
  const asked = (key: 'scripts' | 'commands' | 'server'): { work: number; all: number } => {
    const work =
      kinds.reduce((sum, kind) => sum + rates[kind] * units[kind][key], 0) +
      cold * units.cold[key] * nodes +
      (crowd.purges / 3600) * (units.purge[key] / units.purgeMs.nodes) * nodes
    return { work, all: work + nodes * idleAt(units, nodes, key) }
  }
  const waiters = entries * crowd.wait
  const connections = each * CONNECTED
  const { memory } = units
  const bytes = (waiters * memory.waiter + connections * memory.connection + rates.miss * memory.miss) / (nodes - 1)
  const server = asked('server')
  return {
    ...{
      visitors,
      requests: rates.hit + rates.miss + polls + 2 * entries + forms,
      entries,
      forms,
      waiters,
      connections,
    },
    ...{ cores, nodes, gib: bytes / 2 ** 30, scripts: asked('scripts').all, commands: asked('commands').all },
    ...{ share: server.all / 1e6, work: server.work / 1e6 },
  }
}

/** The most visitors an hour, to two digits, with which the server's core is used no more than it is to be. */
export function mostFor(units: Units, crowd: Crowd, machines: Machines): number {
  let [low, high] = [0, 1e12]
  while (high / Math.max(1, low) > 1.01) {
    const middle = Math.sqrt(Math.max(1, low) * high)
    if (sizingFor(middle, units, crowd, machines).share <= machines.use) low = middle
    else high = middle
  }
  return Number(low.toPrecision(2))
}
