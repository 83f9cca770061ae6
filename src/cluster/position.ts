// How far this node has carried out the purge log, kept in the data directory: a process that begins with the stored
// responses of the one before has to know which purges they have seen.

import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Position {
  /** The log's identity. */
  log: string
  /** The server's process that it was read from. */
  run: string
  /** Its last entry that is carried out, on disk too. */
  seq: number
  /** When it was known last that there was no later one; wall clock, milliseconds. */
  provenAt: number
}

export class PositionFile {
  readonly #path: string
  #next: Position | null = null
  #isWriting = false

  constructor(data: string) {
    this.#path = join(data, 'cluster.json')
  }

  /** Null where there is none that can be read: then nothing is known of what is stored. */
  read(): Position | null {
    try {
      const { log, run, seq, provenAt } = JSON.parse(readFileSync(this.#path, 'utf8')) as Record<string, unknown>
      const isWhole = typeof log === 'string' && typeof run === 'string'
      return isWhole && typeof seq === 'number' && typeof provenAt === 'number' ? { log, run, seq, provenAt } : null
    } catch {
      return null
    }
  }

  /** Some time soon; the last one given counts. One that cannot be written is behind, which costs a refetch and no more. */
  write(position: Position): void {
    this.#next = position
    if (!this.#isWriting) void this.#write()
  }

  async #write(): Promise<void> {
    this.#isWriting = true
    while (this.#next !== null) {
      const text = `${JSON.stringify(this.#next)}\n`
      this.#next = null
      try {
        await writeFile(`${this.#path}.part`, text, { mode: 0o600 })
        await rename(`${this.#path}.part`, this.#path)
      } catch {
        break
      }
    }
    this.#isWriting = false
  }
}
