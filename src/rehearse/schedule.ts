// When each visitor comes, settled before anything is sent: the open model. A slow server does not make people come
// later, so neither may it here, or the worst seconds would be the least measured (coordinated omission).
import { exponential, type Random } from '../base/random.ts'
import type { Shape } from './shape.ts'

/** How arrivals fall around their rate: at random as people do (Poisson), or evenly as a metronome. */
export type ArrivalProcess = 'poisson' | 'even'

/** Halvings of the run's length until a moment is found: 2^-40 of it is a nanosecond in eighteen minutes. */
const HALVINGS = 40
/** Guesses along the slope before that: where the rate changes little, the first is right. */
const GUESSES = 8
/** Parts of an arrival that are no difference: at one a second, a microsecond. */
const SAME = 1e-6

/** Hands out the arrivals of one run, earliest first. */
export class Schedule {
  readonly #shape: Shape
  readonly #seconds: number
  readonly #step: () => number
  readonly #all: number
  #total = 0
  #last = 0

  constructor(shape: Shape, seconds: number, process: ArrivalProcess, random: Random) {
    this.#shape = shape
    this.#seconds = seconds
    this.#all = shape.arrivals(seconds)
    this.#step = process === 'even' ? () => 1 : () => exponential(random, 1)
    if (process === 'even') this.#total = -0.5
  }

  /**
   * Seconds from the start of the run to the next arrival, or Infinity when there is none any more. A Poisson process
   * of any shape is one of rate 1 on the scale of the shape's running total, so the total is stepped and looked up.
   */
  next(): number {
    this.#total += this.#step()
    if (this.#all < this.#total) return Infinity
    return (this.#last = this.#timeOf(this.#total))
  }

  /** Newton's method along the rate; halving where that leaves what is known, as beside a spike's edge. */
  #timeOf(total: number): number {
    let early = this.#last
    let late = this.#seconds
    let at = early
    for (let i = 0; i < GUESSES + HALVINGS; i++) {
      const missing = total - this.#shape.arrivals(at)
      if (Math.abs(missing) < SAME) return at
      if (missing > 0) early = at
      else late = at
      const guess = at + missing / this.#shape.rate(at)
      at = i < GUESSES && guess > early && guess < late ? guess : (early + late) / 2
    }
    return late
  }
}
