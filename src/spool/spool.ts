// Where bodies wait that one side sends faster than the other takes them: memory first, then unnamed files in the data
// directory, both bounded over the whole edge. It is what lets a slow visitor occupy disk in place of the origin server.

import { mkdirSync } from 'node:fs'
import { Quota } from './quota.ts'

/** Memory for waiting bodies, each edge: 1,024 of them at the default 64 KiB. What finds no room here goes to a file. */
const MEMORY = 64 * 1024 * 1024

/** Responses may take half of the disk at most, so that slow readers never keep uploads out. */
const DOWNLOADS_SHARE = 1 / 2
/** One response may take an eighth of that: 64 MiB at the default 2 GiB and two edges. */
const DOWNLOAD_SHARE = 1 / 8

export class Spool {
  /** Files lie here, without a name as soon as they are open. */
  readonly directory: string
  readonly memory = new Quota(MEMORY)
  /** Disk for request bodies. */
  readonly uploads: Quota
  readonly #downloads: Quota

  /** `disk` is this edge's share of limits.spool, in bytes. The directory is made when it is not there. */
  constructor(directory: string, disk: number) {
    this.directory = directory
    this.uploads = new Quota(disk)
    this.#downloads = new Quota(Math.floor(disk * DOWNLOADS_SHARE), this.uploads)
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  }

  /** The disk for one response. */
  download(): Quota {
    return new Quota(Math.floor(this.#downloads.bound * DOWNLOAD_SHARE), this.#downloads)
  }
}
