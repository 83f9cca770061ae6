// Cache keys as text. The scheme and host are in it because origins write them into pages; the site's name is, because a
// reload may give a host to another site. The target stands last and exact: two requests share a key only if the origin
// would see the same bytes.

import { finishHash, hashBytes } from './hash.ts'

/** What all keys of one host of a site begin with. `host` is validated and lower-cased. */
export const keyPrefix = (site: string, scheme: string, host: string): string => `${site} ${scheme}://${host}`

/**
 * Copies that were fetched for nobody in particular have a scheme of their own in the key, which no visitor's request has:
 * so they are never found in the place of what was fetched for somebody, nor the other way round.
 */
export const anonymousScheme = (scheme: string): string => `anonymous+${scheme}`

/** Pages of a snapshot have a scheme of their own too, for each version: what was stored of another is never found for it. */
export const snapshotScheme = (version: number, scheme: string): string => `snapshot-${version}+${scheme}`

/**
 * The key under which requests with credentials share a flight and are remembered as not storable: apart from everyone
 * else's, so that a logged-in visitor's page neither keeps others waiting nor sends them past the cache.
 */
export const withCredentials = (key: string): string => `${key}${CREDENTIALS}`
const CREDENTIALS = '\n!'

/** The key under which a response is stored that such a flight may have brought. */
export const withoutCredentials = (key: string): string =>
  key.endsWith(CREDENTIALS) ? key.slice(0, -CREDENTIALS.length) : key

/** The key as every node would write it: a variant's without the serial, which is this process's own. */
export const nodesKey = (key: string): string => key.replace(/^([^\n]*)\n\d+\n/, '$1\n')

/** What such a key is made of: the primary key, and the secondary one, which is empty where it is no variant's. */
export function partsOf(key: string): { page: string; secondary: string } {
  const stored = withoutCredentials(key)
  const end = stored.indexOf('\n')
  return end === -1 ? { page: stored, secondary: '' } : { page: stored.slice(0, end), secondary: stored.slice(end + 1) }
}

/** Every scheme that a key of a page may have. */
export const KEY_SCHEMES = ['http', 'https'].flatMap(scheme => [scheme, anonymousScheme(scheme)])

/**
 * The key of one variant (RFC 9111 section 4.1): the primary key, the serial of the record that names the varying fields,
 * the secondary key. With the serial in it, variants stored under an older Vary can never be found again.
 */
export const variantSuffix = (serial: number, secondary: string): string => `\n${serial >>> 0}\n${secondary}`

/**
 * The key of a compressed copy: that of the whole record it was made from, that one's serial, the content coding. With the serial
 * in it, a copy is never found for another record than its own.
 */
export const codedSuffix = (serial: number, coding: string): string => `\n${serial >>> 0}\n~${coding}`

const NEWLINE = 10

/** Key and serial of the record that the compressed copy under this key was made from. */
export function codedFrom(key: Uint8Array): { key: Uint8Array; serial: number } {
  const end = key.lastIndexOf(NEWLINE)
  const from = key.lastIndexOf(NEWLINE, end - 1)
  return { key: key.subarray(0, from), serial: Number(Buffer.from(key.subarray(from + 1, end)).toString('latin1')) }
}

/** The finished hash of a whole key. */
export function hashKey(seed: number, key: Uint8Array): number {
  return finishHash(hashBytes(seed, key, 0, key.length))
}
