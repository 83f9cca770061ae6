// Every counter there is, in one table: what an edge counts, in which unit, and what it tells. /metrics, /api/stats, the
// reference docs and the board's layout are made from it, so a counter that is not here does not exist.

interface Counter {
  /** 'requests', 'bytes', … */
  unit: string
  /** A sum that only grows, or a level that goes up and down. */
  kind: 'counter' | 'gauge'
  prose: string
}

const sum = (unit: string, prose: string): Counter => ({ unit, kind: 'counter', prose })
const level = (unit: string, prose: string): Counter => ({ unit, kind: 'gauge', prose })

/** Requests by outcome come first: every request that was read whole ends in exactly one of them. */
export const counters = {
  hit: sum('requests', 'Answered from a fresh stored response.'),
  stale: sum(
    'requests',
    'Answered from a stale stored response, as stale-while-revalidate, stale-if-error or grace allow.',
  ),
  collapsed: sum('requests', 'Waited for a fetch already in flight and was answered from what it brought.'),
  miss: sum('requests', 'Fetched from the origin server, with a response that may be stored.'),
  validated: sum('requests', 'Answered from a stored response that the origin server confirmed with 304.'),
  pass: sum('requests', 'Passed through to the origin server without the cache.'),
  stream: sum('requests', 'Upgraded connections and event streams passed through to the origin server.'),
  shed: sum('requests', 'Refused with 503 and Retry-After because the origin server bears no more.'),
  waitingRoom: sum('requests', 'Answered with the waiting room.'),
  limited: sum('requests', 'Refused because the client asks too often, or is on the deny list.'),
  refused: sum('requests', 'Refused as malformed, ambiguous or over a bound.'),
  failed: sum(
    'requests',
    'Answered with 502 or 504 because the origin server failed and nothing stored could stand in.',
  ),
  own: sum('requests', 'Answered by Breakwater itself: pages below /.breakwater/, redirects, stubs, OPTIONS *.'),
  gone: sum('requests', 'The visitor closed the connection before the answer was whole.'),
  collected: sum('requests', 'Forms taken into the journal and acknowledged, to be sent to the origin server later.'),
  fastLane: sum('requests', 'Of all answers, those that the fast lane gave.'),
  polls: sum('requests', 'Polls of visitors in a waiting room that the fast lane answered; they count as `own`.'),
  bytesIn: sum('bytes', 'Read from visitors.'),
  bytesOut: sum('bytes', 'Written to visitors.'),
  bytesOrigin: sum('bytes', 'Response bodies read from origin servers.'),
  accepted: sum('connections', 'Connections accepted.'),
  overConnections: sum('connections', 'Connections closed at once because the bound on connections was reached.'),
  denied: sum('connections', 'Connections closed at once because their address is on the deny list.'),
  unannounced: sum(
    'connections',
    'Connections of trusted proxies closed because they did not begin with a PROXY protocol header (`proxies.proxyProtocol`).',
  ),
  tooMany: sum('connections', 'Connections closed at once because their address had as many as it may have.'),
  timedOut: sum('connections', 'Connections closed because a head, a body or the next request took too long.'),
  connections: level('connections', 'Open connections.'),
  streams: level('streams', 'Upgraded connections and event streams now open.'),
  originRequests: sum('requests', 'Requests sent to origin servers, retries and validations included.'),
  originErrors: sum('requests', 'Requests to origin servers that ended without a whole response.'),
  retries: sum('requests', 'Requests sent to an origin server a second time.'),
  stored: sum('responses', 'Responses stored.'),
  notStored: sum('responses', 'Responses that could have been stored but found no place.'),
  overBound: sum('responses', 'Responses not stored because their key or their header section is too long.'),
  damagedBodies: sum(
    'responses',
    'Stored responses whose body on disk was not what had been written: none of it was sent, or it was cut short.',
  ),
  copiesProven: sum('pages', 'Pages of which a spike rule wants a copy for everyone, and two fetches were the same.'),
  notLogged: sum(
    'requests',
    'Requests without a line in the access log because the disk was too slow for it, or gone.',
  ),
  copiesRefused: sum('pages', 'Such pages that are not served from a copy, because two fetches differed.'),
  compressed: sum('copies', 'Compressed copies of stored responses that were made.'),
  plainCoded: sum('responses', 'Stored responses without compressed copies: they came compressed.'),
  plainForbidden: sum('responses', 'The same: they say no-transform, or tell of their very bytes (Content-Digest).'),
  plainKind: sum('responses', 'The same: their media type is no text, or they tell none.'),
  plainSize: sum('responses', 'The same: they have less than 1 KiB, or more than 8 MiB.'),
  plainBusy: sum('responses', 'The same: too many waited to be compressed.'),
  plainNoGain: sum('responses', 'The same: they would hardly shrink.'),
  begun: sum('requests', 'Requests that were taken up. Each ends in one outcome, or with the edge that had it.'),
  open: level('requests', 'Requests taken up and not ended: in the slow lane, since the fast lane answers at once.'),
  cut: sum('requests', 'Counted as hit or stale, but the connection broke before all of the answer was taken.'),
  originFault: sum('requests', 'Answered with what the origin server or the store gave, a status of 500 or above.'),
  bytesSaved: sum('bytes', 'Of the bytes written to visitors, those of answers that stored responses gave.'),
} as const satisfies Record<string, Counter>

export type CounterName = keyof typeof counters
export const counterNames = Object.keys(counters) as CounterName[]

/** The counter's place in an edge's row of the board. */
export const counterIndex = Object.fromEntries(counterNames.map((name, i) => [name, i])) as Record<CounterName, number>

/** The outcomes: exactly one of them is counted for each request. */
export const outcomes = [
  'hit',
  'stale',
  'collapsed',
  'miss',
  'validated',
  'pass',
  'stream',
  'shed',
  'waitingRoom',
  'limited',
  'refused',
  'failed',
  'own',
  'gone',
  'collected',
] as const satisfies CounterName[]
export type Outcome = (typeof outcomes)[number]

/** The outcomes in which no good answer reached the visitor. */
export const lostOutcomes = ['shed', 'failed', 'gone'] as const satisfies Outcome[]
