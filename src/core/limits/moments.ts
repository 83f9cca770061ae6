// Number, mean and variance of samples: enough to say how sure a mean is. Merged and faded as a whole, so that a base
// remembers what was seen long ago with less weight.

import { firstByteMs } from '../../board/board.ts'

/** A mean of `n` samples and their variance; n may be a fraction once faded. */
export interface Moments {
  readonly n: number
  readonly mean: number
  readonly variance: number
}

export const NO_SAMPLES: Moments = { n: 0, mean: 0, variance: 0 }

/** Of times to first byte by bucket, milliseconds; what is above `cap` counts as `cap`, so that one straggler does not speak for all. */
export function momentsOf(counts: ArrayLike<number>, cap: number): Moments {
  let [n, sum, squares] = [0, 0, 0]
  for (let bucket = 0; bucket < counts.length; bucket++) {
    const count = counts[bucket]!
    if (count === 0) continue
    const ms = Math.min(cap, firstByteMs(bucket))
    n += count
    sum += count * ms
    squares += count * ms * ms
  }
  if (n === 0) return NO_SAMPLES
  const mean = sum / n
  return { n, mean, variance: Math.max(0, squares / n - mean * mean) }
}

/** Both together; of the older one at most `memory` samples count. */
export function merged(older: Moments, newer: Moments, memory: number): Moments {
  const weight = Math.min(older.n, memory)
  const n = weight + newer.n
  if (n === 0) return NO_SAMPLES
  const share = newer.n / n
  const apart = newer.mean - older.mean
  const variance = older.variance * (1 - share) + newer.variance * share + apart * apart * share * (1 - share)
  return { n, mean: older.mean + apart * share, variance }
}

/** The square of the standard error of the mean; infinite without samples. */
export const errorOf = ({ n, variance }: Moments): number => (n > 0 ? variance / n : Infinity)
