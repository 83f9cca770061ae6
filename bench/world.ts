// What every measurement shares: the origin, the cores, the length of a round, and where to write.

import { readFileSync } from 'node:fs'
import type { Origin } from './origin.ts'

export interface World {
  readonly origin: Origin
  /** On tmpfs; removed at the end. */
  readonly folder: string
  /** How long each round's load lasts. */
  readonly seconds: number
  readonly cores: Cores
  /** Tells whoever waits how it goes. */
  say(line: string): void
}

/** Measured servers have a core of their own; load and origin share the other. */
export interface Cores {
  readonly server: number
  readonly load: number
}

/** The first two cores this process may use; one of them twice where there is no second. */
export function cores(): Cores {
  const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  const allowed = list.split(',').flatMap(range => {
    const [from = 0, to = from] = range.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
  return { server: allowed[0]!, load: allowed[1] ?? allowed[0]! }
}
