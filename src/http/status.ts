// Status codes: their reason phrases and what a cache has to know about them (RFC 9110 section 15, RFC 9111 section 3).

import { STATUS_CODES } from 'node:http'

/** Stored without explicit freshness (RFC 9110 section 15.1). 206 belongs there too, but we store no partial responses. */
const HEURISTIC = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])

/** Final statuses whose caching requirements we obey: what `must-understand` asks about (RFC 9111 section 5.2.2.3). */
// prettier-ignore
const UNDERSTOOD = new Set([
  200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 305, 307, 308,
  400, 401, 402, 403, 404, 405, 406, 409, 410, 414, 415, 422, 451, 500, 501, 502, 503, 504, 505,
])

/**
 * Never stored, whatever the response says. 206 and 304 are parts of a response; 428, 429, 431 and 511 by RFC 6585; the
 * others depend on parts of the request that no cache key holds, so one odd request could poison a page for everyone.
 */
const NEVER_STORED = new Set([206, 304, 407, 408, 411, 412, 413, 416, 417, 421, 425, 426, 428, 429, 431, 511])

/** `Not Found` for 404; `Unknown` for a code without a registered phrase. */
export const reasonPhrase = (status: number): string => STATUS_CODES[status] ?? 'Unknown'

/** The first line of a response, with its line break, as HTTP/1.1 has it (RFC 9112 section 4). */
export const statusLine = (status: number): string => `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`

/** True for codes that may be stored without explicit freshness. */
export const isHeuristicallyCacheable = (status: number): boolean => HEURISTIC.has(status)

/** True for codes whose caching requirements this cache knows and obeys. */
export const isUnderstood = (status: number): boolean => UNDERSTOOD.has(status)

/** True for codes that this cache stores under no circumstances: those above and every interim one. */
export const isNeverStored = (status: number): boolean => status < 200 || NEVER_STORED.has(status)

/** True when a response with this code ends with its header: 1xx, 204, 304 (RFC 9112 section 6.3). */
export const hasNoBody = (status: number): boolean => status < 200 || status === 204 || status === 304
