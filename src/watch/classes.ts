// How the classes of sites fare, from the board: what is in flight of each, waits, and was refused.

import { FlightWord, GlobalWord, MAX_EDGES, OriginWord } from '../board/board.ts'
import type { Board } from '../board/board.ts'
import type { SiteConfig } from '../config/types.ts'
import type { OriginRow } from '../threads/messages.ts'

/** What belongs to none is called so. */
const REST = 'rest'

export interface ClassStats {
  site: string
  class: string
  inFlight: number
  /** Requests of it that may be in flight now, over all origins: of each its own limit, or that of the origin where it has none. */
  limit: number
  waiting: number
  /** Refused since the start; wraps at 2^32. */
  shed: number
}

/** Of the sites that have classes. */
export function classesOf(
  board: Board,
  sites: readonly Pick<SiteConfig, 'name' | 'classes'>[],
  origins: readonly Pick<OriginRow, 'site' | 'index'>[],
): ClassStats[] {
  return sites.flatMap(({ name: site, classes }) => {
    if (classes.length === 0) return []
    const rows = origins.filter(origin => origin.site === site).map(({ index }) => index)
    return [REST, ...classes.map(({ name }) => name)].map((name, index) => ({
      ...{ site, class: name },
      inFlight: rows.reduce((sum, origin) => sum + inFlightOf(board, origin, index), 0),
      limit: Math.min(
        most(classes[index - 1]),
        rows.reduce((sum, origin) => sum + limitOf(board.origin(origin), index), 0),
      ),
      // The queue is the site's: each of its origins says the same.
      waiting: Math.max(
        0,
        ...rows.map(origin => Atomics.load(board.origin(origin), OriginWord.waitingByClass + index)),
      ),
      shed: rows.reduce((sum, origin) => sum + (board.origin(origin)[OriginWord.shedByClass + index]! >>> 0), 0),
    }))
  })
}

/** A number that was set holds over all origins together. */
const most = (of: SiteConfig['classes'][number] | undefined): number =>
  typeof of?.concurrency === 'number' ? of.concurrency : Infinity

function limitOf(origin: Int32Array, index: number): number {
  const [limit, own] = [OriginWord.limit, OriginWord.limitByClass + index].map(word => Atomics.load(origin, word))
  return own === 0 ? limit! : Math.min(limit!, own!)
}

function inFlightOf(board: Board, origin: number, index: number): number {
  const slots = Math.min(MAX_EDGES, board.global[GlobalWord.slots]!)
  let sum = 0
  for (let slot = 0; slot < slots; slot++)
    sum += Atomics.load(board.flight(slot, origin), FlightWord.inFlightByClass + index)
  return sum
}
