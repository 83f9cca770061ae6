// Until when this node may use its shares of the origins' limits. Core renews it; edges and core look at it for each place that they
// take, so that a process which was stopped and goes on sends nothing before core has seen how late it is.

import { machineMicroseconds } from '../base/clock.ts'
import { GlobalWord } from './board.ts'

type Words = Int32Array<SharedArrayBuffer>

/** From then on nothing is taken, in milliseconds from now; null for without end. Rounded to whole seconds, to the safe side. */
export function leaseFor(global: Words, left: number | null): void {
  const until = left === null ? 0 : Math.max(1, Math.floor(machineMicroseconds() / 1e6 + left / 1000))
  Atomics.store(global, GlobalWord.sharesUntil, until)
}

/** A load on a machine by itself; with nodes a look at the clock besides, some 50 ns. */
export function isLeaseOver(global: Words): boolean {
  const until = Atomics.load(global, GlobalWord.sharesUntil)
  return until !== 0 && process.hrtime()[0] >= until
}
