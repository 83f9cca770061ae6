// What became of a storm: pure functions of what visitors met with and of what the origin counted.

import { median } from '../rounds.ts'
import type { Visitor } from './crowd.ts'

export interface Outcome {
  /** Answers a second that the origin completed while the storm went on, and the same as a share of what it bears. */
  readonly throughput: number
  readonly share: number
  readonly visitors: number
  readonly served: number
  /** Requests of those who were in, or let through, that went wrong. */
  readonly failed: number
  readonly waiting: number
  /** Answers to those who waited that were no place in the queue. */
  readonly errors: number
  /** Of the order of numbers with that of arrivals, and of those who were called with both; null where nobody waited. */
  readonly kendall: number | null
  /** Of those who were called: by how much the first estimate was off, as a share of the wait. */
  readonly estimateError: number | null
  readonly estimates: number
}

export function judge(visitors: readonly Visitor[], completed: number, seconds: number, capacity: number): Outcome {
  const waited = visitors.filter(({ number }) => number !== null)
  const throughput = completed / seconds
  const errors = waited.flatMap(({ estimated, called }) =>
    estimated === null || called === null
      ? []
      : [Math.abs(estimated.wait - (called - estimated.at)) / (called - estimated.at)],
  )
  const sum = (of: (visitor: Visitor) => number): number => visitors.reduce((total, each) => total + of(each), 0)
  return {
    ...{ throughput, share: throughput / capacity, visitors: visitors.length },
    served: sum(({ served }) => served),
    failed: sum(({ failed }) => failed),
    waiting: waited.length,
    errors: sum(({ errors: met }) => met.length),
    kendall: errors.length < 2 ? null : kendall(callingOrder(waited)),
    estimateError: errors.length === 0 ? null : median(errors),
    estimates: errors.length,
  }
}

/**
 * Arrivals in the order in which visitors were called: by number, since a poll tells that all below one are. Who was still
 * told to wait after somebody behind them knew of their call was passed over, and stands behind all.
 */
function callingOrder(waited: readonly Visitor[]): number[] {
  const byNumber = waited.toSorted((a, b) => a.number! - b.number!)
  const passedOver = new Set<Visitor>()
  let earliest = Infinity
  for (const visitor of byNumber.toReversed()) {
    if (visitor.lastWaiting > earliest) passedOver.add(visitor)
    earliest = Math.min(earliest, visitor.called ?? Infinity)
  }
  const called = byNumber.filter(({ called }) => called !== null)
  return [...called.filter(each => !passedOver.has(each)), ...passedOver].map(({ arrived }) => arrived)
}

/** Kendall's tau of a list with itself in order: 1 where it rises, −1 where it falls. Inversions are counted by merging. */
export function kendall(list: readonly number[]): number {
  const pairs = (list.length * (list.length - 1)) / 2
  return pairs === 0 ? 1 : 1 - (2 * inversions(list).count) / pairs
}

function inversions(list: readonly number[]): { sorted: number[]; count: number } {
  if (list.length < 2) return { sorted: [...list], count: 0 }
  const middle = list.length >> 1
  const [left, right] = [inversions(list.slice(0, middle)), inversions(list.slice(middle))]
  const sorted: number[] = []
  let count = left.count + right.count
  for (let i = 0, j = 0; i < left.sorted.length || j < right.sorted.length;) {
    const takesLeft = j >= right.sorted.length || (i < left.sorted.length && left.sorted[i]! <= right.sorted[j]!)
    if (!takesLeft) count += left.sorted.length - i
    sorted.push(takesLeft ? left.sorted[i++]! : right.sorted[j++]!)
  }
  return { sorted, count }
}
