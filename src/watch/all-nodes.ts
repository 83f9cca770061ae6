// The figures of this node that others add to theirs, and the sum over all nodes: on every dashboard and every admin address the same.

import type { ClusterState, Figures } from '../threads/cluster.ts'
import type { Column, Second } from './seconds.ts'

/** What makes sense as a sum; of visitors it is at most that many, since one may come to several nodes. */
const SUMMED = [
  ...(['requests', 'hit', 'stale', 'collapsed', 'lost', 'bytesIn', 'bytesOut', 'bytesSaved', 'bytesOrigin'] as const),
  ...(['originRequests', 'inFlight', 'limit', 'waiting', 'connections', 'streams', 'visitors', 'journal'] as const),
  'delivered',
] as const satisfies readonly Column[]

/** Rates are per second. */
export const figuresOf = (second: Second): Figures =>
  Object.fromEntries(SUMMED.map(name => [name, Math.round((second[name] ?? 0) * 1000) / 1000]))

/** Of the nodes that are there; null where this machine is by itself, or does not hear of the others. */
export function sumOf(cluster: Pick<ClusterState, 'figures'> | null | undefined): (Figures & { nodes: number }) | null {
  const rows = cluster?.figures ?? []
  if (rows.length === 0) return null
  const sum = (name: string): number => rows.reduce((total, { figures }) => total + (figures[name] ?? 0), 0)
  return { nodes: rows.length, ...Object.fromEntries(SUMMED.map(name => [name, sum(name)])) }
}
