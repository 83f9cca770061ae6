// How much memory a process may have before it dies, where that is less than the machine has: what its runtime was told
// (V8's heap, Java's heap), or what its control group allows. Infinity where nothing bounds it.
import { read } from './proc.ts'

const MIB = 1024 * 1024
const UNITS: Record<string, number> = { k: 1024, m: MIB, g: 1024 * MIB }

/** Bytes. */
export function memoryLimitOf(pid: number): number {
  const told = `${read(`/proc/${pid}/cmdline`)}\0${read(`/proc/${pid}/environ`)}`
  return Math.min(heapTold(told), groupLimit(read(`/proc/${pid}/cgroup`)))
}

/** From a command line and an environment, their parts between zero bytes. */
export function heapTold(told: string): number {
  const v8 = /--max[-_]old[-_]space[-_]size[=\0](\d+)/.exec(told)
  if (v8 !== null) return Number(v8[1]) * MIB
  const java = /-Xmx(\d+)([kmg])/i.exec(told)
  return java === null ? Infinity : Number(java[1]) * UNITS[java[2]!.toLowerCase()]!
}

/** The group's limit, of either version of control groups; a number near 2^63 stands for none. */
function groupLimit(groups: string): number {
  const limits = groups.split('\n').map(line => {
    const [, controllers, path = ''] = line.split(':')
    const file = controllers === 'memory' ? `/sys/fs/cgroup/memory${path}/memory.limit_in_bytes` : `/sys/fs/cgroup${path}/memory.max` // prettier-ignore
    const limit = Number(controllers === 'memory' || controllers === '' ? read(file).trim() || Infinity : Infinity)
    return limit > 0 && limit < 2 ** 60 ? limit : Infinity
  })
  return Math.min(...limits, Infinity)
}
