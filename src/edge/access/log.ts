// The access log of this edge. The request's path only puts what it knows into a row that waits; lines are made later, in pieces, and
// written by the thread pool, so no visitor waits for the disk. What waits is bounded: beyond it requests go unlogged, and are counted.
// Each write is whole lines appended at once, so that several edges share one file, and the file is looked for anew each second, so
// that whoever rotates it has only to rename it.

import { open, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { counterIndex } from '../../board/counters.ts'
import type { Config } from '../../config/types.ts'
import type { Fields } from '../../http/fields.ts'
import type { Ended } from '../../listener/ended.ts'
import type { Log } from '../../threads/log.ts'
import { lineOf } from './lines.ts'
import type { Noted } from './lines.ts'

/** Requests that wait to become lines: a few hundred bytes each, 5 MiB in all, half a second of 30,000 a second. */
const MOST_WAITING = 16_384
/** Lines made in one go: about a millisecond, which is the longest that a visitor may find the thread busy with it. */
const AT_ONCE = 512
/** Bytes of lines that wait for the disk. */
const MOST_BYTES = 8 * 1024 * 1024
/** Milliseconds between two looks for the file, and until the last lines are written. */
const LOOK_EVERY = 1000
/** Readable by its owner and group: addresses of visitors are in it. */
const FILE_MODE = 0o640

interface Surroundings {
  clock: Clock
  random: Random
  log: Log
  /** This edge's row of the board. */
  row: Int32Array
  /** The address behind trusted proxies. */
  clientOf(peer: Ended['peer'], fields: Fields): string
}

export class AccessLog {
  readonly #around: Surroundings
  #config: Config['accessLog']
  #waiting: Noted[] = []
  #lines: string[] = []
  #bytes = 0
  #isMaking = false
  #writing: Promise<void> | undefined
  #file: FileHandle | undefined
  #inode = 0
  #lookedAt = -Infinity
  #isFailing = false
  readonly #clients = new WeakMap<object, string>()
  readonly #timer: NodeJS.Timeout

  constructor(config: Config['accessLog'], around: Surroundings) {
    this.#config = config
    this.#around = around
    this.#timer = setInterval(() => this.#make(), LOOK_EVERY).unref()
  }

  /** Whether the next request is to be noted; where not every one is, chance says which. */
  wants(): boolean {
    const { file, share } = this.#config
    return file !== undefined && (share >= 1 || this.#around.random.next() < share)
  }

  note(request: Ended): void {
    if (this.#waiting.length >= MOST_WAITING) return this.#leaveOut(1)
    this.#waiting.push({ ...request, at: this.#around.clock.now(), client: request.client ?? '' })
    if (this.#waiting.length === AT_ONCE) this.#soon()
  }

  configure(config: Config['accessLog']): void {
    this.#make()
    this.#config = config
    this.#lookedAt = -Infinity
  }

  /** Resolves once all that was noted is written, or could not be. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    do {
      while (this.#waiting.length > 0) this.#makeSome()
      this.#write()
      await this.#writing
    } while (this.#lines.length > 0 && !this.#isFailing)
    await this.#file?.close().catch(() => undefined)
  }

  #soon(): void {
    if (this.#isMaking) return
    this.#isMaking = true
    setImmediate(() => {
      this.#isMaking = false
      this.#make()
    })
  }

  /** Makes some lines, and comes back for the rest after whoever else waits for this thread. */
  #make(): void {
    this.#makeSome()
    this.#write()
    if (this.#waiting.length > 0) this.#soon()
  }

  #makeSome(): void {
    const { format, share } = this.#config
    for (const noted of this.#waiting.splice(0, AT_ONCE)) {
      const line = `${lineOf({ ...noted, client: this.#clientOf(noted) }, format, share)}\n`
      if (this.#bytes + line.length > MOST_BYTES) this.#leaveOut(1)
      else {
        this.#lines.push(line)
        this.#bytes += line.length
      }
    }
  }

  #clientOf({ client, head, peer }: Noted): string {
    if (client !== '') return client
    const known = this.#clients.get(head) ?? this.#around.clientOf(peer, head.fields)
    this.#clients.set(head, known)
    return known
  }

  #leaveOut(lines: number): void {
    Atomics.add(this.#around.row, counterIndex.notLogged, lines)
  }

  #write(): void {
    if (this.#writing !== undefined || this.#lines.length === 0) return
    const lines = this.#lines
    this.#lines = []
    this.#bytes = 0
    this.#writing = this.#append(lines).finally(() => (this.#writing = undefined))
  }

  async #append(lines: string[]): Promise<void> {
    try {
      const file = await this.#current()
      await file?.appendFile(lines.join(''))
      this.#isFailing = false
    } catch (error) {
      this.#leaveOut(lines.length)
      if (!this.#isFailing) this.#around.log('warn', 'access-log-not-written', { file: this.#config.file, error })
      this.#isFailing = true
      this.#lookedAt = -Infinity
    }
  }

  /** The file that has the name now: a new one where the old one was renamed or removed. */
  async #current(): Promise<FileHandle | undefined> {
    const { file } = this.#config
    const now = this.#around.clock.monotonic()
    if (now - this.#lookedAt < LOOK_EVERY && this.#file !== undefined) return this.#file
    this.#lookedAt = now
    const inode =
      file === undefined
        ? 0
        : await stat(file).then(
            ({ ino }) => ino,
            () => 0,
          )
    if (this.#file !== undefined && inode === this.#inode && inode !== 0) return this.#file
    await this.#file?.close().catch(() => undefined)
    this.#file = file === undefined ? undefined : await open(file, 'a', FILE_MODE)
    this.#inode = (await this.#file?.stat())?.ino ?? 0
    return this.#file
  }
}
