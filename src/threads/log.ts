// The logger of every thread: an event's name and its facts, never a formatted sentence. The supervisor gathers them, and
// the command line prints each as one JSON object or one line for people. A thread that fails thousands of times a second
// must not drown the one that prints, so each thread has a budget and tells how much it left out.

import { systemClock } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import type { LogLevel, Report } from './messages.ts'

/** Entries per second and thread: 64 threads could still write 3,200 lines a second, about 1 MB. */
const MOST_PER_SECOND = 50

export type Log = (level: LogLevel, event: string, detail?: Record<string, unknown>) => void

/** One entry, as the command line prints it. */
export interface LogEntry {
  /** Wall clock, milliseconds. */
  at: number
  level: LogLevel
  event: string
  /** "edge 0", "core", or null for the supervisor. */
  thread: string | null
  detail: Record<string, unknown>
}

/** A logger that posts through `send`. Error objects in `detail` become their message and code. */
export function createLog(send: (report: Report) => void, clock: Clock = systemClock): Log {
  let second = 0
  let sent = 0
  let left = 0
  return (level, event, detail = {}) => {
    const now = Math.floor(clock.monotonic() / 1000)
    if (now !== second) {
      if (left > 0) send({ type: 'log', level: 'warn', event: 'log-entries-left-out', detail: { count: left } })
      second = now
      sent = left = 0
    }
    if (sent++ < MOST_PER_SECOND) send({ type: 'log', level, event, detail: plain(detail) })
    else left++
  }
}

/** Detail as plain data, which can be posted and printed. */
function plain(detail: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(detail).map(([name, value]) => [name, flat(value)]))
}

function flat(value: unknown): unknown {
  if (value instanceof Error) return 'code' in value ? `${String(value.code)}: ${value.message}` : value.message
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') return String(value)
  return value
}
