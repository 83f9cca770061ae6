// `breakwater cluster`: how a node stands among others, and the end of one that is gone for good.

import type { Command } from 'commander'
import type { ClusterState, OriginShare } from '../threads/cluster.ts'
import { command, withAdmin } from './admin-client.ts'
import type { AdminFlags } from './admin-client.ts'

interface ClusterFlags extends AdminFlags {
  json?: boolean
}

/** The node is alone. */
const NOT_WELL = 1

export function registerCluster(program: Command): void {
  const verb = program.command('cluster').description('how this node stands among others')
  withAdmin(
    verb
      .command('show', { isDefault: true })
      .description('the nodes, who leads, and shares of the origins; exits with 1 where the node is alone'),
  ).action(async (flags: ClusterFlags) => shown(flags, await command(flags, 'GET', '/api/cluster')))
  withAdmin(
    verb
      .command('forget')
      .description('a lost node is gone for good: give the others what it held of the origins')
      .argument('<node>', 'its name'),
  ).action(async (node: string, flags: ClusterFlags) =>
    shown(flags, await command(flags, 'POST', '/api/cluster/forget', { node })),
  )
}

function shown({ json }: ClusterFlags, answer: unknown): void {
  const { cluster } = answer as { cluster: ClusterState | null }
  if (cluster?.state === 'alone') process.exitCode = NOT_WELL
  process.stdout.write(json === true ? `${JSON.stringify({ cluster }, null, 2)}\n` : `${told(cluster).join('\n')}\n`)
}

function told(cluster: ClusterState | null): string[] {
  if (cluster === null) return ['This machine is by itself: the config names no cluster.']
  const { state, node, why, members, leader, server, shares, purges } = cluster
  return [
    state === 'joined' ? `${node} is joined.` : `${node} is alone: ${why}.`,
    ...members.map(({ name, isLost }) => `  ${name}${isLost ? ', lost' : ''}${name === leader ? ', leads' : ''}`),
    ...(server === null
      ? []
      : [`Server: ${server.product} ${server.version}; writes are known to be safe by ${server.copies}.`]),
    `Purges: ${purges.applied} carried out; ${purges.isCurrent ? 'none is missing.' : 'whether one is missing cannot be known now.'}`,
    ...shares.map(
      ({ site, origin, share, max, kept }) => `${site} ${origin}: ${share} of ${max} at once${keptText(kept)}.`,
    ),
    ...members
      .filter(({ isLost }) => isLost)
      .map(
        ({ name }) => `If ${name} is gone for good, give the others what it holds: breakwater cluster forget ${name}`,
      ),
  ]
}

const keptText = (kept: OriginShare['kept']): string =>
  kept.map(({ node, held }) => `; ${node} is lost and holds ${held}`).join('')
