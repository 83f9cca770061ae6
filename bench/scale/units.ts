// What one of each thing costs: CPU of the node that is asked, its memory, and what the cluster's server has to do for it. What goes on
// anyway (heartbeats, shares, rounds of waiting rooms) is measured first, and taken off.

import { setTimeout as sleep } from 'node:timers/promises'
import { hold } from '../load/idle.ts'
import { liveBytes } from '../load/heap.ts'
import { Visitors } from '../load/visitors.ts'
import { send } from '../load/wrk.ts'
import type { Walk } from '../load/script.ts'
import { HOST } from '../browser.ts'
import { PAGES, paths } from '../pages.ts'
import { cpuSeconds, residentBytes } from '../proc.ts'
import { coldTimes } from './cold.ts'
import type { ColdTimes } from './cold.ts'
import { bytesBelow, heldRequests, postForms, writtenBytes } from './loads.ts'
import { ROOM_PATH, admin } from './house.ts'
import type { House } from './house.ts'
import { until } from './until.ts'

/** What the cluster's server does. */
export interface Asked {
  scripts: number
  commands: number
  /** CPU microseconds. */
  server: number
}

/** `cpu`: microseconds of the nodes, which is the one that was asked where the others have no part in it. */
export interface Cost extends Asked {
  cpu: number
}

export interface Units {
  /** A second of one node among so many, with nothing to do but to be there. */
  idle: (Cost & { nodes: number })[]
  hit: Cost
  miss: Cost
  cold: Cost
  arrival: Cost
  poll: Cost
  entry: Cost
  form: Cost
  /** A purge, over all nodes. */
  purge: Asked
  /** Bytes: of a connection that waits for its visitor, of a stored response of 8 KiB, of a request on its way to the origin, of a waiter. */
  memory: { connection: number; stored: number; miss: number; waiter: number }
  /** Bytes for a form of 1 KiB: in the data directory, written to the disk in all, in the server's memory until it is delivered. */
  formBytes: { kept: number; written: number; server: number }
  /** Milliseconds until all nodes had acknowledged a purge. */
  purgeMs: { median: number; most: number; count: number; nodes: number }
  /** Until a visitor has a page that the node has not. */
  coldMs: ColdTimes
}

export interface Extent {
  /** Of each load. */
  seconds: number
  visitors: number
  forms: number
  purges: number
  /** Core that loads come from, and a folder for their scripts. */
  core: number
  folder: string
  say: (line: string) => void
}

/** Within the equal part of what the origin bears that each of three nodes has. */
const HELD = 250
const CONNECTIONS = 6000
const SETTLE_MS = 1500

/** What goes on anyway, a second of one node. */
export async function idle(house: House, seconds: number): Promise<Cost & { nodes: number }> {
  await sleep(SETTLE_MS)
  const before = await read(house)
  await sleep(seconds * 1000)
  const nodes = house.nodes.length
  const all = over(before, await read(house), { scripts: 0, commands: 0, server: 0, cpu: 0 }, seconds)
  return {
    nodes,
    cpu: all.cpu / nodes,
    scripts: all.scripts / nodes,
    commands: all.commands / nodes,
    server: all.server / nodes,
  }
}

