// The highest limit that the shield gave its origin while a storm was on: it finds the limit itself, so only looking tells.
import type { Shield } from './shield.ts'

const LOOK_EVERY_MS = 250

export class LimitWatch {
  /** Requests in flight that the shield allowed at most; 0 while it has not told. */
  highest = 0
  readonly #shield: Shield
  readonly #timer: NodeJS.Timeout

  constructor(shield: Shield) {
    this.#shield = shield
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref()
    void this.#look()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** A look that fails is made up for by the next. */
  async #look(): Promise<void> {
    const stats = await this.#shield.stats().catch(() => undefined)
    for (const { limit } of stats?.origins ?? []) this.highest = Math.max(this.highest, limit)
  }
}
