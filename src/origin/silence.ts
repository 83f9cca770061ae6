// Time-outs of requests to origin servers, by one timer for all: each request notes the tick of its last sign of life, and
// four times a second those that have been silent for too long are ended. A timer a request would cost more than the
// quarter of a second is worth.

/** Milliseconds between two looks; a time-out comes at most this much late. */
const TICK = 250

export interface Watched {
  /** Its place among the watched; whoever is watched keeps it and leaves it alone. */
  watchedAt: number
  /** A tick has passed; `now` counts them. */
  look(now: number): void
}

export class Silence {
  /** Without gaps and in no order: a Set would make more garbage than a request does otherwise. */
  readonly #watched: Watched[] = []
  readonly #onTick: () => void
  #timer: NodeJS.Timeout | null = null
  #isRunning = false
  /** Ticks since the beginning. */
  now = 0

  /** `onTick` is called once a tick, watched requests or not. */
  constructor(onTick: () => void = () => {}) {
    this.#onTick = onTick
  }

  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#timer = setInterval(() => this.look(), TICK).unref()
  }

  stop(): void {
    this.#isRunning = false
    if (this.#timer !== null) clearInterval(this.#timer)
  }

  add(watched: Watched): void {
    watched.watchedAt = this.#watched.push(watched) - 1
  }

  delete(watched: Watched): void {
    const at = watched.watchedAt
    if (this.#watched[at] !== watched) return
    const last = this.#watched.pop()!
    if (last === watched) return
    this.#watched[at] = last
    last.watchedAt = at
  }

  look(): void {
    this.now++
    // From the end, since a request that is ended leaves and the last one takes its place.
    for (let i = this.#watched.length - 1; i >= 0; i--) {
      this.#watched[i]?.look(this.now)
    }
    this.#onTick()
  }
}

/** A duration in ticks. */
export const ticks = (ms: number): number => Math.ceil(ms / TICK)
