// A page is fetched here for another node, as its owner (cluster/owner.ts): an edge is told to ask for it with a request of its own.

import { isCommonAccept } from '../http/codings.ts'
import { partsOf } from '../store/keys.ts'
import type { WantedPage } from '../threads/cluster.ts'
import type { CoreToEdge } from '../threads/messages.ts'
import type { Permits } from './permits.ts'

export interface ForNodesParts {
  /** It is fetched for other nodes as well, for a visitor here. */
  isUnderWay(key: string): boolean
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

  /**
   * `codings`: Accept-Encoding of who wants it, unless it is a variant by those. False where it is not the time: those who want it are sooner at
   * the origin by themselves than behind a queue here.
   */
  fetch(nodesKey: string, wanted: string | undefined): boolean {
    if (this.#parts.isUnderWay(nodesKey)) return true
    const page = pageOf(nodesKey, wanted)
    const permits = page && this.#parts.permits(page.site)
    if (page === undefined || permits === undefined || permits.isAiling || !permits.hasRoom) return false
    const edges = this.#parts.edges()
    const edge = edges[this.#turn++ % edges.length]
    edge?.send({ type: 'fetch-for-nodes', ...page })
    return edge !== undefined
  }
}

const common = (codings: string | undefined): string | undefined =>
  codings !== undefined && isCommonAccept(codings) ? codings : undefined

/** Undefined where a request with nothing of a visitor's would not bring it. */
function pageOf(nodesKey: string, wanted: string | undefined): WantedPage | undefined {
  const { page: key, secondary } = partsOf(nodesKey)
  const [, site, scheme, host, target] = /^(\S+) (https?):\/\/([^\s/]+)(\/\S*)$/.exec(key) ?? []
  if (site === undefined || host === undefined || target === undefined) return undefined
  const page = { key, site, scheme: scheme === 'https' ? 'https' : 'http', host, target } as const
  if (secondary === '') return { ...page, codings: common(wanted) }
  const [, named] = /^accept-encoding(?::(.*))?\n$/.exec(secondary) ?? []
  const codings = common(named)
  return codings === named ? { ...page, codings } : undefined
}
