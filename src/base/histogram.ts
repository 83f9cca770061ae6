// A log-linear histogram of whole numbers, as HdrHistogram made usual: each power of two is cut into 64 equal buckets,
// so any value is told within 1/128 (0.8%) from 6.5 KiB of counters, whatever the distribution. The counters are one
// Uint32Array and may lie in shared memory: one thread writes a section, any thread reads it.

/** Buckets per power of two. Half a bucket is the error: 1/2 of 1/64 = 0.78%. */
const STEPS = 64
const STEP_BITS = 6

/** The largest value told apart: 2^31 - 1, which is 35 minutes in microseconds. Larger ones are counted there. */
export const LARGEST_VALUE = 2 ** 31 - 1

/** Values below 128 have a bucket each; then 24 powers of two (2^7 to 2^30) with 64 each: 128 + 24 * 64. */
const BUCKETS = 2 * STEPS + 24 * STEPS

/** Bytes of one histogram: 1664 buckets of 4 bytes, 6656. */
export const HISTOGRAM_BYTES = BUCKETS * Uint32Array.BYTES_PER_ELEMENT

/**
 * Counts whole numbers from 0 to `LARGEST_VALUE`; the unit is the caller's (microseconds for every latency here).
 * Counters wrap at 2^32, which `since` allows for: whoever watches for days reads differences.
 */
export class Histogram {
  readonly #counts: Uint32Array

  constructor(counts: Uint32Array = new Uint32Array(BUCKETS)) {
    if (counts.length !== BUCKETS) throw new RangeError(`a histogram needs ${BUCKETS} counters, not ${counts.length}`)
    this.#counts = counts
  }

  /** A histogram whose counters are the `HISTOGRAM_BYTES` of `buffer` from `byteOffset`, a multiple of 4. */
  static over(buffer: ArrayBufferLike, byteOffset = 0): Histogram {
    return new Histogram(new Uint32Array(buffer, byteOffset, BUCKETS))
  }

  /** Counts `value` (rounded down, held between 0 and `LARGEST_VALUE`) `times` times. One thread only per section. */
  record(value: number, times = 1): void {
    this.#counts[bucketOf(value)]! += times
  }

  /** Adds another's counts to this one's. */
  merge(other: Histogram): this {
    for (let i = 0; i < BUCKETS; i++) this.#counts[i]! += other.#counts[i]!
    return this
  }

  /** What was recorded here after `earlier`, an older copy of this histogram. */
  since(earlier: Histogram): Histogram {
    const difference = new Histogram()
    for (let i = 0; i < BUCKETS; i++) difference.#counts[i] = this.#counts[i]! - earlier.#counts[i]!
    return difference
  }

  /** A copy in memory of its own. */
  copy(): Histogram {
    return new Histogram(this.#counts.slice())
  }

  reset(): void {
    this.#counts.fill(0)
  }

  /** How many values were recorded. */
  count(): number {
    let total = 0
    for (let i = 0; i < BUCKETS; i++) total += this.#counts[i]!
    return total
  }

  /** How many of them are at most `value`, to within the bucket that `value` lies in (its whole bucket counts). */
  countUpTo(value: number): number {
    const last = bucketOf(value)
    let total = 0
    for (let i = 0; i <= last; i++) total += this.#counts[i]!
    return total
  }

  /** The smallest value with at least `percent` (0 to 100) of all values at or below it, within 0.8%; 0 when empty. */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.ceil((percent / 100) * this.count()))
    let total = 0
    for (let i = 0; i < BUCKETS; i++) {
      total += this.#counts[i]!
      if (total >= wanted) return middleOf(i)
    }
    return 0
  }

  /** Sum of all values, within 0.8%. */
  sum(): number {
    let sum = 0
    for (let i = 0; i < BUCKETS; i++) if (this.#counts[i] !== 0) sum += this.#counts[i]! * middleOf(i)
    return sum
  }

  /** Mean of all values, within 0.8%; 0 when empty. */
  mean(): number {
    return this.sum() / Math.max(1, this.count())
  }
}

function bucketOf(value: number): number {
  if (!(value >= 0)) return 0
  const whole = value > LARGEST_VALUE ? LARGEST_VALUE : value | 0
  if (whole < 2 * STEPS) return whole
  const shift = 31 - STEP_BITS - Math.clz32(whole)
  return (shift << STEP_BITS) + (whole >>> shift)
}

/** The value a bucket stands for: itself where buckets are one wide, else its middle. */
function middleOf(bucket: number): number {
  if (bucket < 2 * STEPS) return bucket
  const shift = (bucket >>> STEP_BITS) - 1
  const lowest = (STEPS + (bucket & (STEPS - 1))) * 2 ** shift
  return lowest + (2 ** shift - 1) / 2
}
