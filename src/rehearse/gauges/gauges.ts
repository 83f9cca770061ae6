// The gauges of the processes that answer on a port: read each second, as what happened since the second before.
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { memoryLimitOf } from './memory-limit.ts'
import {
  conntrackUsed,
  disks,
  fileLimitOf,
  filesOf,
  hostCpu,
  inodeOf,
  isEstablished,
  isListening,
  listenOverflows,
  memoryLeft,
  memoryOf,
  nameOf,
  processesOn,
  servicesAmong,
  tcpSockets,
  threadsOf,
  type TcpSocket,
} from './proc.ts'
import type { Sample } from '../sources/source.ts'
import { Stalls } from './stalls.ts'

/** Connections that the site's processes hold to one other service. */
export interface Outgoing {
  port: number
  connections: number
  /** What the busiest thread of the service wanted of a core, when it runs on this machine. */
  threadWanted?: number
}

/** One second. Shares are from 0 to 1. */
export interface Reading {
  /** Whether the site's own processes are seen; otherwise only `samples` say anything. */
  seen: boolean
  /** Of one core: what the busiest thread ran; and what it ran or stood ready to run, had there been a CPU free. */
  threadRan: number
  threadWanted: number
  /** Of a second: what one thread ran, stood ready to run and waited for a disk; the one that had most of it. */
  threadTaken: number
  /** Of all cores: what all threads of the site ran. */
  siteCpu: number
  /** Of all cores: whatever ran on the machine. */
  hostCpu: number
  memoryBytes: number
  memoryLeft: number
  openFiles: number
  /** Visitors' connections that the site has taken; those that wait to be; those that were turned away. */
  connections: number
  acceptQueue: number
  overflows: number
  outgoing: Outgoing[]
  /** The busiest disk. */
  disk: number
  /** The time in which a thread of the site waited for a disk. */
  stalled: number
  /** Memory of the site's processes as a share of what they may have; 0 where nothing bounds it. */
  memoryShare: number
  /** Whether the site's processes are others than a second before: they died, or were begun anew. */
  restarted: boolean
  /** The kernel's table of connections. */
  conntrack: number
  /** What sources beside /proc tell. */
  samples: readonly Sample[]
}

/** Of a site that cannot be looked at: nothing is full. */
export const UNSEEN: Reading = {
  seen: false,
  threadRan: 0,
  threadWanted: 0,
  threadTaken: 0,
  siteCpu: 0,
  hostCpu: 0,
  memoryBytes: 0,
  memoryLeft: 1,
  openFiles: 0,
  connections: 0,
  acceptQueue: 0,
  overflows: 0,
  outgoing: [],
  disk: 0,
  stalled: 0,
  memoryShare: 0,
  restarted: false,
  conntrack: 0,
  samples: [],
}

type Holdings = Pick<
  Reading,
  'memoryBytes' | 'memoryShare' | 'memoryLeft' | 'openFiles' | 'connections' | 'acceptQueue' | 'outgoing'
>

interface Mark {
  at: number
  threads: Map<string, { ranMs: number; waitedMs: number }>
  host: { busy: number; total: number }
  disks: Map<string, number>
  overflows: number
}

export class Gauges {
  readonly port: number
  /** What the process is called; undefined when nobody is seen to listen, and then nothing is known. */
  readonly name: string | undefined
  #pids: number[]
  #fileLimit = Infinity
  #memoryLimit = Infinity
  readonly #stalls: Stalls
  #before: Mark

  constructor(port: number) {
    this.port = port
    this.#pids = processesOn(port)
    this.name = this.#pids[0] === undefined ? undefined : nameOf(this.#pids[0])
    this.#learnLimits()
    this.#stalls = new Stalls(() => this.#pids)
    this.#before = this.#mark()
  }

  /** Looks no more. */
  close(): void {
    this.#stalls.close()
  }

