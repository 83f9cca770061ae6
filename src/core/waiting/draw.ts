// The draw of a scheduled opening, as core carries it out: codes are made while visitors gather, the order once the list
// is closed, a few thousand tickets a turn so that nobody is held up; then the whole is written down for everybody to check.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOM_RING, RoomPhase, RoomWord } from '../../board/rooms.ts'
import type { RoomRow } from '../../board/rooms.ts'
import type { Log } from '../../threads/log.ts'
import { Draw, commitmentTo } from '../../waiting/lottery.ts'
import type { Drawn } from '../../waiting/lottery.ts'
import type { RoomName, Signer } from '../../waiting/tickets.ts'
import type { KeptDraw } from './keeping.ts'

/** Tickets a turn: 20,000 take about 60 ms. */
const A_TURN = 20_000

export class Drawing {
  readonly kept: KeptDraw
  readonly #name: RoomName
  readonly #row: RoomRow
  readonly #signer: Signer
  readonly #codes: string[] = []
  #draw: Draw | undefined
  #order: Uint32Array | undefined

  constructor(kept: KeptDraw, name: RoomName, row: RoomRow, signer: Signer) {
    this.kept = kept
    this.#name = name
    this.#row = row
    this.#signer = signer
  }

  get commitment(): string {
    return commitmentTo(this.kept.seed)
  }

  get isClosed(): boolean {
    return this.kept.to !== null
  }

  /** The order, once it is drawn. */
  get order(): Uint32Array | undefined {
    return this.#order
  }

  /** The doors open: who has a number by now takes part. */
  close(): void {
    // More than the ring has room for cannot be told apart; the bound of a room's length is below it.
    this.kept.to = Math.min(this.#row.get(RoomWord.next), this.kept.from + ROOM_RING)
  }

  /** Goes on with the work; true when the order is there, for the first time. */
  turn(): boolean {
    if (this.#order !== undefined) return false
    const { from, to } = this.kept
    const end = Math.min(to ?? this.#row.get(RoomWord.next), from + this.#codes.length + A_TURN)
    for (let number = from + this.#codes.length; number < end; number++)
      this.#codes.push(this.#signer.code(this.#name, number))
    if (to === null || this.#codes.length < to - from) return false
    this.#draw ??= new Draw(this.kept.seed, this.#codes)
    if (!this.#draw.step(A_TURN)) return false
    this.#publish(this.#draw.order(), from, to)
    return true
  }

  /** The file with which anybody can check it, in the data directory. */
  async writeDown(folder: string, log: Log): Promise<void> {
    const { site, room } = this.#name
    const file = join(folder, 'lotteries', `${site}-${room}-${this.kept.opens}.json`)
    const drawn: Drawn = {
      ...{ site, room, commitment: this.commitment, seed: this.kept.seed, root: this.#draw!.root },
      tickets: this.#codes,
      order: [...this.#order!].map(index => this.#codes[index]!),
    }
    try {
      await mkdir(join(folder, 'lotteries'), { recursive: true, mode: 0o700 })
      await writeFile(file, JSON.stringify(drawn))
      log('info', 'lottery-drawn', { site, room, tickets: this.#codes.length, seed: this.kept.seed, file })
    } catch (error) {
      log('warn', 'waiting-unkept', { error: String(error) })
    }
  }

  #publish(order: Uint32Array, from: number, to: number): void {
    this.#order = order
    for (let place = 0; place < order.length; place++) this.#row.ranks[(from + order[place]!) % ROOM_RING] = place
    this.#row.set(RoomWord.drawnFrom, from)
    this.#row.set(RoomWord.drawnTo, to)
    this.#row.set(RoomWord.phase, RoomPhase.open)
  }
}
