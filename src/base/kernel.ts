// What the system says of this process and of the machine: open files, memory, CPU, sockets, and connections that the kernel has made
// and nobody has accepted yet. All of it is read from /proc, so it is known on Linux alone; elsewhere it is undefined.

import { readFileSync } from 'node:fs'
import { open, readFile, readdir } from 'node:fs/promises'

/** Listening sockets stand at the beginning of /proc/net/tcp; this holds some 400 of them. */
const LOOKED_AT = 64 * 1024
/** Connections that may wait to be accepted by an edge, as far as net.core.somaxconn (4096) lets them. */
export const BACKLOG = 4096
const LISTENING = '0A'

/** Files that this process has open; undefined where the system does not tell. */
export async function openFiles(): Promise<number | undefined> {
  const files = await readdir('/proc/self/fd').catch(() => undefined)
  return files?.length
}

/** Open files that the system allows this process; undefined where it does not tell (other than Linux). */
export function openFilesAllowed(): number | undefined {
  try {
    const match = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
    return match === null ? undefined : Number(match[1])
  } catch {
    return undefined
  }
}

/** Connections that wait to be accepted on these ports, in the queue that is fullest; undefined where the system does not tell. */
export async function acceptQueue(ports: ReadonlySet<number>): Promise<number | undefined> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(beginningOf))
  if (tables.every(table => table === undefined)) return undefined
  return Math.max(0, ...tables.flatMap(table => waitingIn(table ?? '', ports)))
}

/** How many may wait in one queue. */
export async function acceptBound(): Promise<number> {
  const allowed = Number(await readFile('/proc/sys/net/core/somaxconn', 'utf8').catch(() => BACKLOG))
  return Math.min(BACKLOG, allowed || BACKLOG)
}

async function beginningOf(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LOOKED_AT))
    return buffer.toString('latin1', 0, bytesRead)
  } catch {
    return undefined
  }
}

/** Of each listening socket on one of the ports, how many wait (proc_pid_net(5): its rx_queue, in hexadecimal). */
export function waitingIn(table: string, ports: ReadonlySet<number>): number[] {
  return table.split('\n').flatMap(line => {
    const [, local = '', , state, queues = ''] = line.trim().split(/\s+/)
    const port = Number.parseInt(local.split(':')[1] ?? '', 16)
    return state === LISTENING && ports.has(port) ? [Number.parseInt(queues.split(':')[1] ?? '0', 16)] : []
  })
}

/** The machine as it is now; ticks are sums since it was started. */
export interface Machine {
  cpu: { busy: number; total: number }
  /** Bytes. */
  memory: { total: number; available: number }
  /** Sockets of all kinds; TCP connections, and those that only wait for stray packets. */
  sockets: { used: number; tcp: number; timeWait: number }
  /** Connections that were dropped because a queue of a listening socket was full. */
  listenDrops: number
}

export async function readMachine(): Promise<Machine | undefined> {
  const paths = ['/proc/stat', '/proc/meminfo', '/proc/net/sockstat', '/proc/net/netstat']
  const texts = await Promise.all(paths.map(path => readFile(path, 'latin1').catch(() => '')))
  const [stat = '', memory = '', sockets = '', net = ''] = texts
  if (stat === '' || memory === '') return undefined
  return {
    cpu: cpuOf(stat),
    memory: {
      total: number(memory, /^MemTotal:\s+(\d+)/m) * 1024,
      available: number(memory, /^MemAvailable:\s+(\d+)/m) * 1024,
    },
    sockets: {
      used: number(sockets, /^sockets: used (\d+)/m),
      tcp: number(sockets, /^TCP: inuse (\d+)/m),
      timeWait: number(sockets, /^TCP:.* tw (\d+)/m),
    },
    listenDrops: netstatOf(net, 'ListenDrops'),
  }
}

const number = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0)

/** The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal (proc_stat(5)). */
function cpuOf(stat: string): Machine['cpu'] {
  const ticks = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '').split(' ').slice(0, 8).map(Number)
  const total = ticks.reduce((sum, each) => sum + each, 0)
  return { busy: total - (ticks[3] ?? 0) - (ticks[4] ?? 0), total }
}

/** Names stand in one line of /proc/net/netstat, their values in the next. */
function netstatOf(text: string, name: string): number {
  const [names = '', values = ''] = text.split('\n').filter(line => line.startsWith('TcpExt:'))
  const at = names.split(' ').indexOf(name)
  return at === -1 ? 0 : Number(values.split(' ')[at] ?? 0)
}
