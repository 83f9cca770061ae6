// How one can know that the server has a copy for good. WAITAOF says that a write is synced to disk, at the server and at replicas. A
// server without it (Redis before 7.2) that syncs each write before it answers (`appendfsync always`) says so by its answer. Else
// only replicas count, by WAIT: so many machines have it in memory. No count is trusted unseen.

/**
 * `waitaof`: synced at the server, by WAITAOF; `aof-always`: synced at the server before it answers; `wait`: at replicas alone.
 * Replicas besides are counted in each.
 */
export type CopyWay = 'waitaof' | 'aof-always' | 'wait'

export interface ServerHabits {
  hasWaitAof: boolean
  /** The append-only file is on. */
  hasAof: boolean
  /** `appendfsync`, or null where the server does not tell. */
  syncs: string | null
}

export interface CopyPlan {
  way: CopyWay
  /** Replicas that must have it. */
  replicas: number
}

/** `wanted`: replicas that the config asks for. A server that does not sync what it writes is no copy by itself. */
export function copyPlan({ hasWaitAof, hasAof, syncs }: ServerHabits, wanted: number): CopyPlan {
  if (hasAof && hasWaitAof) return { way: 'waitaof', replicas: wanted }
  if (hasAof && syncs === 'always') return { way: 'aof-always', replicas: wanted }
  return { way: 'wait', replicas: Math.max(1, wanted) }
}

/** What is asked after a write, with `within` milliseconds; null where the answer to the write itself says all. */
export function proofOf({ way, replicas }: CopyPlan, within: number): readonly [string, ...number[]] | null {
  if (way === 'waitaof') return ['WAITAOF', 1, replicas, within]
  return replicas === 0 ? null : ['WAIT', replicas, within]
}

/** Whether the answer to it counts enough copies. */
export function isEnough({ way, replicas }: CopyPlan, answer: unknown): boolean {
  if (way !== 'waitaof') return Number(answer) >= replicas
  const [own, others] = Array.isArray(answer) ? answer.map(Number) : []
  return own! >= 1 && others! >= replicas
}

/** From the text of INFO and the answer to CONFIG GET appendfsync, which a server may refuse. */
export function habitsOf(info: string, syncs: string | null, hasWaitAof: boolean): ServerHabits {
  return { hasWaitAof, hasAof: /^aof_enabled:1\r?$/m.test(info), syncs }
}
