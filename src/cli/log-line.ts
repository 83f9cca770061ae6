// Log entries as they are printed: JSON lines for machines, one short line for people.

import type { LogEntry } from '../threads/log.ts'
import type { Colours } from './colours.ts'

/** What of the quiet level a person at a terminal wants to see. */
const TOLD = new Set([
  'config-applied',
  'draining',
  'stopped',
  'origin-up',
  'origin-well',
  'origin-added',
  'origin-draining',
  'origin-removed',
])

/** For those who keep the log: a terminal shows a few of each kind in any case. */
const LEFT_OUT = 'log-entries-left-out'

/** One JSON object a line; time in RFC 3339. */
export function jsonLine({ at, level, event, thread, detail }: LogEntry): string {
  const entry = { time: new Date(at).toISOString(), level, event, ...(thread === null ? {} : { thread }), ...detail }
  return `${JSON.stringify(entry)}\n`
}

/** A line for people; null for what would only distract them. */
export function humanLine({ at, level, event, thread, detail }: LogEntry, colours: Colours): string | null {
  if ((level === 'info' && !TOLD.has(event)) || event === LEFT_OUT) return null
  const paint = { info: colours.cyan, warn: colours.yellow, error: colours.red }[level]
  const facts = Object.entries(detail)
    .filter(([name]) => name !== 'stack')
    .map(([name, value]) => `${name}=${shown(value)}`)
  const from = thread === null ? [] : [colours.dim(thread)]
  return `${[colours.dim(timeOf(at)), paint(event), ...from, ...facts].join(' ')}\n`
}

/** In the place of lines that say the same again. */
export const heldBackLine = (at: number, kind: string, count: number, { dim }: Colours): string =>
  dim(`${timeOf(at)} ${kind}: ${count} more\n`)

/** 14:02:31 in the machine's time zone. */
export const timeOf = (at: number): string => new Date(at).toTimeString().slice(0, 8)

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  // Control characters could take over the terminal.
  const plain = text.replaceAll(/\p{Cc}/gu, ' ')
  return plain === '' || plain.includes(' ') ? JSON.stringify(plain) : plain
}
