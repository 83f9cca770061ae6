// Fetches anew what was just served stale (stale-while-revalidate, RFC 5861 section 3): an exchange of its own for which
// nobody waits. Core lets one through for each key and keeps the others away by a lease on the stored response.

import { NEVER_GONE, UNSENT, drain } from '../exchange.ts'
import type { Exchange, Next } from '../exchange.ts'
import type { Cache } from './types.ts'
import { flightKey } from './lookup.ts'
import type { Found } from './lookup.ts'
import { fetchShared } from './fetch.ts'
import type { Shared } from './fetch.ts'

/** Begins the refresh; errors are nobody's here, and the stored response stays as it is. */
export function refresh(cache: Cache, exchange: Exchange, next: Next, found: Found, again: Shared['again']): void {
  const { site, settings, settingsOf, client, method, target, host, fields, peer, httpVersion } = exchange
  const own: Exchange = {
    ...UNSENT,
    startedAt: cache.clock.monotonic(),
    ...{ site, settings, settingsOf, client, method, target, host, fields, peer, httpVersion },
    gone: NEVER_GONE,
    key: exchange.key,
    intent: 'refresh',
    stale: { ref: found.ref, whileRevalidate: true },
    outcome: 'miss',
  }
  const flight = flightKey(cache.index, exchange.key!, exchange.fields)
  fetchShared(cache, own, next, { flight, found, inBackground: true, again }).then(
    answer => drain(answer.body),
    () => {},
  )
}
