// Pages out of snapshots, as an edge asks for them. The list of a snapshot is read once; bodies are read from disk each time, which is
// seldom, since what has been read is stored like any other response.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../threads/log.ts'
import type { Fields } from '../http/fields.ts'
import { nameOf, snapshotsOf } from './folder.ts'
import type { Version } from './folder.ts'
import { bodyIn, readManifest } from './manifest.ts'
import type { Page } from './manifest.ts'

/** Lists held at a time: those in use, and the ones before, for a way back at once. */
const MOST_LISTS = 4

export interface PageRead {
  readonly status: number
  readonly fields: Fields
  readonly body: Uint8Array
  /** It was asked for with another query, so it is not to be stored under that. */
  readonly isNearest: boolean
}

export class SnapshotReader {
  readonly #data: string
  readonly #log: Log
  readonly #lists = new Map<string, ReadonlyMap<string, Page>>()

  constructor(data: string, log: Log) {
    this.#data = data
    this.#log = log
  }

  /**
   * The page at this target; where only its path is known, without the query. Undefined where there is none; `broken` where the
   * snapshot cannot be read, or a body is another than it was.
   */
  async page(site: string, version: Version, target: string): Promise<PageRead | 'broken' | undefined> {
    try {
      return await this.#read(site, version, target)
    } catch (error) {
      this.#log('error', 'snapshot-broken', { site, error })
      return 'broken'
    }
  }

  async #read(site: string, version: Version, target: string): Promise<PageRead | undefined> {
    const snapshot = join(snapshotsOf(this.#data, site), nameOf(version))
    const list = this.#listOf(snapshot)
    const exact = list.get(target)
    const page = exact ?? list.get(target.split('?', 1)[0]!)
    if (page === undefined) return undefined
    const { status, fields } = page
    return { status, fields, body: await bodyOf(snapshot, page), isNearest: exact === undefined }
  }

  #listOf(snapshot: string): ReadonlyMap<string, Page> {
    const known = this.#lists.get(snapshot)
    if (known !== undefined) return known
    const list = new Map(Object.entries(readManifest(snapshot).pages))
    const [oldest] = this.#lists.keys()
    if (this.#lists.size >= MOST_LISTS && oldest !== undefined) this.#lists.delete(oldest)
    this.#lists.set(snapshot, list)
    return list
  }
}

async function bodyOf(snapshot: string, { body }: Page): Promise<Uint8Array> {
  if (body === null) return new Uint8Array()
  const path = bodyIn(snapshot, body)
  const bytes = await readFile(path)
  if (createHash('sha256').update(bytes).digest('hex') === body) return bytes
  throw new Error(`${path} is damaged: take the snapshot anew, or go back to the one before`)
}
