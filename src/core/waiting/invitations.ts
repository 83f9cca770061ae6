// Which invitations to a room have been used, and for which number: one code is one place in the queue. It is on disk before
// the visitor hears of it, so that no restart makes a code good again. Whoever used it gets the same number when they show it
// again: an answer may have been lost, or a cookie.

import { mkdirSync, readFileSync } from 'node:fs'
import { constants, open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { NoNumber } from '../../board/rooms.ts'
import type { Log } from '../../threads/log.ts'
import { MOST_INVITATIONS } from '../../waiting/tickets.ts'
import type { RoomName, Signer } from '../../waiting/tickets.ts'

/** Of each serial two words of 32 bits: its number plus 1 (0 while it is not used), and who used it. 8 MiB in all. */
const WORDS = 2
const RECORD = WORDS * 4

type Answer = number | NoNumber | 'used'

export class Invitations {
  readonly #file: string
  readonly #log: Log
  readonly #records = new Int32Array(MOST_INVITATIONS * WORDS)
  #waiting: { serial: number; done: () => void }[] = []
  #isWriting = false
  #hasFailed = false

  /** Reads what is there. Another key makes other codes, and has a file of its own. */
  constructor(folder: string, name: RoomName, signer: Signer, log: Log) {
    const key = signer.code(name, -1).slice(0, 8)
    this.#file = join(folder, 'invitations', `${name.site}-${name.room}-${key}.used`)
    this.#log = log
    try {
      mkdirSync(join(folder, 'invitations'), { recursive: true, mode: 0o700 })
      const bytes = readFileSync(this.#file)
      new Uint8Array(this.#records.buffer).set(bytes.subarray(0, this.#records.byteLength))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
      log('warn', 'waiting-unreadable', { file: this.#file, error: String(error) })
    }
  }

  /** `from` is a fingerprint of who shows it; `take` gives the next number. `done` is called once the answer is on disk. */
  redeem(serial: number, from: number, take: () => number | NoNumber, done: (answer: Answer) => void): void {
    const at = serial * WORDS
    const before = this.#records[at]!
    if (before !== 0 && this.#records[at + 1] !== from) return done('used')
    const number = before === 0 ? take() : before - 1
    if (typeof number !== 'number') return done(number)
    this.#records.set([number + 1, from], at)
    this.#waiting.push({ serial, done: () => done(number) })
    if (!this.#isWriting) void this.#write()
  }

  /** All that came while the disk was at work are written with the next turn. */
  async #write(): Promise<void> {
    this.#isWriting = true
    while (this.#waiting.length > 0) {
      const turn = this.#waiting
      this.#waiting = []
      await this.#writeOnce(turn.map(({ serial }) => serial))
      for (const { done } of turn) done()
    }
    this.#isWriting = false
  }

  async #writeOnce(serials: readonly number[]): Promise<void> {
    let file: FileHandle | undefined
    try {
      file = await open(this.#file, constants.O_RDWR | constants.O_CREAT, 0o600)
      for (const serial of serials)
        await file.write(new Uint8Array(this.#records.buffer, serial * RECORD, RECORD), 0, RECORD, serial * RECORD)
      await file.datasync()
      this.#hasFailed = false
    } catch (error) {
      if (!this.#hasFailed) this.#log('warn', 'waiting-unkept', { error: String(error) })
      this.#hasFailed = true
    } finally {
      await file?.close()
    }
  }
}
