// Reads the requests of one connection, and looks up what is stored for them. It keeps the last field block, which a browser
// repeats byte for byte, and what its Host leads to.

import { hashBytes } from '../../store/hash.ts'
import { mayBecomeHead } from './beginnings.ts'
import { endOfBlock, readBlock } from './head.ts'
import type { Block } from './head.ts'
import type { KeyPrefix, Peer, Prepared } from './hits.ts'
import type { FastLane } from './lane.ts'
import { line, readRequestLine } from './requestline.ts'

/** What was found instead of a hit. The head is not whole; whether the rest is worth waiting for is asked later. */
const INCOMPLETE = -1
/** No request of ours: the connection is the slow lane's. */
export const GIVE = -2
/** A whole request for which there is no hit: a bodiless one, or one that was posted. */
export const LEND = -3

/** "GET", "HEAD" and "POST" begin so; anything else is not ours from the first byte on. */
const G = 0x47
const H = 0x48
const P = 0x50
/** Longer bodies come in more than one read, and are the slow lane's to take in as they come. */
const MOST_BODY = 32 * 1024

export class Reader {
  /** Where the request that was read last ends. */
  end = 0
  /** The stored response to it, when `next` has found one (see takeHit), and where that is counted. */
  #hit: Prepared | undefined
  score!: KeyPrefix['score']
  site!: string
  block: Block | undefined
  /** The field block of a request that is lent, and where its body begins, which lasts to its end. */
  lent!: Block
  bodyFrom = 0
  /** The block of the last one that was posted: kept apart, since no block with a length is good for another method. */
  #posted: Block | undefined
  readonly #lane: FastLane
  readonly #peer: Peer
  #prefix: KeyPrefix | undefined
  /** The config that `#prefix` is of. */
  #generation = -1

  constructor(lane: FastLane, peer: Peer) {
    this.#lane = lane
    this.#peer = peer
  }

  /** A new config has come, and with it what a Host leads to: forgets what the old one led to. */
  keepUp(): void {
    if (this.#generation === this.#lane.hits.generation) return
    this.#generation = this.#lane.hits.generation
    this.block = this.#posted = undefined
    this.#prefix = undefined
  }

  /** Reads the request that begins at `at`. Where it ends if a stored response answers it (takeHit), or why not. */
  next(bytes: Buffer, at: number, length: number): number {
    const first = bytes[at]
    if (first !== G && first !== H) return first === P ? this.#nextPosted(bytes, at, length) : GIVE
    if (!readRequestLine(bytes, at, length, this.#prefix?.hash ?? 0)) return INCOMPLETE
    const known = this.#prefix
    const found = this.#blockAt(bytes, line.end, length)
    if (found < 0) return found
    const prefix = this.#prefix
    if (prefix === undefined || this.block!.slow || this.#isOverBound(at)) return this.#lend(this.block!)
    if (prefix !== known) line.hash = hashBytes(prefix.hash, bytes, line.targetFrom, line.targetTo)
    const hit = this.#lane.hits.find(prefix, this.block!, this.#peer, bytes, line.targetFrom, line.targetTo, line.hash)
    if (hit === undefined) return this.#lend(this.block!)
    this.#hit = hit
    this.score = prefix.score
    this.site = prefix.site
    return this.end
  }

  /** One with a body, if that has come with it. One that has not, as a large one, needs time-outs for its body. */
  #nextPosted(bytes: Buffer, at: number, length: number): number {
    if (!readRequestLine(bytes, at, length, 0)) return GIVE
    const block = this.#postedAt(bytes, line.end, length)
    if (block === undefined) return GIVE
    const from = this.end
    this.end += block.length ?? 0
    if (this.end > length || this.end - from > MOST_BODY || from - at > this.#lane.limits.headerBytes) return GIVE
    this.#posted = block
    return this.#lend(block, from)
  }

  #lend(block: Block, bodyFrom = this.end): typeof LEND {
    this.lent = block
    this.bodyFrom = bodyFrom
    return LEND
  }

  /** What was found. It is not kept here: the answer to a poll is one connection's alone, and thousands wait. */
  takeHit(): Prepared {
    const hit = this.#hit!
    this.#hit = undefined
    return hit
  }

  /** Could more bytes make a request of ours of these? */
  mayBecomeHead(bytes: Buffer): boolean {
    return !this.isMuch(bytes.length) && mayBecomeHead(bytes, this.#lane.limits.headerCount)
  }

  /** More than a whole head may have, its target at its longest. */
  isMuch(bytes: number): boolean {
    return bytes > this.#lane.limits.headerBytes + this.#lane.limits.targetBytes
  }

  /** Is the request that began at `at` larger than allowed? How large it is exactly is the slow lane's to tell. */
  #isOverBound(at: number): boolean {
    const { headerBytes, targetBytes } = this.#lane.limits
    return this.end - at > headerBytes || line.targetTo - line.targetFrom > targetBytes
  }

  /** The block at `from`: the last one again, byte for byte, or a new one that is read. Sets `end`. */
  #blockAt(bytes: Buffer, from: number, length: number): number {
    if (this.#isAgain(this.block, bytes, from, length)) return 0
    this.end = endOfBlock(bytes, from, length)
    if (this.end === -1) return INCOMPLETE
    const block = readBlock(bytes, from, this.end, this.#lane.limits.headerCount)
    if (block === undefined) return GIVE
    this.block = block
    this.#prefix = this.#lane.hits.prefixFor(block, this.#peer)
    return 0
  }

  /** Is the last block there again, byte for byte? Then its end is `end`. */
  #isAgain(block: Block | undefined, bytes: Buffer, from: number, length: number): block is Block {
    const last = block?.bytes
    if (last === undefined || length - from < last.length) return false
    this.end = from + last.length
    return bytes.compare(last, 0, last.length, from, this.end) === 0
  }

  #postedAt(bytes: Buffer, from: number, length: number): Block | undefined {
    if (this.#isAgain(this.#posted, bytes, from, length)) return this.#posted
    this.end = endOfBlock(bytes, from, length)
    if (this.end === -1) return undefined
    return readBlock(bytes, from, this.end, this.#lane.limits.headerCount, true)
  }
}
