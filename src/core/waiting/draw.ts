// The draw of a scheduled opening, as core carries it out: codes are made while visitors gather, the order once the list
// is closed, a few thousand tickets at a time so that nobody is held up; then the whole is written down for everybody to check.

import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOM_RING, RoomPhase, RoomWord } from '../../board/rooms.ts'
import type { RoomRow } from '../../board/rooms.ts'
import type { Log } from '../../threads/log.ts'
import { Draw, commitmentTo } from '../../waiting/lottery.ts'
import type { RoomName, Signer } from '../../waiting/tickets.ts'
import type { KeptDraw } from './keeping.ts'

/** Tickets in one slice of work: about 4 ms, so that core answers everybody else in between. */
const SLICE = 1000

export class Drawing {
  readonly kept: KeptDraw
  readonly #name: RoomName
  readonly #row: RoomRow
  readonly #signer: Signer
  readonly #codes: string[] = []
  #draw: Draw | undefined
  #order: Uint32Array | undefined
  #root = ''

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

  /** Goes on with the work for a slice; true when the order is there, for the first time. */
  turn(): boolean {
    if (this.#order !== undefined) return false
    const { from, to } = this.kept
    const made = this.#codes.length
    const end = Math.min(to ?? this.#row.get(RoomWord.next), from + made + SLICE)
    for (let number = from + made; number < end; number++) this.#codes.push(this.#signer.code(this.#name, number))
    if (to === null || this.#codes.length < to - from || made < this.#codes.length) return false
    this.#draw ??= new Draw(this.kept.seed, this.#codes)
    if (!this.#draw.step(SLICE)) return false
    this.#publish(this.#draw, from, to)
    return true
  }

  /** The file with which anybody can check it, in the data directory. It is whole or not there. */
  async writeDown(folder: string, log: Log): Promise<void> {
    const { site, room } = this.#name
    const file = join(folder, 'lotteries', `${site}-${room}-${this.kept.opens}.json`)
    try {
      await mkdir(join(folder, 'lotteries'), { recursive: true, mode: 0o700 })
      await writeFile(`${file}.new`, this.#text(), { flush: true })
      await rename(`${file}.new`, file)
      log('info', 'lottery-drawn', { site, room, tickets: this.#codes.length, seed: this.kept.seed, file })
    } catch (error) {
      log('warn', 'waiting-unkept', { error: String(error) })
    }
  }

  /** JSON of a Drawn, a slice of a list at a time. */
  *#text(): Generator<string> {
    const { site, room } = this.#name
    const head = { site, room, commitment: this.commitment, seed: this.kept.seed, root: this.#root }
    yield JSON.stringify(head).slice(0, -1)
    yield* listed('tickets', this.#codes.length, place => this.#codes[place]!)
    yield* listed('order', this.#codes.length, place => this.#codes[this.#order![place]!]!)
    yield '}\n'
  }

  #publish({ order, root }: Draw, from: number, to: number): void {
    this.#order = order
    this.#root = root
    this.#draw = undefined
    for (let place = 0; place < order.length; place++) this.#row.ranks[(from + order[place]!) % ROOM_RING] = place
    this.#row.set(RoomWord.drawnFrom, from)
    this.#row.set(RoomWord.drawnTo, to)
    this.#row.set(RoomWord.phase, RoomPhase.open)
  }
}

/** A member of a JSON object whose value is a list of texts without anything to escape. */
function* listed(name: string, length: number, textAt: (place: number) => string): Generator<string> {
  yield `,"${name}":[`
  for (let at = 0; at < length; at += SLICE) {
    const texts = Array.from({ length: Math.min(SLICE, length - at) }, (_, i) => `"${textAt(at + i)}"`)
    yield (at === 0 ? '' : ',') + texts.join(',')
  }
  yield ']'
}
