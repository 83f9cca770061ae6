// How this node stands among others, as metrics.

import type { ClusterState } from '../threads/cluster.ts'
import type { CoreLink } from './core-link.ts'
import { sumOf } from './all-nodes.ts'
import type { Metric, Sample } from './exposition.ts'

/** Without values on a machine by itself. */
export function clusterMetrics(cluster: ClusterState | null | undefined): Metric[] {
  const each = (name: string, help: string, samples: (cluster: ClusterState) => Sample[]): Metric => ({
    ...{ name: `breakwater_cluster_${name}`, help, type: 'gauge' },
    samples: cluster ? samples(cluster) : [],
  })
  return [
    each('joined', '1 while this node is in its cluster, 0 while it is alone.', ({ state }) => [
      { value: Number(state === 'joined') },
    ]),
    each('nodes', 'Nodes that are there, and those that are lost, as far as this one knows.', ({ members }) =>
      ['there', 'lost'].map(state => ({
        labels: { state },
        value: members.filter(({ isLost }) => isLost === (state === 'lost')).length,
      })),
    ),
    each('leads', '1 on the node that leads.', ({ leader, node }) => [{ value: Number(leader === node) }]),
    each('purges_applied', 'The last entry of the purge log that is carried out here.', ({ purges }) => [
      { value: purges.applied },
    ]),
    each('purges_current', '1 while this node can prove that it knows of every purge.', ({ purges }) => [
      { value: Number(purges.isCurrent) },
    ]),
    each('figures', 'Summed over all nodes: rates per second, and how things stand.', state =>
      Object.entries(sumOf(state) ?? {}).map(([name, value]) => ({ labels: { name }, value })),
    ),
    each('origin_share', 'Requests that this node may have in flight to an origin server.', ({ shares }) =>
      shares.map(({ site, origin, share }) => ({ labels: { site, origin }, value: share })),
    ),
    each('origin_limit', 'Requests that all nodes together may have in flight to it.', ({ shares }) =>
      shares.map(({ site, origin, max }) => ({ labels: { site, origin }, value: max })),
    ),
  ]
}

/** As the admin address tells it: how this node stands, and what all nodes count together. */
export const clusterOf = (core: Pick<CoreLink, 'status'>) => {
  const cluster = core.status?.status.cluster ?? null
  return { cluster, sum: sumOf(cluster) }
}
