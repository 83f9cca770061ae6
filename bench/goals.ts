// What Breakwater has set itself, in one table. A ratio divides Breakwater's median by another server's of the same run.

import type { CaseName } from './cases/case.ts'

export interface Goal {
  readonly case: CaseName
  readonly variant: RegExp
  readonly metric: string
  /** The server Breakwater is compared with; null when the reading itself has the bound. */
  readonly against: string | null
  readonly atMost: number
  /** Better still. */
  readonly stretch?: number
  /** Held to the upper bound of the interval, not to the median. */
  readonly surely?: true
}

const GOALS: readonly Goal[] = [
  { case: 'hits', variant: /^8 KiB$/, metric: 'cpu', against: 'nginx', atMost: 0.8, stretch: 0.75 },
  { case: 'hits', variant: /^8 KiB$/, metric: 'cpu', against: 'varnish', atMost: 0.5, stretch: 0.45 },
  { case: 'hits', variant: /^8 KiB$/, metric: 'cpu', against: 'haproxy', atMost: 0.9, stretch: 0.8 },
  { case: 'misses', variant: /^8 KiB$/, metric: 'cpu', against: 'nginx', atMost: 2.2 },
  { case: 'metrics', variant: /./, metric: 'cpu', against: 'breakwater-uncounted', atMost: 1.05, surely: true },
  { case: 'store', variant: /^bound/, metric: 'ofBound', against: null, atMost: 1.25 },
  { case: 'restart', variant: /./, metric: 'seconds', against: null, atMost: 1 },
  { case: 'restart', variant: /./, metric: 'cold', against: null, atMost: 0.01 },
  { case: 'restart-million', variant: /./, metric: 'cold', against: null, atMost: 0.01 },
  ...['softMs', 'softSeenMs', 'hardMs', 'hardSeenMs'].map(
    metric => ({ case: 'purge', variant: /./, metric, against: null, atMost: 50 }) as const,
  ),
  { case: 'overhead', variant: /./, metric: 'own', against: null, atMost: 1024 },
  { case: 'overhead', variant: /./, metric: 'resident', against: null, atMost: 1024 },
  { case: 'waiting', variant: /./, metric: 'ratio', against: null, atMost: 1.5 },
  { case: 'waiting', variant: /./, metric: 'waiter', against: null, atMost: 1 },
  { case: 'tls', variant: /^HTTP\/1\.1$/, metric: 'cpu', against: 'nginx-static', atMost: 1 },
  { case: 'tls', variant: /^HTTP\/2$/, metric: 'cpu', against: 'nginx-static', atMost: 1.5 },
  { case: 'handshakes', variant: /./, metric: 'cpu', against: 'nginx-static', atMost: 1.3 },
]

/** The goal for a reading, or undefined when there is none. */
export function goalFor(name: string, variant: string, metric: string, against: string | null): Goal | undefined {
  return GOALS.find(
    goal => goal.case === name && goal.variant.test(variant) && goal.metric === metric && goal.against === against,
  )
}

export type Verdict = 'met' | 'met, stretch too' | 'missed'

/** Whether a value meets a goal. */
export function judge(value: number, goal: Goal): Verdict {
  if (value > goal.atMost) return 'missed'
  return goal.stretch !== undefined && value <= goal.stretch ? 'met, stretch too' : 'met'
}
