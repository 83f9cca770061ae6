// The admin token where watch keeps it for the command line, and who carries it: watch asks for its commands, edges for the method PURGE.

import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const TOKEN_FILE = 'admin-token'

/** What a file of the data directory holds; undefined where there is none, as while watch has not written it yet. */
export function readKept(data: string, file: string): string | undefined {
  try {
    return readFileSync(join(data, file), 'utf8').trim()
  } catch {
    return undefined
  }
}

/** The token that a value of Authorization carries (RFC 6750 section 2.1). */
export const bearerOf = (authorization: string | undefined): string | undefined =>
  /^Bearer +([^\s]+)$/i.exec(authorization ?? '')?.[1]

/** By digests, in a time that tells nothing about where they differ. */
export const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
