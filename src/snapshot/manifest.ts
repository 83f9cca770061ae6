// What a snapshot holds: for each target of the site its status, its fields and the name of the file with its body, in one
// file that is written last.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Fields } from '../http/fields.ts'

export interface Page {
  readonly status: number
  /** Those that are true of the page at any time. */
  readonly fields: Fields
  /** SHA-256 of the body, which its file is called by; null for none. */
  readonly body: string | null
  /** Bytes. */
  readonly length: number
}

export interface Manifest {
  /** The page that the walk began with. */
  readonly url: string
  /** Wall clock, milliseconds, when the walk ended. */
  readonly at: number
  /** By target: path and query as they are asked for. */
  readonly pages: Readonly<Record<string, Page>>
}

const FILE = 'manifest.json'
/** A larger one is not read: at about 400 bytes a page this is half a million pages. */
const MOST_BYTES = 200 * 1024 * 1024

export const manifestIn = (snapshot: string): string => join(snapshot, FILE)

/** Bodies lie in folders of a few hundred. */
export const bodyIn = (snapshot: string, body: string): string => join(snapshot, 'bodies', body.slice(0, 2), body)

/** Throws where it cannot be read or is none. */
export function readManifest(snapshot: string): Manifest {
  const text = readFileSync(manifestIn(snapshot), 'utf8')
  if (text.length > MOST_BYTES) throw new Error(`${manifestIn(snapshot)} is larger than ${MOST_BYTES} bytes`)
  const read = JSON.parse(text) as Partial<Manifest> | null
  if (typeof read?.url !== 'string' || typeof read.at !== 'number' || !isPages(read.pages))
    throw new Error(`${manifestIn(snapshot)} is no list of a snapshot`)
  return { url: read.url, at: read.at, pages: read.pages }
}

function isPages(value: unknown): value is Manifest['pages'] {
  return typeof value === 'object' && value !== null && Object.values(value).every(isPage)
}

function isPage(value: unknown): boolean {
  const { status, fields, body, length } = (value ?? {}) as Partial<Page>
  const isNamed = body === null || (typeof body === 'string' && /^[0-9a-f]{64}$/.test(body))
  return typeof status === 'number' && Array.isArray(fields) && isNamed && typeof length === 'number'
}
