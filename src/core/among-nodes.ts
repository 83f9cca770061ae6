// What core does together with other nodes beside its own work: fetches, and counts of requests.

import type { RateTake, RateTaken } from '../threads/cluster.ts'
import type { CoreToEdge, EdgeToCore } from '../threads/messages.ts'
import { withCredentials } from '../store/keys.ts'
import type { OtherNodes } from './elsewhere.ts'

export interface AmongNodes {
  fetches: OtherNodes & { unclaim(keys: readonly string[]): void }
  rates: { take(site: string, takes: readonly RateTake[]): Promise<RateTaken | null> }
}

/** Counts a request of an edge over all nodes; never silent. */
export function countTogether(
  nodes: AmongNodes | null,
  { id, site, takes }: Extract<EdgeToCore, { type: 'rate' }>,
  answer: (message: CoreToEdge) => void,
): void {
  if (nodes === null) return answer({ type: 'rated', id, taken: null })
  void nodes.rates.take(site, takes).then(taken => answer({ type: 'rated', id, taken }))
}

/** Of what is stored under these keys: flights of requests with credentials go by keys of their own. */
export const flightKeys = (keys: readonly string[]): string[] => keys.flatMap(key => [key, withCredentials(key)])
