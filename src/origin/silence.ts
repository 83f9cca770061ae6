// Time-outs of requests to origin servers, by one timer for all: each request notes the tick of its last sign of life, and
// four times a second those that have been silent for too long are ended. A timer a request would cost more than the
// quarter of a second is worth, and undici's own cannot spare event streams.

/** Milliseconds between two looks; a time-out comes at most this much late. */
const TICK = 250

export interface Watched {
  /** The tick of the last sign of life. */
  seenAt: number
  /** Ticks of silence that are allowed now; Infinity while nothing is expected. */
  allowed: number
  /** It has been silent for longer. */
  timeOut(): void
}

export class Silence {
  readonly #watched = new Set<Watched>()
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
    this.#watched.add(watched)
  }

  delete(watched: Watched): void {
    this.#watched.delete(watched)
  }

  look(): void {
    this.now++
    for (const watched of this.#watched) if (this.now - watched.seenAt > watched.allowed) watched.timeOut()
    this.#onTick()
  }
}

/** A duration in ticks, for `Watched.allowed`. */
export const ticks = (ms: number): number => Math.ceil(ms / TICK)
