// Which bounds on connections hold now. A connection belongs to no site before its first request, so the time that it may be
// idle goes by the mode furthest from an ordinary day that any site is in; and where connections run short, idle ones go sooner.

import type { LimitsConfig } from '../config/types.ts'
import { MODES } from '../config/modes.ts'
import type { Mode } from '../config/modes.ts'

export type LimitsInForce = Omit<LimitsConfig, 'idleTimeout'> & { idleTimeout: number }

/** From this share of the connections on, idle ones and heads that drip are given less time. */
const CROWDED = 0.75
/** What is left of it when the last connection is taken. */
const LEAST_SHARE = 0.1
/** But never less than this, milliseconds: a browser sends the requests of one page within it. */
const LEAST_MS = 2000

/** `modes` are those of the sites, `fill` is the share of the connections that is taken, 0 to 1. */
export function limitsInForce(limits: LimitsConfig, modes: readonly Mode[], fill: number): LimitsInForce {
  const strictest = MODES[Math.max(0, ...modes.map(mode => MODES.indexOf(mode)))]!
  const over = Math.min(1, Math.max(0, (fill - CROWDED) / (1 - CROWDED)))
  const shorter = (ms: number): number =>
    over === 0 ? ms : Math.max(Math.min(ms, LEAST_MS), ms * (1 - over * (1 - LEAST_SHARE)))
  return {
    ...limits,
    idleTimeout: shorter(limits.idleTimeout[strictest]!),
    headTimeout: shorter(limits.headTimeout),
  }
}
