// The client room: who asks, behind trusted proxies.

import type { Room } from '../exchange.ts'
import type { FindClient } from './proxies.ts'

/** `find` is read for each request, so that a new config takes effect at the next one. */
export function createClientRoom(find: () => FindClient): Room {
  return (exchange, next) => {
    exchange.client = find()(exchange.peer, exchange.fields)
    return next(exchange)
  }
}
