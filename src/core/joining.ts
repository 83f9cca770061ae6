// Core as one of several nodes: loads what knows of clusters, and gives it what it needs of core. On a machine by itself none of
// it is loaded.

import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { Board, GlobalWord } from '../board/board.ts'
import { leaseFor } from '../board/lease.ts'
import { MODES } from '../config/modes.ts'
import type { ClusterHost, ClusterNode } from '../cluster/node.ts'
import type { Log } from '../threads/log.ts'
import type { Birth } from '../threads/messages.ts'
import type { Core } from './core.ts'
import { sharedAs } from './sameness.ts'

/** Milliseconds that stored responses may take to be read back: edges wait as long for them. */
const LOADED_WITHIN = 20_000

export interface Surroundings {
  birth: Pick<Birth, 'config' | 'board' | 'ticketSecret'>
  clock: Clock
  random: Random
  log: Log
}

/** This machine as a node, or undefined where the config names no cluster. What is purged meanwhile waits for it. */
export function joinCluster(core: Core, surroundings: Surroundings): Promise<ClusterNode | undefined> {
  if (surroundings.birth.config.cluster.url.length === 0) return Promise.resolve(undefined)
  const joining = nodeOf(core, surroundings)
  core.purges.everywhere = (order, done) => void joining.then(node => node.purge(order, done))
  return joining
}

async function nodeOf(core: Core, { birth, clock, random, log }: Surroundings): Promise<ClusterNode> {
  const { ClusterNode: Node } = await import('../cluster/node.ts')
  // The same for each core of a process, and for no other process.
  const incarnation = createHash('sha256').update('cluster').update(birth.ticketSecret).digest('hex').slice(0, 16)
  const { config } = birth
  const node = new Node({ config, clock, random, log, incarnation, host: hostOf(core, birth.board, clock) })
  core.share(node)
  core.rooms.share(node.rooms)
  core.modes.tell = (site, commanded) => node.modes.commanded(site, commanded)
  return node
}

function hostOf(core: Core, board: SharedArrayBuffer, clock: Clock): ClusterHost {
  const { global } = new Board(board)
  const from = clock.monotonic()
  return {
    isLoading: () => core.isLoading && clock.monotonic() - from < LOADED_WITHIN,
    carryOut: (order, done) => core.purges.carryOut(order, done),
    sharedAs: key => sharedAs(core.config.sites, site => core.modes.of(site), key),
    carry: key => core.carrier.carry(key),
    held: key => core.carrier.held(key),
    fetch: (key, codings) => core.forNodes.fetch(key, codings),
    takeIn: (key, carried) => core.carrier.takeIn(key, carried),
    modes: () => core.modes.commanded,
    setMode: (site, { mode, until, why }) => {
      const known = MODES.find(each => each === mode)
      if (known !== undefined) core.modes.set(site, known, until, clock.now(), why)
    },
    tickets: seeds => core.sealTickets(seeds),
    nodes: count => void Atomics.store(global, GlobalWord.nodes, count),
    origins: () => core.origins.needs,
    share: (site, url, share) => {
      core.origins.share(site, url, share, clock.monotonic())
      core.originsChanged()
    },
    sharesEnd: at => leaseFor(global, at === null ? null : at - clock.monotonic()),
  }
}
