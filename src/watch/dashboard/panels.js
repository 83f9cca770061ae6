// Which charts there are, as a table: under which question, what they show, in which unit and colour. A series is a
// function of the columns and a place in them.
import { bytes, count, level, milliseconds, percent } from './format.js'
import { sumOf } from './live.js'
import { offloadOf, savedOf } from './verdicts.js'

const sum =
  (...names) =>
  (columns, i) =>
    names.reduce((all, name) => all + (columns[name]?.[i] ?? 0), 0)
const rest =
  (all, ...parts) =>
  (columns, i) =>
    Math.max(0, (columns[all]?.[i] ?? 0) - sum(...parts)(columns, i))
const plain = name => (columns, i) => columns[name]?.[i] ?? null

/** Shares over ten seconds: in a single one a fetch and its many answers fall apart. */
const share =
  (of, ...names) =>
  (columns, i) =>
    of(Object.fromEntries(names.map(name => [name, sumOf(columns[name], i)])))

export const panels = [
  {
    section: 'visitors',
    title: 'Requests a second',
    format: count,
    stacked: true,
    floor: 5,
    series: [
      { label: 'Stored', colour: 'store', value: sum('hit') },
      { label: 'Stale', colour: 'stale', value: sum('stale') },
      { label: 'Collapsed', colour: 'collapsed', value: sum('collapsed') },
      { label: 'Origin', colour: 'origin', value: sum('miss', 'validated', 'pass', 'stream') },
      { label: 'Turned away', colour: 'shed', value: sum('shed', 'limited') },
      { label: 'Failed', colour: 'failed', value: sum('failed') },
      { label: 'Other', colour: 'other', value: sum('refused', 'own', 'gone') },
    ],
  },
  {
    section: 'visitors',
    title: 'How long visitors wait',
    format: milliseconds,
    floor: 10,
    series: [
      { label: 'p99', colour: 'ink', value: plain('p99') },
      { label: 'p95', colour: 'store', value: plain('p95'), filled: true },
      { label: 'p50', colour: 'collapsed', value: plain('p50') },
    ],
  },
  {
    section: 'visitors',
    title: 'Lost, a second',
    format: count,
    stacked: true,
    floor: 2,
    series: [
      { label: 'Turned away (503)', colour: 'shed', value: sum('shed') },
      { label: 'Failed (502, 504)', colour: 'failed', value: sum('failed') },
      { label: 'Broken off, or an error', colour: 'other', value: rest('lost', 'shed', 'failed') },
    ],
  },
  {
    section: 'origin',
    title: 'In flight',
    format: level,
    floor: 4,
    series: [
      { label: 'In flight', colour: 'origin', value: plain('inFlight'), filled: true },
      { label: 'Limit', colour: 'ink', value: plain('limit'), dashed: true },
      { label: 'Waiting', colour: 'shed', value: plain('waiting') },
    ],
  },
  {
    section: 'origin',
    title: 'Time to first byte',
    format: milliseconds,
    floor: 10,
    series: [
      { label: 'p95', colour: 'origin', value: plain('originP95'), filled: true },
      { label: 'p50', colour: 'ink', value: plain('originP50') },
    ],
  },
  {
    section: 'origin',
    title: 'Requests that reach it, a second',
    format: count,
    floor: 2,
    series: [
      { label: 'Reach it', colour: 'origin', value: plain('originRequests'), filled: true },
      { label: 'Asked of the shield', colour: 'ink', value: plain('requests'), dashed: true },
    ],
  },
  {
    section: 'shield',
    title: 'Kept from the origin',
    format: value => percent(value === null ? null : value / 100),
    ceiling: 100,
    series: [
      {
        label: 'Requests',
        colour: 'store',
        value: hundredfold(share(offloadOf, 'requests', 'hit', 'stale', 'collapsed')),
        filled: true,
      },
      {
        label: 'Bytes',
        colour: 'collapsed',
        value: hundredfold(share(savedOf, 'bytesOut', 'bytesSaved')),
      },
    ],
  },
  {
    section: 'shield',
    title: 'Active visitors, connections',
    format: level,
    floor: 4,
    series: [
      { label: 'Visitors, last minute', colour: 'origin', value: plain('visitors') },
      { label: 'last 5 min', colour: 'ink', value: plain('visitors5'), dashed: true },
      { label: 'Open', colour: 'store', value: plain('connections'), filled: true },
      { label: 'Streams', colour: 'collapsed', value: plain('streams') },
    ],
  },
  {
    section: 'shield',
    title: 'Sent to visitors, a second',
    format: bytes,
    floor: 1024,
    base: 2,
    series: [
      { label: 'Sent', colour: 'store', value: plain('bytesOut'), filled: true },
      { label: 'From the origin', colour: 'origin', value: plain('bytesOrigin') },
    ],
  },
  {
    section: 'store',
    title: 'Memory that stored responses take',
    format: bytes,
    floor: 1024,
    base: 2,
    series: [{ label: 'Used', colour: 'store', value: plain('storeBytes'), filled: true }],
  },
]

function hundredfold(series) {
  return (columns, i) => {
    const value = series(columns, i)
    return value === null ? null : value * 100
  }
}
