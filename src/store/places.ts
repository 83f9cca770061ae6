// Which parts of the segments are free: the allocator TLSF (Masmano, Ripoll, Crespo, Real: "TLSF: a new dynamic memory
// allocator for real-time systems", ECRTS 2004) in units of 64 bytes. Two levels of size classes with a bitmap each find
// a fitting extent in a constant number of steps, and a freed extent is joined with its free neighbours at once. A free
// extent carries its length and its list's links in its own memory; core alone uses this class.
//
// What is used is not written down here: the index knows it, so a new core rebuilds all of this from the index alone.

import { State, Word } from './layout.ts'
import type { Segments } from './segments.ts'

/** 32 classes for each doubling: an extent is at most 1/32 (3%) larger than asked for before it is split. */
const SECOND_BITS = 5
const SECOND = 1 << SECOND_BITS
/** Lengths below 32 units have a class each; 27 doublings reach 2^32 units, more than a segment has. */
const FIRST = 28
/** Extents looked at in the one class that may or may not fit, when no larger class has any. */
const MAX_LOOKS = 32
/** A free extent's length stands in its last unit too, where the extent behind it finds it. */
const TAIL = Word.checksum

/** A used extent: its first unit and how many. */
export interface Extent {
  ref: number
  units: number
  /** The place for whose sake it is kept, where that is another one. */
  heldBy?: number
}

export class Places {
  readonly #segments: Segments
  /** First extent of each class's list, 0 for none. */
  readonly #heads = new Uint32Array(FIRST * SECOND)
  /** Bit c: class c of this doubling has an extent. */
  readonly #second = new Uint32Array(FIRST)
  #first = 0
  /** One bit a unit: it begins a free extent, it ends one. 2 bits for 64 bytes are 0.4% of the store. */
  readonly #begins: Uint32Array
  readonly #ends: Uint32Array
  #freeUnits = 0

  /** Nothing is free before `rebuild`: what lies in the segments may be in use, and is not written to. */
  constructor(segments: Segments) {
    this.#segments = segments
    this.#begins = new Uint32Array(Math.ceil(segments.units / 32))
    this.#ends = new Uint32Array(Math.ceil(segments.units / 32))
  }

  get freeUnits(): number {
    return this.#freeUnits
  }

