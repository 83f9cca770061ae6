// The name this process gives itself in Via, so that a request that comes back to it is recognised (RFC 9110 section
// 7.6.3). Made from what all threads of the process see alike, so that nobody has to hand it around.

import { createHash } from 'node:crypto'
import { hostname } from 'node:os'

/** `breakwater-` and 8 hexadecimal digits: 2^32 names, and what meets on one request's way is a handful. */
export const instanceName = (host = hostname(), pid = process.pid): string =>
  `breakwater-${createHash('sha256').update(`${host} ${pid}`).digest('hex').slice(0, 8)}`
