// The admin token where watch keeps it for the command line: edges read it for the method PURGE.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const TOKEN_FILE = 'admin-token'

/** What the data directory holds; undefined where it holds none, as while watch has not drawn one yet. */
export function readToken(data: string): string | undefined {
  try {
    return readFileSync(join(data, TOKEN_FILE), 'utf8').trim()
  } catch {
    return undefined
  }
}
