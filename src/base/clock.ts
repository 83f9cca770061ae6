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
 * Microseconds since the machine's start, whole ones: the same hand in every process and thread of it. A thread's own
 * monotonic time begins when the thread does.
 */
export const machineMicroseconds = (): number => Number(process.hrtime.bigint() / 1000n)

/** The machine's microseconds, going with the clock given. */
export function sharedMicroseconds(clock: Clock): () => number {
  const offset = machineMicroseconds() - clock.monotonic() * 1000
  return () => Math.floor(clock.monotonic() * 1000 + offset)
}

/** Another machine's clock is followed in steps of so many milliseconds: the way of a message is shorter. */
const CLOCK_STEP = 100

/**
 * Milliseconds by which another machine's wall clock is ahead of this one's, in whole steps. It was asked at `asked` (monotonic), has
 * said `time` (wall), and its answer came just now: it looked at its clock half way between.
 */
export function clockAhead(clock: Clock, time: number, asked: number): number {
  const ahead = time - (clock.now() - (clock.monotonic() - asked) / 2)
  return Math.round(ahead / CLOCK_STEP) * CLOCK_STEP
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
