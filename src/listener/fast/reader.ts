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
/** A whole bodiless request for which there is no hit. */
export const LEND = -3

/** "GET" and "HEAD" begin so; anything else is not ours from the first byte on. */
const G = 0x47
const H = 0x48

export class Reader {
  /** Where the request that was read last ends. */
  end = 0
  /** The stored response to it, when `next` has found one (see takeHit), and where that is counted. */
  #hit: Prepared | undefined
  score!: KeyPrefix['score']
  site!: string
  block: Block | undefined
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
    this.block = undefined
    this.#prefix = undefined
  }

  /** Reads the request that begins at `at`. Where it ends if a stored response answers it (takeHit), or why not. */
  next(bytes: Buffer, at: number, length: number): number {
    const first = bytes[at]
    if (first !== G && first !== H) return GIVE
    if (!readRequestLine(bytes, at, length, this.#prefix?.hash ?? 0)) return INCOMPLETE
    const known = this.#prefix
    const found = this.#blockAt(bytes, line.end, length)
    if (found < 0) return found
    const prefix = this.#prefix
    if (prefix === undefined || this.block!.slow || this.#isOverBound(at)) return LEND
    if (prefix !== known) line.hash = hashBytes(prefix.hash, bytes, line.targetFrom, line.targetTo)
    const hit = this.#lane.hits.find(prefix, this.block!, this.#peer, bytes, line.targetFrom, line.targetTo, line.hash)
    if (hit === undefined) return LEND
    this.#hit = hit
    this.score = prefix.score
    this.site = prefix.site
    return this.end
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
    const last = this.block?.bytes
    if (last !== undefined && length - from >= last.length) {
      this.end = from + last.length
      if (bytes.compare(last, 0, last.length, from, this.end) === 0) return 0
    }
    this.end = endOfBlock(bytes, from, length)
    if (this.end === -1) return INCOMPLETE
    const block = readBlock(bytes, from, this.end, this.#lane.limits.headerCount)
    if (block === undefined) return GIVE
    this.block = block
    this.#prefix = this.#lane.hits.prefixFor(block, this.#peer)
    return 0
  }
}
