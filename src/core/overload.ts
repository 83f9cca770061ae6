// Whether a queue is overloaded. It is once somebody has waited in it for their whole time, and until it is empty, or until a
// trial shows that all who wait now would be served in time: visitors who come again at once after a refusal keep a queue
// from ever being empty, however well the origin is again. Pure.

/** What is seen of the queue. */
export interface Sight {
  /** Milliseconds that the eldest has waited. */
  readonly waited: number
  readonly waiting: number
  /** Served since the beginning. */
  readonly served: number
}

/** Trials come after so many times the wait, then ever later. */
const FIRST_TRIAL = 4
const LAST_TRIAL = 64
/** Share of the wait after which a trial shows how fast the queue moves on. */
const SHOWS = 0.1

interface Trial {
  readonly since: number
  readonly served: number
}

export class Overload {
  #since: number | null = null
  #trial: Trial | null = null
  #after = FIRST_TRIAL

  /** `wait`: how long one may wait, milliseconds; `now` is monotonic. To be asked only while somebody waits. */
  judge(sight: Sight, wait: number, now: number): boolean {
    if (this.#since === null) {
      if (this.#trial !== null) this.#try(this.#trial, sight, wait, now)
      else if (sight.waited >= wait) this.#since = now
    } else if (now - this.#since >= this.#after * wait) {
      this.#since = null
      this.#trial = { since: now, served: sight.served }
    }
    return this.#since !== null
  }

  /** Nobody waits any more. */
  over(): void {
    this.#since = this.#trial = null
    this.#after = FIRST_TRIAL
  }

  #try(trial: Trial, { waiting, served, waited }: Sight, wait: number, now: number): void {
    const passed = now - trial.since
    const isHopeless = passed >= SHOWS * wait && waiting > ((served - trial.served) / passed) * wait
    if (isHopeless || waited >= wait) {
      this.#since = now
      this.#after = Math.min(LAST_TRIAL, 2 * this.#after)
      this.#trial = null
    } else if (passed >= wait) this.over()
  }
}
