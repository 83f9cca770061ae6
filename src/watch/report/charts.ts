// Which charts a report has, as a table: in which section, what they show, in which unit and colour. A series is a function of
// one row of the history.

import { bytes, count, milliseconds, percent, score } from '../../charts/numbers.ts'
import type { Chart } from '../../charts/chart.ts'
import type { Column, Second } from '../seconds.ts'

interface Line {
  label: string
  colour: string
  look?: 'line' | 'area' | 'dashed'
  of: (row: Second) => number | null
}

interface Row extends Omit<Chart, 'series'> {
  section: 'visitors' | 'shield' | 'origin'
  /** Over the whole width. */
  wide?: true
  lines: readonly Line[]
  /** Left out where this column was never more than nought. */
  only?: Column
}

const plain = (name: Column) => (row: Second) => row[name]
const sum = (...names: Column[]) => (row: Second): number => names.reduce((all, name) => all + (row[name] ?? 0), 0) // prettier-ignore
const share = (part: (row: Second) => number, whole: Column) => (row: Second) =>
  (row[whole] ?? 0) === 0 ? null : Math.min(1, part(row) / row[whole]!)
const stored = sum('hit', 'stale', 'collapsed')

export const chartRows: readonly Row[] = [
  {
    section: 'visitors',
    wide: true,
    title: 'Active visitors',
    prose: 'Distinct visitors of the last minute, and of the last five.',
    format: count,
    floor: 4,
    lines: [
      { label: 'Last 5 min', colour: 'store', look: 'area', of: plain('visitors5') },
      { label: 'Last minute', colour: 'origin', of: plain('visitors') },
    ],
  },
  {
    section: 'visitors',
    wide: true,
    title: 'Requests a second, by what became of them',
    format: count,
    stacked: true,
    floor: 4,
    lines: [
      { label: 'Stored', colour: 'store', of: sum('hit') },
      { label: 'Stale', colour: 'stale', of: sum('stale') },
      { label: 'Collapsed', colour: 'collapsed', of: sum('collapsed') },
      { label: 'Origin', colour: 'origin', of: sum('miss', 'validated', 'pass', 'stream') },
      { label: 'Collected', colour: 'good', of: sum('collected') },
      { label: 'Turned away', colour: 'shed', of: sum('shed', 'limited') },
      { label: 'Failed', colour: 'failed', of: sum('failed') },
      {
        label: 'Other',
        colour: 'other',
        of: row => Math.max(0, (row.requests ?? 0) - known(row)),
      },
    ],
  },
  {
    section: 'visitors',
    title: 'How long visitors waited',
    format: milliseconds,
    floor: 10,
    lines: [
      { label: 'p95', colour: 'store', look: 'area', of: plain('p95') },
      { label: 'p99', colour: 'ink', of: plain('p99') },
      { label: 'p50', colour: 'collapsed', of: plain('p50') },
    ],
  },
  {
    section: 'visitors',
    title: 'Lost, a second',
    prose: 'No good answer reached the visitor.',
    format: count,
    stacked: true,
    floor: 2,
    lines: [
      { label: 'Turned away (503)', colour: 'shed', of: sum('shed') },
      { label: 'Failed (502, 504)', colour: 'failed', of: sum('failed') },
      {
        label: 'Broken off, or an error',
        colour: 'other',
        of: row => Math.max(0, (row.lost ?? 0) - (row.shed ?? 0) - (row.failed ?? 0)),
      },
    ],
  },
  {
    section: 'visitors',
    title: 'Apdex',
    prose: 'The worst half minute at each place; 1 is well, below 0.7 is felt.',
    format: score,
    ceiling: 1,
    low: true,
    lines: [{ label: 'All sites', colour: 'collapsed', look: 'area', of: plain('apdex') }],
  },
  {
    section: 'shield',
    title: 'Kept from the origin',
    format: percent,
    ceiling: 1,
    lines: [
      { label: 'Requests', colour: 'store', look: 'area', of: share(stored, 'requests') },
      { label: 'Bytes', colour: 'collapsed', of: share(sum('bytesSaved'), 'bytesOut') },
    ],
  },
  {
    section: 'shield',
    title: 'Sent to visitors, a second',
    format: bytes,
    base: 2,
    floor: 1024,
    lines: [
      { label: 'Sent', colour: 'store', look: 'area', of: plain('bytesOut') },
      { label: 'From the origin', colour: 'origin', of: plain('bytesOrigin') },
    ],
  },
  {
    section: 'shield',
    title: 'Open connections',
    format: count,
    floor: 4,
    lines: [
      { label: 'Connections', colour: 'store', look: 'area', of: plain('connections') },
      { label: 'Streams', colour: 'collapsed', of: plain('streams') },
    ],
  },
  {
    section: 'shield',
    only: 'collected',
    title: 'Forms collected, a second',
    prose: 'Acknowledged to the visitor, and sent to the origin at its own pace.',
    format: count,
    floor: 1,
    lines: [{ label: 'Collected', colour: 'good', look: 'area', of: plain('collected') }],
  },
  {
    section: 'shield',
    only: 'delivered',
    title: 'Forms delivered, and those that wait',
    prose: 'Delivered is all that lies in the journal as delivered; waiting is how far the origin is behind.',
    format: count,
    floor: 1,
    lines: [
      { label: 'Delivered so far', colour: 'good', look: 'area', of: plain('delivered') },
      { label: 'Waiting', colour: 'shed', of: plain('journal') },
    ],
  },
  {
    section: 'origin',
    title: 'In flight, against the limit',
    format: count,
    floor: 4,
    lines: [
      { label: 'In flight', colour: 'origin', look: 'area', of: plain('inFlight') },
      { label: 'Limit', colour: 'ink', look: 'dashed', of: plain('limit') },
    ],
  },
  {
    section: 'origin',
    title: 'Waiting for the origin',
    format: count,
    floor: 4,
    lines: [{ label: 'Waiting', colour: 'shed', look: 'area', of: plain('waiting') }],
  },
  {
    section: 'origin',
    only: 'queueP95',
    title: 'How long requests waited for a place',
    format: milliseconds,
    floor: 10,
    lines: [{ label: 'p95', colour: 'shed', look: 'area', of: plain('queueP95') }],
  },
  {
    section: 'origin',
    title: 'Time to its first byte',
    format: milliseconds,
    floor: 10,
    lines: [
      { label: 'p95', colour: 'origin', look: 'area', of: plain('originP95') },
      { label: 'p50', colour: 'ink', of: plain('originP50') },
    ],
  },
  {
    section: 'origin',
    title: 'Requests that reached it, a second',
    format: count,
    floor: 2,
    lines: [
      { label: 'Reached it', colour: 'origin', look: 'area', of: plain('originRequests') },
      { label: 'Asked of the shield', colour: 'ink', look: 'dashed', of: plain('requests') },
    ],
  },
]

const known = sum('hit', 'stale', 'collapsed', 'miss', 'validated', 'pass', 'stream', 'collected', 'shed', 'limited', 'failed') // prettier-ignore
