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

/** One line, area or layer of a chart. */
const series = (label, colour, value, look = {}) => ({ label, colour, value, ...look })
const filled = { filled: true }
const dashed = { dashed: true }
const stacked = { stacked: true }
const inBytes = { floor: 1024, base: 2 }

const panel = (section, title, format, look, ...lines) => ({ section, title, format, ...look, series: lines })

export const panels = [
  panel(
    ...['visitors', 'Requests a second', count, { ...stacked, floor: 5 }],
    series('Stored', 'store', sum('hit')),
    series('Stale', 'stale', sum('stale')),
    series('Collapsed', 'collapsed', sum('collapsed')),
    series('Origin', 'origin', sum('miss', 'validated', 'pass', 'stream')),
    series('Collected', 'good', sum('collected')),
    series('Turned away', 'shed', sum('shed', 'limited')),
    series('Failed', 'failed', sum('failed')),
    series('Other', 'other', sum('refused', 'own', 'gone', 'waitingRoom')),
  ),
  panel(
    ...['visitors', 'How long visitors wait', milliseconds, { floor: 10 }],
    series('p99', 'ink', plain('p99')),
    series('p95', 'store', plain('p95'), filled),
    series('p50', 'collapsed', plain('p50')),
  ),
  panel(
    ...['visitors', 'Lost, a second', count, { ...stacked, floor: 2 }],
    series('Turned away (503)', 'shed', sum('shed')),
    series('Failed (502, 504)', 'failed', sum('failed')),
    series('Broken off, or an error', 'other', rest('lost', 'shed', 'failed')),
  ),
  panel(
    ...['origin', 'In flight', level, { floor: 4 }],
    series('In flight', 'origin', plain('inFlight'), filled),
    series('Limit', 'ink', plain('limit'), dashed),
    series('Waiting', 'shed', plain('waiting')),
  ),
  panel(
    ...['origin', 'Time to first byte', milliseconds, { floor: 10 }],
    series('p95', 'origin', plain('originP95'), filled),
    series('p50', 'ink', plain('originP50')),
  ),
  panel(
    ...['origin', 'Requests that reach it, a second', count, { floor: 2 }],
    series('Reach it', 'origin', plain('originRequests'), filled),
    series('Asked of the shield', 'ink', plain('requests'), dashed),
  ),
  panel(
    ...['shield', 'Kept from the origin', value => percent(value === null ? null : value / 100), { ceiling: 100 }],
    series('Requests', 'store', hundredfold(share(offloadOf, 'requests', 'hit', 'stale', 'collapsed')), filled),
    series('Bytes', 'collapsed', hundredfold(share(savedOf, 'bytesOut', 'bytesSaved'))),
  ),
  panel(
    ...['shield', 'Active visitors, connections', level, { floor: 4 }],
    series('Visitors, last minute', 'origin', plain('visitors')),
    series('last 5 min', 'ink', plain('visitors5'), dashed),
    series('Open', 'store', plain('connections'), filled),
    series('Streams', 'collapsed', plain('streams')),
  ),
  panel(
    ...['shield', 'Sent to visitors, a second', bytes, inBytes],
    series('Sent', 'store', plain('bytesOut'), filled),
    series('From the origin', 'origin', plain('bytesOrigin')),
  ),
  panel(
    ...['store', 'Memory that stored responses take', bytes, inBytes],
    series('Used', 'store', plain('storeBytes'), filled),
  ),
]

function hundredfold(series) {
  return (columns, i) => {
    const value = series(columns, i)
    return value === null ? null : value * 100
  }
}
