// Fetches anew what was just served stale (stale-while-revalidate, RFC 5861 section 3): an exchange of its own for which
// nobody waits. Core lets one through for each key and keeps the others away by a lease on the stored response.

import type { Exchange, Next } from '../exchange.ts'
import type { Cache } from './types.ts'
import { flightKey } from './lookup.ts'
import type { Found } from './lookup.ts'
import { fetchShared } from './fetch.ts'
import type { Shared } from './fetch.ts'

const NEVER_GONE = new AbortController().signal

/** Begins the refresh; errors are nobody's here, and the stored response stays as it is. */
export function refresh(cache: Cache, exchange: Exchange, next: Next, found: Found, again: Shared['again']): void {
  const { site, settings, settingsOf, client, method, target, host, fields, peer, httpVersion } = exchange
  const own: Exchange = {
    startedAt: cache.clock.monotonic(),
    ...{ site, settings, settingsOf, client, method, target, host, fields, peer, httpVersion },
    body: null,
    upgrade: undefined,
    inform: () => {},
    gone: NEVER_GONE,
    key: exchange.key,
    intent: 'refresh',
    stale: { ref: found.ref, whileRevalidate: true },
    seen: undefined,
    permit: undefined,
    purges: 0,
    quota: undefined,
    visit: undefined,
    outcome: 'miss',
    reason: undefined,
  }
  const flight = flightKey(cache.index, exchange.key!, exchange.fields)
  fetchShared(cache, own, next, { flight, found, inBackground: true, again }).then(
    answer => drain(answer.body),
    () => {},
  )
}

/** Nobody reads it: it flows into the store alone. */
function drain(body: Awaited<ReturnType<Next>>['body']): void {
  if (body !== null && !(body instanceof Uint8Array)) body.pipe({ data: () => {}, end: () => {}, fail: () => {} })
}