  /** Is this the first unit of a free extent? */
  isFree(ref: number): boolean {
    return bit(this.#begins, ref)
  }

  /** Takes an extent of so many units out of what is free: its first unit, or 0 when none is large enough. */
  allocate(units: number): number {
    const ref = this.#fitting(units)
    if (ref === 0) return 0
    const length = this.#segments.word(ref, Word.units)
    this.#unlink(ref, length)
    if (length > units) this.#link(ref + units, length - units)
    return ref
  }

  /** Gives an extent back. Throws when it is free already, since then two records would come to share it. */
  free(ref: number, units: number): void {
    if (ref === 0 || this.isFree(ref)) throw new RangeError(`the place ${ref} is free already`)
    const each = this.#segments.unitsEach
    let [from, to] = [ref, ref + units]
    if (from % each !== 0 && bit(this.#ends, from - 1)) {
      const before = this.#segments.word(from - 1, TAIL)
      from -= before
      this.#unlink(from, before)
    }
    if (to % each !== 0 && bit(this.#begins, to)) {
      const after = this.#segments.word(to, Word.units)
      this.#unlink(to, after)
      to += after
    }
    this.#link(from, to - from)
  }

  /**
   * Forgets everything and takes all units for free but these, and unit 0, which stands for no place. The extents may come
   * in any order, without overlap.
   */
  rebuild(used: Iterable<Extent>): void {
    this.#heads.fill(0)
    this.#second.fill(0)
    this.#begins.fill(0)
    this.#ends.fill(0)
    this.#first = 0
    this.#freeUnits = 0
    let next = 1
    for (const { ref, units } of [...used].sort((a, b) => a.ref - b.ref)) {
      this.#linkUpTo(next, ref)
      next = ref + units
    }
    this.#linkUpTo(next, this.#segments.units)
  }

  /** What lies between two used extents is free, but no extent crosses the border of a segment. */
  #linkUpTo(from: number, to: number): void {
    const each = this.#segments.unitsEach
    for (let at = from; at < to;) {
      const border = Math.min(to, (Math.floor(at / each) + 1) * each)
      this.#link(at, border - at)
      at = border
    }
  }

  /** The head of the lowest class in which every extent fits, or else whatever fits in the class of the length itself. */
  #fitting(units: number): number {
    const wanted = classOf(roundUp(units))
    const inRow =
      wanted < this.#heads.length ? this.#second[wanted >> SECOND_BITS]! & (-1 << (wanted & (SECOND - 1))) : 0
    if (inRow !== 0) return this.#heads[(wanted & -SECOND) + lowestBit(inRow)]!
    const rows = this.#first & (-2 << (wanted >> SECOND_BITS))
    if (rows === 0 || wanted >> SECOND_BITS >= FIRST - 1) return this.#searched(units)
    const row = lowestBit(rows)
    return this.#heads[row * SECOND + lowestBit(this.#second[row]!)]!
  }

  #searched(units: number): number {
    let ref = this.#heads[classOf(units)]!
    for (let looks = 0; ref !== 0 && looks < MAX_LOOKS; looks++) {
      if (this.#segments.word(ref, Word.units) >= units) return ref
      ref = this.#segments.word(ref, Word.older) >>> 0
    }
    return 0
  }

  #link(ref: number, units: number): void {
    const at = classOf(units)
    const head = this.#heads[at]!
    const segments = this.#segments
    segments.setWord(ref, Word.state, State.free)
    segments.setWord(ref, Word.units, units)
    segments.setWord(ref, Word.older, head | 0)
    segments.setWord(ref, Word.newer, 0)
    segments.setWord(ref + units - 1, TAIL, units)
    if (head !== 0) segments.setWord(head, Word.newer, ref | 0)
    this.#heads[at] = ref
    this.#second[at >> SECOND_BITS]! |= 1 << (at & (SECOND - 1))
    this.#first |= 1 << (at >> SECOND_BITS)
    this.#begins[ref >>> 5]! |= 1 << (ref & 31)
    this.#ends[(ref + units - 1) >>> 5]! |= 1 << ((ref + units - 1) & 31)
    this.#freeUnits += units
  }

  #unlink(ref: number, units: number): void {
    const at = classOf(units)
    const segments = this.#segments
    const [next, previous] = [segments.word(ref, Word.older) >>> 0, segments.word(ref, Word.newer) >>> 0]
    if (next !== 0) segments.setWord(next, Word.newer, previous | 0)
    if (previous !== 0) segments.setWord(previous, Word.older, next | 0)
    else this.#heads[at] = next
    if (this.#heads[at] === 0) this.#second[at >> SECOND_BITS]! &= ~(1 << (at & (SECOND - 1)))
    if (this.#second[at >> SECOND_BITS] === 0) this.#first &= ~(1 << (at >> SECOND_BITS))
    this.#begins[ref >>> 5]! &= ~(1 << (ref & 31))
    this.#ends[(ref + units - 1) >>> 5]! &= ~(1 << ((ref + units - 1) & 31))
    this.#freeUnits -= units
  }
}

/** The class whose lengths begin at or below this one: `row * 32 + class within the doubling`. */
function classOf(units: number): number {
  if (units < SECOND) return units
  const doubling = 31 - Math.clz32(units)
  return ((doubling - SECOND_BITS + 1) << SECOND_BITS) + ((units >>> (doubling - SECOND_BITS)) & (SECOND - 1))
}

/** The least length of a class that is at least this one: there every extent fits. */
function roundUp(units: number): number {
  return units < SECOND ? units : units + 2 ** (31 - Math.clz32(units) - SECOND_BITS) - 1
}

const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits)

const bit = (bits: Uint32Array, at: number): boolean => (bits[at >>> 5]! & (1 << (at & 31))) !== 0
