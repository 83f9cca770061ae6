// Differential fuzzing of the two lanes: each stream is played to both together and to the slow lane alone, over the same
// store, and both have to answer and to forward the same. So the fast lane never answers or passes on what llhttp refuses.

import { ALLOWED, compare } from './compare.ts'
import type { Excuse } from './compare.ts'
import { Side } from './side.ts'
import { fillStore } from './stored.ts'
import { makeStream } from './streams.ts'
import type { Stream } from './streams.ts'

/** Streams under way at one time: enough that waiting for a quiet event loop costs each of them little. */
const AT_ONCE = 64

export interface Failure {
  /** Number of the stream. */
  n: number
  stream: Stream
  what: string
}

export class LanesFuzz {
  /** How often each allowed difference was met. */
  readonly excused = Object.fromEntries(Object.keys(ALLOWED).map(name => [name, 0])) as Record<Excuse, number>
  readonly #sockets: boolean
  readonly #both: Side
  readonly #alone: Side

  constructor({ sockets }: { sockets: boolean }) {
    this.#sockets = sockets
    const store = fillStore()
    this.#both = new Side(store, { slowAlone: false, sockets })
    this.#alone = new Side(store, { slowAlone: true, sockets })
  }

  /** What differs for this stream, undefined when nothing does. */
  async differs(stream: Stream): Promise<string | undefined> {
    const [both, alone] = await Promise.all([this.#both.play(stream), this.#alone.play(stream)])
    const { fault, excuse } = compare(stream.bytes.toString('latin1'), both, alone)
    if (excuse !== undefined) this.excused[excuse]++
    return fault
  }

  /**
   * Plays streams [from, to) of a seed. `onEach` is told of each stream that has ended. Over sockets a busy machine may cut a
   * stream's answers short, so what differs there has to differ again when the stream is played by itself.
   */
  async run(seed: number, from: number, to: number, onEach: (failure: Failure | undefined) => void): Promise<void> {
    let next = from
    const doubtful: Failure[] = []
    const worker = async (): Promise<void> => {
      while (next < to) {
        const n = next++
        const stream = makeStream(seed, n)
        const what = await this.differs(stream)
        if (what !== undefined && this.#sockets) doubtful.push({ n, stream, what })
        else onEach(what === undefined ? undefined : { n, stream, what })
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    for (const { n, stream } of doubtful) {
      const what = await this.differs(stream)
      onEach(what === undefined ? undefined : { n, stream, what })
    }
  }

  /** Requests answered by the fast lane and by the slow lane behind it. */
  get share(): { fast: number; slow: number } {
    return this.#both.counted()
  }

  async close(): Promise<void> {
    await this.#both.close()
    await this.#alone.close()
  }
}
