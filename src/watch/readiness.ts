// Whether this process should get visitors: the pure part of /readyz.

import type { ClusterState } from '../threads/cluster.ts'
import type { CoreStatus, ProcessState } from '../threads/messages.ts'

/** Core ticks each second; a stall of five is what edges bridge with stored responses. */
const CORE_STALLS_AFTER = 5

export interface Situation {
  process: Pick<ProcessState, 'phase' | 'threads'>
  /** Seconds since core's last tick; undefined before the first. */
  coreTickAge: number | undefined
  /** Core's last status; undefined before the first. */
  status: Pick<CoreStatus, 'origins' | 'cluster'> | undefined
}

/** Why not; empty when it is ready. */
export function notReady({ process, coreTickAge, status }: Situation): string[] {
  const reasons: string[] = []
  if (process.phase === 'starting') reasons.push('It is starting.')
  if (process.phase === 'draining') reasons.push('It is shutting down.')
  if (!process.threads.some(row => row.role === 'edge' && row.state === 'serving'))
    reasons.push('No edge thread serves.')
  if (!process.threads.some(row => row.role === 'core' && row.state === 'serving'))
    reasons.push('The core thread is down.')
  else if (coreTickAge !== undefined && coreTickAge > CORE_STALLS_AFTER)
    reasons.push(`The core thread has stalled for ${Math.round(coreTickAge)} s.`)
  // Without a status nothing is known against the origins.
  if (status !== undefined && !status.origins.some(origin => origin.state === 'up')) reasons.push('No origin is up.')
  if (hasNoShare(status?.cluster))
    reasons.push('It is not in its cluster yet, and has no share of what the origins bear.')
  return reasons
}

/** A node that was joined once goes on with what it had; one that never was may send nothing to the origins. */
const hasNoShare = (cluster: ClusterState | null | undefined): boolean =>
  cluster?.state === 'alone' && cluster.shares.every(({ share }) => share === 0)