  #learnLimits(): void {
    this.#fileLimit = Math.min(...this.#pids.map(fileLimitOf), Infinity)
    this.#memoryLimit = Math.min(...this.#pids.map(memoryLimitOf), Infinity)
  }

  /** Whether a process of the site has gone; then those that listen now are the site. */
  #followRestart(): boolean {
    if (this.name === undefined || this.#pids.every(pid => existsSync(`/proc/${pid}`))) return false
    const now = processesOn(this.port)
    if (now.length === 0) return true
    this.#pids = now
    this.#learnLimits()
    return true
  }

  /** What has happened since it was last called. */
  read(): Reading {
    const before = this.#before
    const restarted = this.#followRestart()
    const now = (this.#before = this.#mark())
    const elapsed = Math.max(1, now.at - before.at)
    const stalls = this.#stalls.take()
    const threads = [...now.threads].map(([id, { ranMs, waitedMs }]) => {
      const was = before.threads.get(id) ?? { ranMs, waitedMs }
      const [ran, waited] = [(ranMs - was.ranMs) / elapsed, (waitedMs - was.waitedMs) / elapsed]
      return { ran, waited, taken: ran + waited + (stalls.of.get(id) ?? 0) }
    })
    const ran = threads.reduce((sum, each) => sum + each.ran, 0)
    const busiest = threads.toSorted((a, b) => b.ran - a.ran)[0] ?? { ran: 0, waited: 0 }
    const host = (now.host.busy - before.host.busy) / Math.max(1, now.host.total - before.host.total)
    const busyDisks = [...now.disks].map(([name, busy]) => (busy - (before.disks.get(name) ?? busy)) / elapsed)
    return {
      threadRan: Math.min(1, busiest.ran),
      threadWanted: Math.min(1, busiest.ran + busiest.waited),
      threadTaken: Math.min(1, Math.max(0, ...threads.map(each => each.taken))),
      siteCpu: ran / availableParallelism(),
      hostCpu: host,
      disk: Math.min(1, Math.max(0, ...busyDisks)),
      seen: true,
      stalled: stalls.any,
      restarted,
      overflows: now.overflows - before.overflows,
      conntrack: conntrackUsed(),
      samples: [],
      ...this.#holdings(),
    }
  }

  #mark(): Mark {
    const threads = new Map(this.#pids.flatMap(pid => [...threadsOf(pid)]))
    return { at: performance.now(), threads, host: hostCpu(), disks: disks(), overflows: listenOverflows() }
  }

  /** What each process has open. From when on a service of the site is seen to be one, it is looked at apart. */
  #ownFiles(sockets: readonly TcpSocket[]): string[][] {
    const files = new Map(this.#pids.map(pid => [pid, filesOf(pid)]))
    const services = new Set(servicesAmong(files, this.port, sockets))
    this.#pids = this.#pids.filter(pid => !services.has(pid))
    return this.#pids.map(pid => files.get(pid)!)
  }

  /** What the processes hold at this moment. */
  #holdings(): Holdings {
    const sockets = tcpSockets()
    const files = this.#ownFiles(sockets)
    const own = new Set(files.flat().flatMap(file => inodeOf(file) ?? []))
    const open = sockets.filter(each => isEstablished(each) && own.has(each.inode))
    const ownPorts = new Set(
      sockets.filter(each => isListening(each) && own.has(each.inode)).map(each => each.localPort),
    )
    const outgoing = new Map<string, Outgoing>()
    for (const each of open) {
      if (ownPorts.has(each.localPort)) continue
      const key = `${each.remote}:${each.remotePort}`
      const entry = outgoing.get(key) ?? { port: each.remotePort, connections: 0 }
      outgoing.set(key, { ...entry, connections: entry.connections + 1 })
    }
    const listening = sockets.filter(each => isListening(each) && each.localPort === this.port)
    const memory = this.#pids.map(pid => memoryOf(pid))
    return {
      memoryBytes: memory.reduce((sum, each) => sum + each, 0),
      memoryShare: Math.min(1, Math.max(0, ...memory) / this.#memoryLimit),
      memoryLeft: memoryLeft(),
      openFiles: Math.max(0, ...files.map(each => each.length)) / this.#fileLimit,
      connections: open.filter(each => each.localPort === this.port).length,
      acceptQueue: Math.max(0, ...listening.map(each => each.waiting)),
      outgoing: [...outgoing.values()],
    }
  }
}

/** The gauges of a site, and of the services that it holds connections to, as far as they run on this machine. */
export class SiteGauges {
  readonly site: Gauges
  /** By port; null for those that run elsewhere. */
  readonly #services = new Map<number, Gauges | null>()

  constructor(port: number) {
    this.site = new Gauges(port)
  }

  close(): void {
    this.site.close()
    for (const service of this.#services.values()) service?.close()
  }

  read(): Reading {
    const reading = this.site.read()
    return { ...reading, outgoing: reading.outgoing.map(each => this.#withService(each)) }
  }

  #withService(outgoing: Outgoing): Outgoing {
    const known = this.#services.get(outgoing.port)
    if (known === null) return outgoing
    if (known !== undefined) return { ...outgoing, threadWanted: known.read().threadWanted }
    if (this.#services.size < MOST_SERVICES) {
      const service = new Gauges(outgoing.port)
      this.#services.set(outgoing.port, service.name === undefined ? null : service)
    }
    return outgoing
  }
}

/** A site has a database, a cache, a search; each further one would cost a look through /proc. */
const MOST_SERVICES = 8
