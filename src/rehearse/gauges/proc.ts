// What Linux says under /proc, read and taken apart: who listens on a port, what its threads use, which sockets and files it
// holds, how busy the disks are. Whatever cannot be read (another user's process, another system) is left out.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Of one process no more files are looked at: each costs a system call a second. */
const MOST_FILES = 4096

const LISTEN = '0A'
const ESTABLISHED = '01'

/** One line of /proc/net/tcp or tcp6. Addresses are as the kernel writes them, in hex. */
export interface TcpSocket {
  localPort: number
  remote: string
  remotePort: number
  state: string
  /** For a listening socket: connections that wait to be accepted. */
  waiting: number
  inode: string
}

/** Empty where it cannot be read: a process may be gone by then. */
export function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Likewise. */
export function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

export function tcpSockets(text = read('/proc/net/tcp') + read('/proc/net/tcp6')): TcpSocket[] {
  const sockets: TcpSocket[] = []
  for (const line of text.split('\n')) {
    const match = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]{2}) [0-9A-F]+:([0-9A-F]+) \S+ \S+ +\d+ +\d+ (\d+)/.exec(line) // prettier-ignore
    if (match === null) continue
    const [, local, remote, port, state, waiting, inode] = match
    sockets.push({
      localPort: Number.parseInt(local!, 16),
      remote: remote!,
      remotePort: Number.parseInt(port!, 16),
      state: state!,
      waiting: Number.parseInt(waiting!, 16),
      inode: inode!,
    })
  }
  return sockets
}

export const isListening = (socket: TcpSocket): boolean => socket.state === LISTEN
export const isEstablished = (socket: TcpSocket): boolean => socket.state === ESTABLISHED

/** The processes that hold a listening socket on the port, and all that they started. */
export function processesOn(port: number): number[] {
  const inodes = new Set(tcpSockets().filter(each => isListening(each) && each.localPort === port).map(each => each.inode)) // prettier-ignore
  if (inodes.size === 0) return []
  const all = list('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
  return withStarted(new Set(all.filter(pid => filesOf(pid).some(file => inodes.has(inodeOf(file) ?? '')))), all)
}

/** Of all these processes those that are among the first, or were started by one of them. */
function withStarted(first: ReadonlySet<number>, all: readonly number[]): number[] {
  const parents = new Map(all.map(pid => [pid, parentOf(pid)]))
  const isBelow = (pid: number | undefined, steps = 0): boolean =>
    pid !== undefined && pid > 1 && steps < 64 && (first.has(pid) || isBelow(parents.get(pid), steps + 1))
  return all.filter(pid => isBelow(pid))
}

/**
 * Of the processes that belong to a port those that are a service, as a database is that the site has started: they listen on another port, and the
 * rest of the site has connections to it. `files`: what each has open.
 */
export function servicesAmong(
  files: ReadonlyMap<number, readonly string[]>,
  port: number,
  sockets: readonly TcpSocket[],
): number[] {
  const [listening, open] = [sockets.filter(isListening), sockets.filter(isEstablished)]
  const inodes = new Map([...files].map(([pid, names]) => [pid, new Set(names.flatMap(name => inodeOf(name) ?? []))]))
  const pids = [...files.keys()]
  const services = pids.filter(pid => {
    const ports = listening.filter(each => inodes.get(pid)!.has(each.inode)).map(each => each.localPort)
    if (ports.length === 0 || ports.includes(port)) return false
    const towards = new Set(open.filter(each => ports.includes(each.remotePort)).map(each => each.inode))
    return pids.some(other => other !== pid && !towards.isDisjointFrom(inodes.get(other)!))
  })
  // Once a second, and nearly always there are none: parents are read only where there are.
  return services.length === 0 ? [] : withStarted(new Set(services), pids)
}

function parentOf(pid: number): number | undefined {
  // The name may hold spaces and brackets; what counts stands behind its last bracket.
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')
  return fields?.[1] === undefined ? undefined : Number(fields[1])
}

/** Where the open files of a process lead: `socket:[123]`, `/a/path`. */
export function filesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  return list(folder)
    .slice(0, MOST_FILES)
    .flatMap(name => {
      try {
        return [readlinkSync(`${folder}/${name}`)]
      } catch {
        return []
      }
    })
}

export const inodeOf = (file: string): string | undefined => /^socket:\[(\d+)\]$/.exec(file)?.[1]

export const nameOf = (pid: number): string => read(`/proc/${pid}/comm`).trim() || `process ${pid}`

/** Files that the process may have open. */
export const fileLimitOf = (pid: number): number =>
  Number(/^Max open files\s+(\d+)/m.exec(read(`/proc/${pid}/limits`))?.[1] ?? Infinity)

/** Bytes of memory that the process holds. */
export const memoryOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024

/** For each thread: milliseconds that it ran, and that it waited for a CPU to run on. */
export function threadsOf(pid: number): Map<string, { ranMs: number; waitedMs: number }> {
  const threads = list(`/proc/${pid}/task`).map(id => {
    const [ran = 0, waited = 0] = read(`/proc/${pid}/task/${id}/schedstat`).split(' ').map(Number)
    return [`${pid}/${id}`, { ranMs: ran / 1e6, waitedMs: waited / 1e6 }] as const
  })
  return new Map(threads)
}

/** Jiffies that all CPUs were busy, and in all. */
export function hostCpu(text = read('/proc/stat')): { busy: number; total: number } {
  const numbers = text.split('\n', 1)[0]!.trim().split(/\s+/).slice(1, 9).map(Number)
  const total = numbers.reduce((sum, each) => sum + each, 0)
  return { busy: total - (numbers[3] ?? 0) - (numbers[4] ?? 0), total }
}

/** Milliseconds that each whole disk was busy. */
export function disks(text = read('/proc/diskstats')): Map<string, number> {
  const busy = new Map<string, number>()
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/)
    const name = fields[2] ?? ''
    if (/^(sd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+|md\d+|dm-\d+)$/.test(name))
      busy.set(name, Number(fields[12]))
  }
  return busy
}

/** Connections that were dropped because the queue of a listening socket was full, machine-wide. */
export const listenOverflows = (text = read('/proc/net/netstat')): number => field(text, 'TcpExt', 'ListenOverflows')

/** A number of `/proc/net/snmp` or `/proc/net/netstat`: a line of names, and below it one of values. */
export function field(text: string, table: string, name: string): number {
  const [names, values] = text.split('\n').filter(line => line.startsWith(`${table}:`)).map(line => line.split(' ')) // prettier-ignore
  const at = names?.indexOf(name) ?? -1
  return at < 0 ? 0 : Number(values?.[at] ?? 0)
}

/** The part of the machine's memory that is still to be had, 0 to 1. */
export function memoryLeft(text = read('/proc/meminfo')): number {
  const number = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0)
  return number('MemTotal') === 0 ? 1 : number('MemAvailable') / number('MemTotal')
}

/** How full the kernel's table of connections is, 0 to 1; 0 where it keeps none. */
export function conntrackUsed(folder = '/proc/sys/net/netfilter'): number {
  const [count, most] = ['nf_conntrack_count', 'nf_conntrack_max'].map(name => Number(read(`${folder}/${name}`)))
  return most! > 0 ? count! / most! : 0
}
