// How the wall is looked for: twice the load until it does not hold, then halfway between, then long stages around the answer,
// which have the last word: up while they hold, and what did not hold is tried once more, since near the wall chance decides a
// minute. Pure: it says which rate to try next and is told how that went.

export type Stage = 'doubling' | 'bisection' | 'holding'

export interface Trial {
  stage: Stage
  /** Arrivals per second. */
  rate: number
}

/** Neighbouring rates nearer than this are not told apart by short levels: 5%. */
const NEAR = 1.05
/** Two held rates nearer than this are as near as a stage of a minute can tell: 4%. */
const NEAR_HELD = 1.04
/** While no long stage has held, as where a site dies of what it gathers, each is lower than the last by 7%. */
const STEP_DOWN = 0.93
/** Two that did not hold and let as many through, within 5%, have told what the site bears. */
const ALIKE = 0.05
/** A rate has failed when it did not hold for so many long stages. */
const FAILS = 2
/** Below it there is no site worth a rehearsal; above it no generator of one machine. Arrivals per second. */
const LEAST_RATE = 0.25
const MOST_RATE = 50_000

export class Search {
  /** The highest rate that held, of short levels and of long ones. */
  #met = 0
  #held = 0
  /** Rates that did not hold, each as often as it did not; and those of them that were long stages. */
  readonly #misses: number[] = []
  readonly #fails: number[] = []
  /** What each of these let through, a second. */
  readonly #through: number[] = []
  #next: Trial | undefined

  /** `start`: where to begin, well below what the site should bear. */
  constructor(start: number) {
    this.#next = { stage: 'doubling', rate: Math.min(MOST_RATE, Math.max(LEAST_RATE, start)) }
  }

  /** What to try next; undefined when there is nothing left to learn. */
  get next(): Trial | undefined {
    return this.#next
  }

  /** The highest rate that held for the whole long stage; 0 when none did. */
  get held(): number {
    return this.#held
  }

  /**
   * Where the wall lies: from the highest rate that held to the lowest above it that did not (Infinity: all did). Where none did not and a
   * minute at the very rate that held had not, chance decides there, and the next rate that is told apart is taken not to hold.
   */
  get interval(): [number, number] {
    const missed = this.#lowest(this.#misses)
    return [this.#held, missed === Infinity && this.#fails.includes(this.#held) ? this.#held * NEAR : missed]
  }

  /** How the trial went. `through`: good answers a second, where that is known. */
  took(trial: Trial, met: boolean, through = NaN): void {
    const isLong = trial.stage === 'holding'
    if (met) this.#met = Math.max(this.#met, trial.rate)
    else this.#misses.push(trial.rate)
    if (isLong && met) this.#held = Math.max(this.#held, trial.rate)
    if (isLong && !met) {
      this.#fails.push(trial.rate)
      this.#through.push(through)
    }
    // A short level that held is no proof against a long one that did not.
    if (this.#met >= this.#lowest(this.#misses)) this.#met = this.#held
    this.#next = this.#after(trial)
  }

  /** The trial could not be played, as by a generator that can do no more: what held below it is held for long, and that is all. */
  cannot({ stage, rate }: Trial): void {
    const below = stage === 'holding' ? rate * 0.8 : this.#met
    this.#next = this.#held > 0 || below < LEAST_RATE ? undefined : { stage: 'holding', rate: below }
  }

  /** What missed has cost more time than there is for many such: what held for seconds is held for a minute next. */
  hurry(): void {
    if (this.#next?.stage === 'bisection') this.#next = { stage: 'holding', rate: this.#met }
  }

  /** Nothing more is tried. */
  stop(): void {
    this.#next = undefined
  }

  /** Of these rates the lowest that no long stage has shown to hold. */
  #lowest(rates: readonly number[]): number {
    return Math.min(...rates.filter(rate => rate > this.#held), Infinity)
  }

  #after({ stage, rate }: Trial): Trial | undefined {
    if (stage === 'holding') return this.#afterHolding(rate)
    const missed = this.#lowest(this.#misses)
    if (missed === Infinity) return rate >= MOST_RATE ? undefined : { stage: 'doubling', rate: rate * 2 }
    if (this.#met === 0) return rate / 2 < LEAST_RATE ? undefined : { stage: 'doubling', rate: rate / 2 }
    const far = missed / this.#met > NEAR
    return far ? { stage: 'bisection', rate: middle(this.#met, missed) } : { stage: 'holding', rate: this.#met }
  }

  #afterHolding(rate: number): Trial | undefined {
    if (this.#held === 0) {
      const lower = Math.min(rate * STEP_DOWN, this.#borne)
      return lower < LEAST_RATE ? undefined : { stage: 'holding', rate: lower }
    }
    const failed = this.#lowest(this.#fails)
    if (failed === Infinity) return this.#above()
    if (failed / this.#held > NEAR_HELD) return { stage: 'holding', rate: middle(this.#held, failed) }
    const often = this.#fails.filter(each => each === failed).length
    return often < FAILS ? { stage: 'holding', rate: failed } : undefined
  }

  /** What the last two minutes that failed have let through, where it was the same. */
  get #borne(): number {
    const [before = NaN, last = NaN] = this.#through.slice(-2)
    return Math.abs(last / before - 1) < ALIKE ? Math.min(before, last) : Infinity
  }

  /** What a short level missed may hold for a minute: the next that is told apart. Where nothing was ever missed there is nothing to find. */
  #above(): Trial | undefined {
    const rate = this.#held * NEAR
    return this.#misses.length === 0 || rate > MOST_RATE ? undefined : { stage: 'holding', rate }
  }
}

const middle = (low: number, high: number): number => Math.sqrt(low * high)
