// A page is fetched here for another node, as its owner (cluster/owner.ts): an edge is told to ask for it with a request of its own.

import type { CoreToEdge } from '../threads/messages.ts'
import type { Permits } from './permits.ts'

export interface ForNodesParts {
  permits(site: string): Permits | undefined
  /** Edges that serve. */
  edges(): readonly { send(message: CoreToEdge): void }[]
}

export class ForNodes {
  readonly #parts: ForNodesParts
  #turn = 0

  constructor(parts: ForNodesParts) {
    this.#parts = parts
  }

  /** False where it is not the time: those who want it are sooner at the origin by themselves than behind a queue here. */
  fetch(key: string): boolean {
    const [, site = '', scheme, host, target] = /^(\S+) (https?):\/\/([^\s/]+)(\/\S*)$/.exec(key) ?? []
    if (scheme === undefined || host === undefined || target === undefined) return false
    const permits = this.#parts.permits(site)
    if (permits === undefined || permits.isAiling || !permits.hasRoom) return false
    const edges = this.#parts.edges()
    const edge = edges[this.#turn++ % edges.length]
    edge?.send({ type: 'fetch-for-nodes', key, site, scheme: scheme === 'https' ? 'https' : 'http', host, target })
    return edge !== undefined
  }
}
