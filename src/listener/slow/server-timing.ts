// Server-Timing (https://www.w3.org/TR/server-timing/): what took how long, for the developer tools of viewers who are trusted with
// it. It tells of the origin's speed and of the queue, so strangers get none of it.

import type { Exchange } from '../../exchange.ts'

/** `total` is milliseconds from the whole head to here. */
export function serverTiming(
  exchange: Pick<Exchange, 'outcome' | 'reason' | 'queuedMs' | 'originMs'>,
  total: number,
): string {
  const { outcome, reason, queuedMs = 0, originMs = 0 } = exchange
  const own = Math.max(0, total - queuedMs - originMs)
  return [
    `breakwater;desc="${reason === undefined ? outcome : `${outcome} (${reason})`}";dur=${short(own)}`,
    ...(queuedMs > 0 ? [`queue;dur=${short(queuedMs)}`] : []),
    ...(originMs > 0 ? [`origin;dur=${short(originMs)}`] : []),
    `total;dur=${short(total)}`,
  ].join(', ')
}

const short = (ms: number): string => String(Math.round(ms * 100) / 100)