/** All but `idle`, one after the other. */
export async function units(house: House, { say, ...extent }: Extent, rest: Cost): Promise<Omit<Units, 'idle'>> {
  const { port, process } = house.nodes[0]!
  const nodes = house.nodes.length
  const always = {
    cpu: rest.cpu * nodes,
    scripts: rest.scripts * nodes,
    commands: rest.commands * nodes,
    server: rest.server * nodes,
  }
  const load = (walk: Walk) =>
    send({ walk, connections: 64, threads: 1 }, port, extent.seconds, extent.core, extent.folder)
  const around = async (act: () => Promise<number>): Promise<Cost> => {
    const before = await read(house)
    const begun = performance.now()
    const count = await act()
    return over(before, await read(house), always, count, (performance.now() - begun) / 1000)
  }
  const walked = (walk: Walk) => around(async () => (await load(walk)).requests)
  const pages = { kind: 'walk', paths: paths(8), head: 'browser' } as const
  say('connections')
  // Before any load, so that none of them has room that another one left behind.
  ;(await hold(200, port, paths(8)[1]!, 8192)).close()
  await sleep(SETTLE_MS)
  const empty = residentBytes(process.pid)
  const held = await hold(CONNECTIONS, port, paths(8)[1]!, 8192)
  const connection = (residentBytes(process.pid) - empty) / held.open()
  held.close()
  await load(pages)

  say('hits and misses')
  const hit = unasked(await walked(pages))
  const passed = { kind: 'walk', paths: paths(8, 'no-store'), head: 'browser' } as const
  await load(passed)
  const miss = unasked(await walked(passed))
  say('pages that nobody has yet')
  const before = await stored(house)
  const cold = await walked({ kind: 'distinct', path: paths(8)[0]!, from: 1_000_000 })
  const after = await stored(house)
  const [entries, bytes] = [after.entries - before.entries, after.bytes - before.bytes]
  if (entries < PAGES) throw new Error(`only ${entries} pages were stored`)

  say('pages that nobody has yet, one after the other')
  const coldMs = await coldTimes(house)

  say('requests on their way to the origin')
  const inFlight = await heldMemory(house)

  const waiting = await waiters(house, extent, around, say)
  const forms = await formCosts(house, extent, around, say)
  say('purges')
  const { times, ...purge } = await purges(house, extent.purges, around)
  const memory = { connection, stored: bytes / entries, miss: inFlight, waiter: waiting.waiter }
  return {
    ...{ hit, miss, cold, arrival: waiting.arrival, poll: waiting.poll, entry: waiting.entry, memory },
    ...{ form: forms.cost, formBytes: forms.bytes, purge },
    purgeMs: { median: times[times.length >> 1]!, most: times.at(-1)!, count: times.length, nodes },
    coldMs,
  }
}

type Around = (act: () => Promise<number>) => Promise<Cost>

/** What is alive, since memory that an earlier load has left behind is used again. */
async function heldMemory({ nodes, site }: House): Promise<number> {
  const { port, inspectorPort } = nodes[0]!
  // As often before as it is counted, so that what the first requests leave behind is not counted.
  await (
    await heldRequests(port, site, HELD)
  )()
  await sleep(SETTLE_MS)
  const before = await liveBytes(inspectorPort!)
  const release = await heldRequests(port, site, HELD)
  const each = ((await liveBytes(inspectorPort!)) - before) / HELD
  await release()
  return Math.max(0, each)
}

async function waiters(
  house: House,
  { visitors: count }: Pick<Extent, 'visitors'>,
  around: Around,
  say: Extent['say'],
) {
  const [node] = house.nodes as [House['nodes'][number]]
  const visitors = await Visitors.come(count, node.port)
  /** How many were answered so; some may be asked to wait a moment longer. */
  const all = (path: string, wanted: number) => async (): Promise<number> => {
    const statuses = await visitors.ask(path)
    const so = statuses[wanted] ?? 0
    if (so < count / 2) throw new Error(`${path} was answered ${JSON.stringify(statuses)}`)
    return so
  }
  try {
    say(`${count} visitors in the waiting room`)
    for (let times = 0; times < 3; times++) await visitors.ask(paths(1)[0]!)
    const before = await liveBytes(node.inspectorPort!)
    const arrival = await around(all(ROOM_PATH, 503))
    await visitors.ask(POLL)
    const poll = unasked(await around(all(POLL, 200)))
    const waiter = ((await liveBytes(node.inspectorPort!)) - before) / count
    await admin(node, '/api/waiting-rooms', { site: 'pages', room: 'room', rate: '10000/s' })
    await until('all are called', async () => (await called(node)) >= count * 0.98)
    const entry = await around(all(ROOM_PATH, 200))
    return { arrival, poll, entry, waiter }
  } finally {
    visitors.leave()
  }
}

