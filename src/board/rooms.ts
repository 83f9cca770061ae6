// The waiting rooms' part of the board: where each queue stands, so that an edge gives out a number, answers a poll and
// sees whose turn it is without asking anybody. Core alone writes the words but `next`, which edges add to; a ticket's
// mark is written by whichever edge its visitor asks.

/** Waiting rooms over all sites: each takes 6 MiB of address space, of which only what is used becomes memory. */
export const MAX_ROOMS = 8
/** Tickets that a room tells apart: 2^20, a little over the million that may wait. A number's mark is at number mod this. */
export const ROOM_RING = 2 ** 20

/** Numbers given out and not called, with those that nobody ever had: what edges take at the same instant still fits. */
const MOST_AHEAD = ROOM_RING - 1024

/** Words of a room's row. */
export const RoomWord = {
  /** Number made from site and room, 0 for an unused row: a new core finds the row again. */
  identity: 0,
  /** See RoomPhase. */
  phase: 1,
  /** The next number to be given out. At 10,000 arrivals a second 2^31 numbers last 60 hours without a pause. */
  next: 2,
  /** Numbers below this are kept on disk as given out: only they may be given to visitors. */
  reserved: 3,
  /** Positions below this have been called. It may run ahead of `next` while nobody waits. */
  serving: 4,
  /** Visitors called in a second, in thousandths. */
  rate: 5,
  /** The first number of the lottery, and the one behind its last; equal where there is none. */
  drawnFrom: 6,
  drawnTo: 7,
  /** When it opens, seconds since the epoch as unsigned; 0 for one that is open. */
  opens: 8,
  /** Sessions now. */
  active: 9,
  /** Positions from `serving` to here are what `present` tells of. */
  until: 10,
  /** Seconds that core has counted: what marks of time are made of, so that nobody's clock can jump. */
  second: 11,
  /** Numbers from `serving` on that nobody was ever given: each restart leaves some. */
  unused: 12,
  /** Called, and not come yet. */
  awaited: 13,
  /** What is let in now: visitors a second, in thousandths, and sessions at once. */
  pace: 14,
  places: 15,
  /** Stretches of positions on which nobody stands, in order: first and one behind the last of each; 0 and 0 for none. */
  holes: 16,
  /** Visitors still there, counted from `serving` on to each of the PRESENCE_OFFSETS. Holes are left out of the count. */
  present: 32,
  /** Where nodes have it in common: milliseconds by which their server's clock is ahead of this node's. */
  ahead: 96,
} as const

/** Holes told of: those of so many restarts while people waited. */
export const MOST_HOLES = (RoomWord.present - RoomWord.holes) / 2

/**
 * Positions behind the one being served at which who is present is counted: each of the first, then ever farther apart, by
 * a quarter of the distance, so that a place is told to the person near the front and to a few percent far behind.
 */
export const PRESENCE_OFFSETS: readonly number[] = presenceOffsets()
const ROOM_WORDS = RoomWord.ahead + 4

function presenceOffsets(): number[] {
  const offsets: number[] = []
  for (let last = 0; offsets.length < 64; offsets.push(last))
    last = Math.min(ROOM_RING, Math.max(last + 1, Math.round(last * 1.25)))
  return offsets
}

/** `before`: no numbers yet. `gathering`: numbers are given out for the draw. `drawing`: nobody is called. */
export const RoomPhase = { open: 0, before: 1, gathering: 2, drawing: 3 } as const

/**
 * What a mark says besides the time of the last poll: nothing known, in, session over; `lapsed` had its place given on
 * before its visitor came a second time, who is the next to come in on showing the session's cookie.
 */
export const Mark = { unknown: 0, entered: 1, ended: 2, lapsed: 3 } as const
const FIRST_TIME = 4
const TIMES = 2 ** 16 - FIRST_TIME

/** The mark of a visitor who was there at this second of core's count. It comes round after 18 hours. */
export const markAt = (second: number): number => FIRST_TIME + ((second + TIMES) % TIMES)

/**
 * The first mark is dated back by so many seconds: whoever takes a number and has not asked for it after the pause before a
 * first poll (10 s) and half a minute more is absent. Programs that take numbers and throw their tickets away hold up nobody
 * for long, and those that look like programs nobody at all (admission/waiting/judge.ts).
 */
const NEVER_ASKED = 50

/** Seconds since the mark was made; Infinity where it is none of time. */
export function markAge(mark: number, second: number): number {
  if (mark < FIRST_TIME) return Infinity
  return ((second % TIMES) - (mark - FIRST_TIME) + TIMES) % TIMES
}

/** Why no number is given out now. */
export type NoNumber = 'before' | 'full' | 'unkept'

