// The draw of a scheduled opening, as core carries it out: codes are made while visitors gather, the order once the list
// is closed, a few thousand tickets at a time so that nobody is held up; then the whole is written down for everybody to check.

import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Mark, ROOM_RING, RoomPhase, RoomWord } from '../../board/rooms.ts'
import type { RoomRow } from '../../board/rooms.ts'
import type { Log } from '../../threads/log.ts'
import type { RoomFacts } from '../../threads/rooms.ts'
import { Draw, commitmentTo } from '../../waiting/lottery.ts'
import type { RoomName, Signer } from '../../waiting/tickets.ts'
import { isInGap } from './keeping.ts'
import type { Gap, KeptDraw } from './keeping.ts'

/** Tickets in one slice of work: about 4 ms, so that core answers everybody else in between. */
const SLICE = 1000

export class Drawing {
  readonly kept: KeptDraw
  readonly #name: RoomName
  readonly #row: RoomRow
  readonly #signer: Signer
  readonly #gaps: () => readonly Gap[]
  /** Of each ticket in the list its number, and what it is called. */
  readonly #numbers: number[] = []
  readonly #codes: string[] = []
  /** As far as the list has come: the next number, and how many of those that came back. */
  #at: number
  #back = 0
  #draw: Draw | undefined
  /** The end of the list is on disk: no restart can draw another list with a seed that was shown. */
  #isSealed: boolean
  #order: Uint32Array | undefined
  /** Index in the list of tickets by place. */
  #drawn: Uint32Array = new Uint32Array()
  #root = ''

  /** `gaps`: numbers that nobody was given (core/waiting/keeping.ts). */
  constructor(kept: KeptDraw, name: RoomName, row: RoomRow, signer: Signer, gaps: () => readonly Gap[]) {
    this.kept = kept
    this.#gaps = gaps
    this.#at = kept.from
    this.#isSealed = kept.to !== null
    this.#name = name
    this.#row = row
    this.#signer = signer
  }

  get #commitment(): string {
    return commitmentTo(this.kept.seed)
  }

  /** What edges tell of it; the seed only once nobody can gain by knowing it. */
  get facts(): NonNullable<RoomFacts['lottery']> {
    const { opens, seed } = this.kept
    return { opens, commitment: this.#commitment, seed: this.#order === undefined ? null : seed }
  }

  get isClosed(): boolean {
    return this.kept.to !== null
  }

  /** The number on each place, less the first of all, once it is drawn. */
  get order(): Uint32Array | undefined {
    return this.#order
  }

  /** The doors open: who has a number by now takes part. */
  close(): void {
    this.closeAt(this.#row.get(RoomWord.next))
  }

  /** Who has a number below this takes part. */
  closeAt(end: number): void {
    const { kept } = this
    // More than the ring has room for cannot be told apart; the bound of a room's length is below it.
    kept.to = Math.min(end, kept.from + ROOM_RING)
    kept.gaps = this.#gaps().filter(([from, to]) => to > kept.from && from < kept.to!)
    kept.returned = kept.gaps.flatMap(gap => [...this.#shown(gap)])
  }

  /** Numbers given out in the last second before a kill -9: nobody kept them, but their visitors have come back. */
  *#shown([from, to]: Gap): Generator<number> {
    const end = Math.min(to, this.kept.to!)
    for (let number = Math.max(from, this.kept.from); number < end; number++)
      if (this.#row.mark(number) !== Mark.unknown) yield number
  }

  get isSealed(): boolean {
    return this.#isSealed
  }

  /** Its list is on disk. */
  seal(): void {
    this.#isSealed = true
  }

  /** How many took part. */
  get tickets(): number {
    return this.#codes.length
  }

  /** Goes on with the work for a slice; true when the order is there, for the first time. */
  turn(): boolean {
    if (this.#order !== undefined) return false
    const made = this.#codes.length
    const isListed = this.#list()
    if (!isListed || made < this.#codes.length) return false
    this.#draw ??= new Draw(this.kept.seed, this.#codes)
    if (!this.#draw.step(SLICE) || !this.#isSealed) return false
    this.#publish(this.#draw)
    return true
  }

  /** A slice of the list: the numbers in order, then those that came back. True when it is whole. */
  #list(): boolean {
    const { to, gaps = this.#gaps(), returned = [] } = this.kept
    const end = to ?? this.#row.get(RoomWord.next)
    let left = SLICE
    for (; this.#at < end && left > 0; this.#at++) {
      const gap = gaps.find(each => isInGap([each], this.#at))
      if (gap === undefined) left -= this.#add(this.#at)
      else this.#at = Math.min(gap[1], end) - 1
    }
    if (to === null || this.#at < to) return false
    while (left > 0 && this.#back < returned.length) left -= this.#add(returned[this.#back++]!)
    return this.#back === returned.length
  }

  #add(number: number): 1 {
    this.#numbers.push(number)
    this.#codes.push(this.#signer.code(this.#name, number))
    return 1
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
    const head = { site, room, commitment: this.#commitment, seed: this.kept.seed, root: this.#root }
    yield JSON.stringify(head).slice(0, -1)
    yield* listed('tickets', this.#codes.length, place => this.#codes[place]!)
    yield* listed('order', this.#codes.length, place => this.#codes[this.#drawn[place]!]!)
    yield '}\n'
  }

  /** Behind those that are drawn stand the numbers that nobody has. */
  #publish({ order, root }: Draw): void {
    const { from } = this.kept
    const to = this.kept.to!
    const isDrawn = new Uint8Array(to - from)
    const whole = new Uint32Array(to - from)
    order.forEach((index, place) => {
      whole[place] = this.#numbers[index]! - from
      isDrawn[whole[place]] = 1
    })
    let place = order.length
    isDrawn.forEach((is, offset) => {
      if (is === 0) whole[place++] = offset
    })
    whole.forEach((offset, at) => (this.#row.ranks[(from + offset) % ROOM_RING] = at))
    this.#order = whole
    this.#drawn = order
    this.#root = root
    this.#draw = undefined
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
