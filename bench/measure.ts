// One round of load on one server: CPU time before and after, and everything that would make the round worthless.

import { performance } from 'node:perf_hooks'
import { get } from './http.ts'
import { send } from './load/wrk.ts'
import type { Load, Outcome } from './load/wrk.ts'
import { body } from './pages.ts'
import { coreBusySeconds, cpuSeconds } from './proc.ts'
import type { Reading, Subject } from './cases/case.ts'
import type { Server } from './peers/peer.ts'
import type { World } from './world.ts'

/** A load and what has to be true of it. */
export interface Work {
  /** For wrk, or whoever else sends it. */
  readonly load: Load | Sender
  /** Pages are looked at over TLS. */
  readonly secure?: true
  /** Bytes of each page. */
  readonly pageBytes: number
  /** Pages looked at before and after. */
  readonly samples: readonly string[]
  /** The share of requests that the origin has to see, 0 for hits. */
  readonly originShare: number
  /** Requests a second that have to be kept, give or take a seventh; unset when it is as many as it can. */
  readonly rate?: number
}

/** Sends load to a server for the world's seconds. */
type Sender = (server: Server, world: World) => Promise<Outcome>

/** The origin may see this share more or less than it should, for background work and what the end of a round cuts off. */
const ORIGIN_TOLERANCE = 0.1
/** Requests that do not count against hits: health probes, and readiness probes of servers that start meanwhile. */
const ORIGIN_ALLOWANCE = 20
const RATE_TOLERANCE = 0.15

/**
 * Sends the load for the world's seconds; CPU microseconds a request, the rate, the percentage of the
 * measured core that went to others, and times of answers in milliseconds.
 */
export async function measureLoad(subject: Subject, world: World, work: Work): Promise<Reading> {
  const { server } = subject
  const before = await wrongSamples(subject, work)
  const fetched = await world.origin.requests()
  const cpu = cpuSeconds(server.pid)
  const busy = coreBusySeconds(world.cores.server)
  const begun = performance.now()
  const outcome = await sendTo(server, work.load, world)
  const took = (performance.now() - begun) / 1000
  const used = cpuSeconds(server.pid) - cpu
  const others = Math.max(0, (coreBusySeconds(world.cores.server) - busy - used) / took) * 100
  const fromOrigin = (await world.origin.requests()) - fetched
  const problems = [...before, ...wrongOutcome(outcome, work, fromOrigin), ...(await wrongSamples(subject, work))]
  if (used <= 0) problems.push('the server used no CPU time: not the process that answers is watched')
  const { requests, seconds, p50, p99 } = outcome
  const values = { cpu: (used / requests) * 1e6, rate: requests / seconds, others, p50, p99 }
  return { values, problems: [...new Set(problems)] }
}

function sendTo(server: Server, load: Load | Sender, world: World): Promise<Outcome> {
  if (typeof load === 'function') return load(server, world)
  return send(load, portFor(server, load.secure), world.seconds, world.cores.load, world.folder)
}

/** Where it is asked, over TLS or not. */
export function portFor({ name, port, securePort }: Server, secure?: boolean): number {
  if (secure !== true) return port
  if (securePort === undefined) throw new Error(`${name} was started without HTTPS`)
  return securePort
}

/** Asks for the samples: status, every byte of the body, and whether it says what we expect of where it came from. */
async function wrongSamples({ peer, server }: Subject, work: Work): Promise<string[]> {
  const problems: string[] = []
  for (const path of work.samples) {
    const answer = await get(portFor(server, work.secure), path, work.secure)
    if (answer.status !== 200) problems.push(`${path} was answered ${answer.status}`)
    else if (!answer.body.equals(body(path))) problems.push(`${path} came with a wrong body`)
    else if (peer.isHit(answer.headers) === path.startsWith('/no-store/')) problems.push(`${path} ${WRONG_SOURCE}`)
  }
  return problems
}

const WRONG_SOURCE = 'says it came from the store where it should not, or the other way round'

/** What is wrong with the outcome of a load; `fromOrigin` requests reached the origin meanwhile. */
export function wrongOutcome(outcome: Outcome, work: Omit<Work, 'load' | 'samples'>, fromOrigin: number): string[] {
  const { requests, bytes, errors } = outcome
  const problems = Object.entries(errors).map(([kind, count]) => `${count} ${kind} errors`)
  if (requests === 0) return [...problems, 'not one request was answered']
  if (bytes / requests < work.pageBytes) problems.push(`answers were ${Math.round(bytes / requests)} bytes on average`)
  const expected = requests * work.originShare
  if (Math.abs(fromOrigin - expected) > expected * ORIGIN_TOLERANCE + ORIGIN_ALLOWANCE)
    problems.push(`${fromOrigin} of ${requests} requests reached the origin instead of ${Math.round(expected)}`)
  const rate = requests / outcome.seconds
  if (work.rate !== undefined && Math.abs(rate / work.rate - 1) > RATE_TOLERANCE)
    problems.push(`the rate was ${Math.round(rate)}/s instead of ${Math.round(work.rate)}/s`)
  return problems
}
