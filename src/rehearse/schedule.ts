// When each visitor comes, settled before anything is sent: the open model. A slow server does not make people come
// later, so neither may it here, or the worst seconds would be the least measured (coordinated omission).
import { exponential, type Random } from '../base/random.ts'
import type { Shape } from './shape.ts'

/** How arrivals fall around their rate: at random as people do (Poisson), or evenly as a metronome. */
export type ArrivalProcess = 'poisson' | 'even'

/** 2^-40 of the run's length: a nanosecond in eighteen minutes. */
const HALVINGS = 40

/** Hands out the arrivals of one run, earliest first. */
export class Schedule {
  readonly #shape: Shape
  readonly #seconds: number
  readonly #step: () => number
  #total = 0
  #last = 0

  constructor(shape: Shape, seconds: number, process: ArrivalProcess, random: Random) {
    this.#shape = shape
    this.#seconds = seconds
    this.#step = process === 'even' ? () => 1 : () => exponential(random, 1)
    if (process === 'even') this.#total = -0.5
  }

  /**
   * Seconds from the start of the run to the next arrival, or Infinity when there is none any more. A Poisson process
   * of any shape is one of rate 1 on the scale of the shape's running total, so the total is stepped and looked up.
   */
  next(): number {
    this.#total += this.#step()
    if (this.#shape.arrivals(this.#seconds) < this.#total) return Infinity
    return (this.#last = this.#timeOf(this.#total))
  }

  #timeOf(total: number): number {
    let early = this.#last
    let late = this.#seconds
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (early + late) / 2
      if (this.#shape.arrivals(middle) < total) early = middle
      else late = middle
    }
    return late
  }
}
