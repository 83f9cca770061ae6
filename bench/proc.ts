// What a server costs, read from /proc: CPU time and memory of all its processes and threads. So it does not matter
// how a server divides its work, or how busy the machine is besides.

import { readFileSync, readdirSync } from 'node:fs'

/** The unit of times in /proc/PID/stat, ticks a second; Linux gives user space 100 on every machine (USER_HZ). */
export const TICKS_PER_SECOND = 100

/** What is used of a line of /proc/PID/stat (proc_pid_stat(5)). */
export interface Stat {
  /** One letter: runs (R), sleeps (S), waits for the disk (D), … */
  readonly state: string
  readonly parent: number
  readonly group: number
  /** User and system time of all its threads, ended ones included, and that of children it has waited for; in ticks. */
  readonly ticks: number
  readonly ticksOfChildren: number
}

/** Reads a line of /proc/PID/stat. The command's name may hold spaces and brackets, so fields count from its end. */
export function parseStat(line: string): Stat {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const field = (number: number): number => Number(fields[number - 3])
  return {
    ...{ state: fields[0]!, parent: field(4), group: field(5) },
    ...{ ticks: field(14) + field(15), ticksOfChildren: field(16) + field(17) },
  }
}

/** CPU time in seconds, to 10 ms, that a process and its descendants have used so far. */
export function cpuSeconds(pid: number): number {
  const stats = processTree(pid).map(each => statOf(each))
  const ticks = stats.map(stat => (stat === undefined ? 0 : stat.ticks + stat.ticksOfChildren))
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_PER_SECOND
}

/** Seconds that a core has been busy so far, whoever kept it so; time a virtual machine's host took counts too (proc_stat(5)). */
export function coreBusySeconds(core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? ''
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(' ').map(Number)
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND
}

/** Memory in bytes that a process and its descendants keep resident. A page shared by several counts once (Pss). */
export function residentBytes(pid: number): number {
  return processTree(pid)
    .map(each => read(`/proc/${each}/smaps_rollup`))
    .map(text => Number(/^Pss:\s+(\d+) kB/m.exec(text ?? '')?.[1] ?? 0) * 1024)
    .reduce((sum, each) => sum + each, 0)
}

function processTree(root: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    const stat = Number.isInteger(pid) ? statOf(pid) : undefined
    if (stat !== undefined) parents.set(pid, stat.parent)
  }
  const tree = parents.has(root) ? [root] : []
  for (const pid of tree) tree.push(...[...parents].filter(([, parent]) => parent === pid).map(([child]) => child))
  return tree
}

/** What the system says of a process; undefined when it has ended. */
export function statOf(pid: number): Stat | undefined {
  const line = read(`/proc/${pid}/stat`)
  return line === undefined ? undefined : parseStat(line)
}

/** A file of /proc, or undefined when the process has ended. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
