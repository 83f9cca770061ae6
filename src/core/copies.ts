// Core's side of the copy on disk: tells the journal what is stored and what is gone, and at the start takes back from it
// what an earlier process had stored. Core itself never waits for the disk, and nobody waits for it long.

import { EdgeWord, GlobalWord, MAX_EDGES } from '../board/board.ts'
import type { Board } from '../board/board.ts'
import { IndexWord } from '../store/index.ts'
import type { StoreIndex } from '../store/index.ts'
import { Word } from '../store/layout.ts'
import type { Channel } from '../threads/channel.ts'
import type { AskId, CopyState, CoreToJournal, JournalToCore, Ref } from '../threads/messages.ts'

export type JournalChannel = Channel<CoreToJournal, JournalToCore>

/** The journal's row of the board and of the hazards, and its number as one who fills places. */
export const JOURNAL_ROW = MAX_EDGES - 1
/** Milliseconds until whoever waits for the disk goes on without it: a visitor's POST, and an operator's purge (durable). */
const SETTLE_WITHIN = 250
const DURABLE_WITHIN = 5000

/** What of the shelf the journal's records go into. */
interface Restoring {
  take(slot: number, bytes: number): Ref
  restore(slot: number, ref: Ref): void
}

interface Waiting {
  done: () => void
  until: number
}

export class Copies {
  readonly #row: Int32Array<SharedArrayBuffer>
  readonly #global: Int32Array<SharedArrayBuffer>
  readonly #index: StoreIndex
  #channel: JournalChannel | undefined
  /** Another process serves from what is to be taken out: whoever waits for that waits as an operator does. */
  isElsewhere = false
  readonly #waiting = new Map<AskId, Waiting>()
  #lastId = 0
  #state: CopyState | null = null

  constructor(board: Board, index: StoreIndex) {
    this.#row = board.edge(JOURNAL_ROW)
    this.#global = board.global
    this.#index = index
  }

  /** As the journal told last. */
  get state(): CopyState | null {
    return this.#state
  }

  /** How many wait for the disk. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** The journal stands at the other end; an earlier one must have been declared gone. */
  connect(channel: JournalChannel, shelf: Restoring): void {
    this.#channel = channel
    channel.onMessage(message => this.#hear(message, shelf))
    // From now on places wait for its acknowledgements.
    Atomics.store(this.#row, EdgeWord.epoch, Atomics.load(this.#global, GlobalWord.epoch))
    Atomics.store(this.#row, EdgeWord.alive, 1)
    const load = this.#index.words[IndexWord.loaded] === 0
    this.#index.words[IndexWord.loaded] = 1
    channel.send({ type: 'begin', load })
  }

  /** It has ended. What it did not write will not be on disk, and a new one begins by removing what is. */
  gone(): void {
    this.#channel?.close()
    this.#channel = undefined
    this.#state = null
    for (const { done } of this.#waiting.values()) done()
    this.#waiting.clear()
  }

  announce(epoch: number): void {
    this.#channel?.send({ type: 'epoch', epoch })
  }

  /** A record was published. Before its place can be retired, so that the journal finds it whole. */
  stored(ref: Ref): void {
    this.#channel?.send({ type: 'stored', ref, serial: this.#index.segments.word(ref, Word.serial) })
  }

  /** What is stored under these keys is gone, on disk too if it is there only. */
  removed(keys: string[]): void {
    this.#channel?.send({ type: 'removed', keys })
  }

  /** Every record up to this serial whose key begins with the prefix is gone from memory, or was purged softly. */
  purged(prefix: string, serial: number, soft: boolean): void {
    this.#channel?.send({ type: 'purged', prefix, serial, soft })
  }

  /** Nothing stands for the body in this file any more. */
  dropped(name: string): void {
    this.#channel?.send({ type: 'dropped', name })
  }

  /** Whatever was stored so far with a tag of one of these hashes was purged. */
  tagged(hashes: readonly number[], soft: boolean): void {
    this.#channel?.send({ type: 'tagged', hashes: [...hashes], soft })
  }

  /** Calls back when all said before is on disk; at once without a journal, and in any case soon. `now` is monotonic. */
  settle(durable: boolean, now: number, done: () => void): void {
    if (this.#channel === undefined) return done()
    const id = ++this.#lastId
    this.#waiting.set(id, { done, until: now + (durable || this.isElsewhere ? DURABLE_WITHIN : SETTLE_WITHIN) })
    this.#channel.send({ type: 'settle', id, durable })
  }

  /** Those who have waited long enough go on. */
  expire(now: number): void {
    for (const [id, { done, until }] of this.#waiting) {
      if (now < until) continue
      this.#waiting.delete(id)
      done()
    }
  }

  close(): void {
    this.#channel?.close()
    this.#channel = undefined
  }

  #hear(message: JournalToCore, shelf: Restoring): void {
    switch (message.type) {
      case 'serial':
        return this.#countFrom(message.serial)
      case 'place': {
        const refs = message.bytes.map(bytes => shelf.take(JOURNAL_ROW, bytes))
        return this.#channel?.send({ type: 'placed', id: message.id, refs })
      }
      case 'restore':
        for (const ref of message.refs) shelf.restore(JOURNAL_ROW, ref)
        return this.#channel?.send({ type: 'restored', id: message.id })
      case 'settled':
        this.#waiting.get(message.id)?.done()
        return void this.#waiting.delete(message.id)
      case 'copy':
        this.#state = message.copy
    }
  }

  /** No serial is given twice, not over restarts either: variants' keys are made of them. */
  #countFrom(serial: number): void {
    const { words } = this.#index
    const last = words[IndexWord.serial]!
    if (last === 0 || ((serial - last) | 0) > 0) words[IndexWord.serial] = serial
  }
}
