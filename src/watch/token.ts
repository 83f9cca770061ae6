// What the command line needs to speak to a running process: the address of its admin server and the token for whatever
// changes something, each in a file of the data directory. The token is drawn once and readable by its owner only.

import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../base/whole-file.ts'
import { TOKEN_FILE } from '../threads/admin-token.ts'

export const ADDRESS_FILE = 'admin-address'

/** 256 bits. */
const TOKEN_BYTES = 32
const SHORTEST_TOKEN = 16
const OWNER_ONLY = 0o600

/** The token kept in the data directory; draws one if there is none. Throws what node:fs throws. */
export function keptToken(data: string): string {
  const path = join(data, TOKEN_FILE)
  mkdirSync(data, { recursive: true, mode: 0o700 })
  try {
    // `wx`: two processes that start at once end up with the same token.
    writeFileSync(path, `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`, { flag: 'wx', mode: OWNER_ONLY })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, OWNER_ONLY)
  const token = readFileSync(path, 'utf8').trim()
  if (token.length < SHORTEST_TOKEN)
    throw new Error(`${path} holds no token of ${SHORTEST_TOKEN} characters or more; delete it and a new one is drawn`)
  return token
}

/** Leaves word where the admin server listens; `address` as in 127.0.0.1:9900. */
export function keepAddress(data: string, address: string): void {
  replaceFile(join(data, ADDRESS_FILE), `${address}\n`)
}
