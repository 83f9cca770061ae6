// Percentiles from the board's log-linear buckets, each at most 12.5% wide. A value is told as its bucket's middle, so it is
// within 6.25% of the truth.

import { LATENCY_BUCKETS, bucketStart } from '../board/board.ts'

/** Counts by bucket, as the board has them. */
export type BucketCounts = Float64Array

/** Powers of two in microseconds, 64 µs to 33.5 s: there the board's buckets end, so the counts are exact. */
export const BOUNDS = Array.from({ length: 20 }, (_, i) => 2 ** (i + 6))

/** Percentiles in milliseconds; null when nothing was counted. */
export interface LatencySummary {
  count: number
  p50: number | null
  p95: number | null
  p99: number | null
}

export function summarize(counts: BucketCounts): LatencySummary {
  const count = counts.reduce((sum, each) => sum + each, 0)
  const at = (share: number) => (count === 0 ? null : percentile(counts, count, share) / 1000)
  return { count, p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/** Sum of all durations in microseconds, as near as the buckets tell. */
export function sumOf(counts: BucketCounts): number {
  return counts.reduce((sum, each, bucket) => sum + each * middle(bucket), 0)
}

/** How many durations were below `us` microseconds; exact where `us` is a power of two from 8 on. */
export function countBelow(counts: BucketCounts, us: number): number {
  let below = 0
  for (let bucket = 0; bucket < LATENCY_BUCKETS && bucketStart(bucket + 1) <= us; bucket++) below += counts[bucket]!
  return below
}

function percentile(counts: BucketCounts, count: number, share: number): number {
  const wanted = Math.max(1, Math.ceil(share * count))
  let seen = 0
  for (let bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
    seen += counts[bucket]!
    if (seen >= wanted) return middle(bucket)
  }
  return middle(LATENCY_BUCKETS - 1)
}

/** The middle of a bucket, microseconds. */
export const middle = (bucket: number): number => (bucketStart(bucket) + bucketStart(bucket + 1) - 1) / 2