const WORD = 4
export const ROOM_BYTES = ROOM_WORDS * WORD + ROOM_RING * 2 + ROOM_RING * WORD

/** One room's row. */
export class RoomRow {
  readonly words: Int32Array<SharedArrayBuffer>
  readonly marks: Uint16Array<SharedArrayBuffer>
  /** Of each ticket in the lottery, by number mod ROOM_RING, its place in the drawn order. */
  readonly ranks: Uint32Array<SharedArrayBuffer>

  constructor(memory: SharedArrayBuffer, at: number) {
    this.words = new Int32Array(memory, at, ROOM_WORDS)
    this.ranks = new Uint32Array(memory, at + ROOM_WORDS * WORD, ROOM_RING)
    this.marks = new Uint16Array(memory, at + ROOM_WORDS * WORD + ROOM_RING * WORD, ROOM_RING)
  }

  get(word: number): number {
    return Atomics.load(this.words, word)
  }

  set(word: number, value: number): void {
    Atomics.store(this.words, word, value)
  }

  mark(number: number): number {
    return Atomics.load(this.marks, number % ROOM_RING)
  }

  setMark(number: number, mark: number): void {
    Atomics.store(this.marks, number % ROOM_RING, mark)
  }

  /** The next number, marked as there; or why there is none. `length` is how many may wait. */
  take(length: number): number | NoNumber {
    const refusal = this.refusal(length)
    if (refusal !== undefined) return refusal
    // Only numbers that are on disk: after kill -9 none of them is given out again.
    if (this.get(RoomWord.next) >= this.get(RoomWord.reserved)) return 'unkept'
    const number = Atomics.add(this.words, RoomWord.next, 1)
    if (number >= this.get(RoomWord.reserved)) return 'unkept'
    this.arrived(number)
    return number
  }

  /** This number was given out just now. */
  arrived(number: number): void {
    this.setMark(number, markAt(this.get(RoomWord.second) - NEVER_ASKED))
  }

  /** Whether there are so many already, as many as may wait; `before`: it is not time yet. */
  refusal(length: number): 'before' | 'full' | undefined {
    if (this.get(RoomWord.phase) === RoomPhase.before) return 'before'
    const ahead = this.get(RoomWord.next) - this.get(RoomWord.serving)
    return ahead - this.get(RoomWord.unused) >= length || ahead >= MOST_AHEAD ? 'full' : undefined
  }

  /** Its visitor has asked: still there. What core has written of it stays. */
  markPresent(number: number): void {
    const mark = this.mark(number)
    if (mark === Mark.unknown || mark >= FIRST_TIME) this.setMark(number, markAt(this.get(RoomWord.second)))
  }

  /** Is this one in, as far as its mark tells? One that a million others came after may have lost its mark to another. */
  isIn(number: number): boolean {
    return this.mark(number) === Mark.entered && this.get(RoomWord.next) - number <= ROOM_RING
  }

  /** Where the number stands in the order of calling: as drawn, else as it came. */
  positionOf(number: number): number {
    const from = this.get(RoomWord.drawnFrom)
    return number < from || number >= this.get(RoomWord.drawnTo) ? number : from + this.ranks[number % ROOM_RING]!
  }

  /** Visitors in front of this position who are still there, as counted within the last second. */
  presentBefore(position: number): number {
    const from = this.get(RoomWord.serving)
    const counted = Math.max(from, Math.min(position, this.get(RoomWord.until)))
    // Who came since the count stands behind what it tells of.
    return Math.round(this.#presentWithin(this.#usedBetween(from, counted))) + Math.max(0, position - counted)
  }

  #usedBetween(from: number, to: number): number {
    let used = to - from
    for (let word: number = RoomWord.holes; word < RoomWord.present; word += 2) {
      const end = this.get(word + 1)
      if (end === 0) break
      used -= Math.max(0, Math.min(end, to) - Math.max(this.get(word), from))
    }
    return used
  }

  #presentWithin(offset: number): number {
    if (offset <= 0) return 0
    let step = 0
    while (step < PRESENCE_OFFSETS.length - 1 && PRESENCE_OFFSETS[step]! < offset) step++
    const start = step === 0 ? 0 : PRESENCE_OFFSETS[step - 1]!
    const low = step === 0 ? 0 : this.get(RoomWord.present + step - 1)
    const high = this.get(RoomWord.present + step)
    return (
      low +
      ((high - low) * (offset - start)) /
        (Math.min(PRESENCE_OFFSETS[step]!, this.#usedBetween(this.get(RoomWord.serving), this.get(RoomWord.until))) -
          start || 1)
    )
  }
}
