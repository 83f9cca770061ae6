// Certificates that were ordered, as they lie in the data directory: one file each, written whole or not at all. The thread that
// orders writes them, and every edge reads them, so that one that starts anew needs nobody.

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../base/whole-file.ts'

export interface KeptCertificate {
  /** The name it is for: `www.example.org` or `*.example.org`. */
  name: string
  /** Where it was ordered. */
  directory: string
  /** PEM: the certificate and those between it and the root; and its private key. */
  chain: string
  key: string
  /** When it is to be replaced, wall clock in milliseconds. */
  renewAt: number
}

const folderOf = (data: string): string => join(data, 'acme')
const fileOf = (data: string, name: string): string =>
  join(folderOf(data), `${createHash('sha256').update(name).digest('hex').slice(0, 32)}.certificate.json`)

/** All of them, by name. What cannot be read is left out: it is ordered anew. */
export function keptCertificates(data: string): KeptCertificate[] {
  let files: string[]
  try {
    files = readdirSync(folderOf(data)).filter(file => file.endsWith('.certificate.json'))
  } catch {
    return []
  }
  const all = files.flatMap(file => {
    try {
      return [JSON.parse(readFileSync(join(folderOf(data), file), 'utf8')) as KeptCertificate]
    } catch {
      return []
    }
  })
  return all.toSorted((a, b) => a.name.localeCompare(b.name))
}

/** Throws what node:fs throws. */
export const keepCertificate = (data: string, certificate: KeptCertificate): void =>
  writeWhole(fileOf(data, certificate.name), certificate)

export interface Account {
  /** PEM. */
  key: string
}

const accountFile = (data: string, directory: string): string =>
  join(folderOf(data), `${createHash('sha256').update(directory).digest('hex').slice(0, 32)}.account.json`)

/** The account at a directory; undefined where there is none. */
export function keptAccount(data: string, directory: string): Account | undefined {
  try {
    return JSON.parse(readFileSync(accountFile(data, directory), 'utf8')) as Account
  } catch {
    return undefined
  }
}

/** Throws what node:fs throws. */
export const keepAccount = (data: string, directory: string, account: Account): void =>
  writeWhole(accountFile(data, directory), account)

/** Whoever has a key can speak for the site: its owner alone may read it. */
function writeWhole(file: string, value: object): void {
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 })
  replaceFile(file, JSON.stringify(value), { mode: 0o600 })
}
