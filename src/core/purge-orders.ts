// What operators order to be purged: carried out here, or, with other nodes, by all of them in one order.

import type { PurgeOrder, Spread } from '../threads/cluster.ts'
import type { EdgeToCore } from '../threads/messages.ts'
import type { Purged, Purging } from './purging.ts'

/** With the nodes that have it, where there are several. */
export type PurgedBy = Purged & Partial<Spread>

export class PurgeOrders {
  readonly #purging: Purging
  readonly #turn: () => void
  /** Has every node carry it out, this one by `carryOut`. */
  everywhere: ((order: PurgeOrder, done: (how: PurgedBy) => void) => void) | null = null

  /** `turn` is called after each: the walk that carries it out goes on from there. */
  constructor(purging: Purging, turn: () => void) {
    this.#purging = purging
    this.#turn = turn
  }

  order(order: PurgeOrder, done: (how: PurgedBy) => void): void {
    if (this.everywhere === null) this.carryOut(order, done)
    else this.everywhere(order, done)
  }

  /** On this node. */
  carryOut(order: PurgeOrder, done: (how: Purged) => void): void {
    if (order.kind === 'below') this.#purging.purge(order.below, order.soft, done)
    else if (order.kind === 'tags') this.#purging.purgeTags(order.hashes, order.soft, done)
    else this.#purging.purgeKeys(order.urls, order.soft, done)
    this.#turn()
  }
}

/** What was asked for by the method PURGE. */
export function orderOf({ urls, below, hashes, soft }: Extract<EdgeToCore, { type: 'purge' }>): PurgeOrder {
  if (hashes.length > 0) return { kind: 'tags', hashes, soft }
  return below.length > 0 ? { kind: 'below', below, soft } : { kind: 'keys', urls, soft }
}
