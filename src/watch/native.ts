// Metrics in Prometheus' binary form: messages of io.prometheus.client (metrics.proto), each behind its length. Histograms are told as
// native ones and as plain ones at once, so a scraper takes what it knows. The board's buckets are linear within a doubling, eight to
// each; a native histogram of schema 3 has eight to each doubling as well, but exponential. Each of ours is told in the one that its
// middle falls into, so a quantile is within 12.5% of what was measured.

import { LATENCY_BUCKETS, bucketStart } from '../board/board.ts'
import type { Metric, Row, Sample } from './exposition.ts'
import { BOUNDS, countBelow, middle, sumOf } from './latencies.ts'
import type { BucketCounts } from './latencies.ts'

export const PROTOBUF_TYPE =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited'

/** metrics.proto: the numbers of the types, and of a metric's field for each. */
const TYPES = { counter: 0, gauge: 1, histogram: 4 } as const
const VALUE_FIELDS = { counter: 3, gauge: 2 } as const
/** Eight buckets to each doubling. */
const SCHEMA = 3
/** Seconds; what took no whole microsecond counts as nothing. */
const ZERO = 1e-6

const [VARINT, FIXED64, BYTES] = [0, 1, 2]

export const exposeNative = (metrics: readonly Metric[]): Uint8Array =>
  Buffer.concat(metrics.filter(hasValues).map(metric => delimited(family(metric))))

const hasValues = (metric: Metric): boolean => (metric.type === 'histogram' ? metric.rows : metric.samples).length > 0

function family(metric: Metric): Buffer {
  const { name, help, type } = metric
  const each =
    metric.type === 'histogram'
      ? metric.rows.map(histogram)
      : metric.samples.map(sample => single(sample, VALUE_FIELDS[metric.type]))
  return Buffer.concat([
    ...[bytes(1, name), bytes(2, help), varint(3, TYPES[type])],
    ...each.map(message => bytes(4, message)),
  ])
}

const single = ({ labels = {}, value }: Sample, field: number): Buffer =>
  Buffer.concat([labelPairs(labels), bytes(field, double(1, value))])

const labelPairs = (labels: Row['labels']): Buffer =>
  Buffer.concat(
    Object.entries(labels).map(([name, value]) => bytes(1, Buffer.concat([bytes(1, name), bytes(2, String(value))]))),
  )

function histogram({ labels, counts }: Row): Buffer {
  const { zero, buckets } = exponential(counts)
  const { spans, deltas } = spansOf(buckets)
  const count = counts.reduce((sum, each) => sum + each, 0)
  return Buffer.concat([
    labelPairs(labels),
    bytes(
      7,
      Buffer.concat([
        ...[varint(1, count), double(2, sumOf(counts) / 1e6), ...plainBuckets(counts)],
        ...[zigzag(5, SCHEMA), double(6, ZERO), varint(7, zero)],
        ...spans.map(({ offset, length }) => bytes(12, Buffer.concat([zigzag(1, offset), varint(2, length)]))),
        ...deltas.map(delta => zigzag(13, delta)),
      ]),
    ),
  ])
}

/** The same bounds as in the text. */
const plainBuckets = (counts: BucketCounts): Buffer[] =>
  [...BOUNDS, Infinity].map(us =>
    bytes(
      3,
      Buffer.concat([
        varint(1, us === Infinity ? counts.reduce((sum, each) => sum + each, 0) : countBelow(counts, us)),
        double(2, us / 1e6),
      ]),
    ),
  )

/** Counts by the index of a native bucket, ascending: bucket i holds what is above 2^((i-1)/8) and up to 2^(i/8) seconds. */
function exponential(counts: BucketCounts): { zero: number; buckets: Map<number, number> } {
  const buckets = new Map<number, number>()
  let zero = 0
  for (let bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
    const count = counts[bucket]!
    if (count === 0) continue
    if (bucketStart(bucket + 1) <= 1) zero += count
    else {
      const index = Math.ceil(Math.log2(middle(bucket) / 1e6) * 2 ** SCHEMA)
      buckets.set(index, (buckets.get(index) ?? 0) + count)
    }
  }
  return { zero, buckets }
}

/** Runs of buckets with the gaps between them, and each count as its difference from the one before. */
function spansOf(buckets: ReadonlyMap<number, number>) {
  const spans: { offset: number; length: number }[] = []
  const deltas: number[] = []
  let next = 0
  let before = 0
  for (const [index, count] of buckets) {
    if (spans.length === 0 || index !== next) spans.push({ offset: index - next, length: 0 })
    spans.at(-1)!.length++
    deltas.push(count - before)
    before = count
    next = index + 1
  }
  return { spans, deltas }
}

// The wire format (https://protobuf.dev/programming-guides/encoding/).

const key = (field: number, type: number): Buffer => number7(BigInt((field << 3) | type))
const varint = (field: number, value: number): Buffer =>
  Buffer.concat([key(field, VARINT), number7(BigInt(Math.round(value)))])

function zigzag(field: number, value: number): Buffer {
  const whole = BigInt(Math.round(value))
  return Buffer.concat([key(field, VARINT), number7(whole >= 0n ? whole << 1n : (-whole << 1n) - 1n)])
}

function double(field: number, value: number): Buffer {
  const eight = Buffer.alloc(8)
  eight.writeDoubleLE(value)
  return Buffer.concat([key(field, FIXED64), eight])
}

function bytes(field: number, content: string | Buffer): Buffer {
  const raw = typeof content === 'string' ? Buffer.from(content) : content
  return Buffer.concat([key(field, BYTES), delimited(raw)])
}

const delimited = (message: Buffer): Buffer => Buffer.concat([number7(BigInt(message.length)), message])

/** Seven bits a byte, the lowest first. */
function number7(value: bigint): Buffer {
  const out: number[] = []
  for (; value >= 0x80n; value >>= 7n) out.push(Number(value & 0x7fn) | 0x80)
  out.push(Number(value))
  return Buffer.from(out)
}
