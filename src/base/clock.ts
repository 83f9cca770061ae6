// Time comes from a Clock that is handed in, so that a simulation can run a year in a second and a test can move the
// hands. Wall time is for dates that leave the process; monotonic time is for every duration.

/** Where a part of the program gets its time from. */
export interface Clock {
  /** Milliseconds since the Unix epoch. May jump when the machine's clock is set. */
  now(): number
  /** Milliseconds since some fixed moment, with a fraction. Never goes backwards. */
  monotonic(): number
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}

/**
 * Microseconds on a hand that all threads of the process share, going with the clock given: a thread's own monotonic time
 * begins when the thread does. Whole numbers, from the machine's start on.
 */
export function sharedMicroseconds(clock: Clock): () => number {
  const offset = Number(process.hrtime.bigint() / 1000n) - clock.monotonic() * 1000
  return () => Math.floor(clock.monotonic() * 1000 + offset)
}

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #now: number
  #monotonic = 0

  constructor(now = 0) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#monotonic
  }

  /** Lets `ms` milliseconds pass on both hands. */
  advance(ms: number): void {
    this.#now += ms
    this.#monotonic += ms
  }

  /** Sets the wall clock, as an administrator or NTP would; the monotonic hand stays. */
  jump(now: number): void {
    this.#now = now
  }
}