const POLL = '/.breakwater/waiting/room'

async function called(node: House['nodes'][number]): Promise<number> {
  const { waitingRooms } = (await admin(node, '/api/stats')) as { waitingRooms: { called: number }[] }
  return waitingRooms[0]!.called
}

async function formCosts(house: House, { forms: count }: Pick<Extent, 'forms'>, around: Around, say: Extent['say']) {
  const [node] = house.nodes as [House['nodes'][number]]
  say(`${count} forms`)
  await postForms(node.port, 200, 0)
  await until('the first are delivered', () => house.site.forms >= 200)
  await admin(node, '/api/journal', { do: 'pause', site: 'forms' })
  await sleep(SETTLE_MS)
  const [kept, memory, written] = [
    bytesBelow(node.data),
    (await house.redis.counts()).memory,
    writtenBytes(node.process.pid),
  ]
  let bytes = { kept: 0, written: 0, server: 0 }
  const cost = await around(async () => {
    await postForms(node.port, count, 1000)
    bytes = {
      kept: (bytesBelow(node.data) - kept) / count,
      written: 0,
      server: ((await house.redis.counts()).memory - memory) / count,
    }
    await admin(node, '/api/journal', { do: 'resume', site: 'forms' })
    await until('all forms are delivered', () => house.site.forms >= 200 + count)
    // What is delivered is written down and taken off the server a moment later.
    await sleep(SETTLE_MS)
    bytes.written = (writtenBytes(node.process.pid) - written) / count
    return count
  })
  return { cost, bytes }
}

/** Each at the first node, and how long it took until all had acknowledged it. */
async function purges(house: House, count: number, around: Around): Promise<Asked & { times: number[] }> {
  const times: number[] = []
  const { scripts, commands, server } = await around(async () => {
    for (let n = 0; n < count; n++) {
      const from = performance.now()
      const answer = await admin(house.nodes[0]!, '/api/purge', { urls: [`http://${HOST}${paths(8)[n % PAGES]!}`] })
      times.push(performance.now() - from)
      const { nodes, without } = answer as { nodes: string[]; without: string[] }
      if (nodes.length !== house.nodes.length) throw new Error(`without ${without.join()}: ${JSON.stringify(answer)}`)
      await sleep(20)
    }
    return count
  })
  return { scripts, commands, server, times: times.toSorted((a, b) => a - b) }
}

interface Read extends Asked {
  cpu: number
}

async function read({ redis, nodes }: House): Promise<Read> {
  const { scripts, commands, cpu } = await redis.counts()
  const seconds = nodes.reduce((sum, { process }) => sum + cpuSeconds(process.pid), 0)
  return { scripts, commands, server: cpu, cpu: seconds * 1e6 }
}

/** Scripts for one below which the server was not asked: what is left over is the unrest of what goes on anyway. */
const ASKED = 0.01

/** What never asks the server. Throws where it did. */
function unasked({ cpu, scripts }: Cost): Cost {
  if (scripts >= ASKED)
    throw new Error(`the server was asked ${scripts.toFixed(3)} times for one that needs nothing of it`)
  return { cpu, scripts: 0, commands: 0, server: 0 }
}

/** Of each of `count`, without what goes on anyway in so many seconds; never less than nothing. */
function over(before: Read, after: Read, always: Cost, count: number, seconds = 0): Cost {
  const each = (key: keyof Cost): number => Math.max(0, (after[key] - before[key] - always[key] * seconds) / count)
  return { cpu: each('cpu'), scripts: each('scripts'), commands: each('commands'), server: each('server') }
}

async function stored({ nodes }: House): Promise<{ entries: number; bytes: number }> {
  const { store } = (await admin(nodes[0]!, '/api/stats')) as { store: { records: number; bytesUsed: number } }
  return { entries: store.records, bytes: store.bytesUsed }
}
