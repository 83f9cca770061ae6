// What the visitors of a crowd want: one page each, or a journey through the site; and whether what came is what they wanted.
import { pickerOf, type Random } from '../base/random.ts'
import type { Job, WeightedPath } from './job.ts'
import { type Wish, Walk } from './journey/walk.ts'
import type { Ask } from './request.ts'
import type { ResponseReader } from './response.ts'
import type { Loss } from './tally.ts'
import type { Visitor } from './visitors.ts'

/** Faults told in words: enough to see what is wrong, and not a flood of the same. */
const MOST_FAULTS = 5

export class Wishes {
  readonly #random: Random
  readonly #firstWish: (visitor: Visitor) => Wish | undefined
  readonly #onFault: (fault: string) => void
  #faults = 0

  constructor(job: Job, random: Random, onFault: (fault: string) => void) {
    this.#random = random
    this.#onFault = onFault
    this.#firstWish = job.journeys.length === 0 ? this.#pages(job) : this.#journeys(job)
  }

  /** What somebody who has just come wants. */
  first(visitor: Visitor): Wish | undefined {
    return this.#firstWish(visitor)
  }

  /** What they want after a page they got; undefined when that was all. */
  next(visitor: Visitor): Wish | undefined {
    return visitor.walk?.next()
  }

  /** Undefined for a good answer, the request that it leads to, or why it is none. */
  judge(visitor: Visitor, response: ResponseReader): Ask | Loss | undefined {
    if (visitor.walk === undefined) return response.head.status >= 400 ? 'status' : undefined
    const verdict = visitor.walk.judge(response)
    if (verdict.fault !== undefined && this.#faults++ < MOST_FAULTS) this.#onFault(verdict.fault)
    return verdict.loss ?? verdict.redirect
  }

  /** Each wish is made once: a crowd of strangers for the same page costs no memory for each of them. */
  #pages({ paths }: Job): () => Wish {
    const pick = pickerOf(paths.map(each => ({ weight: each.weight, wish: { waitMs: 0, ask: askOf(each) } })))
    return () => pick(this.#random).wish
  }

  #journeys({ journeys, seed }: Job): (visitor: Visitor) => Wish | undefined {
    const pick = pickerOf(journeys)
    let number = 0
    return visitor => {
      visitor.walk = new Walk(pick(this.#random), `${seed.toString(36)}-${(number++).toString(36)}`, this.#random)
      return visitor.walk.next()
    }
  }
}

function askOf({ path, form }: WeightedPath): Ask {
  return form === undefined
    ? { method: 'GET', path }
    : { method: 'POST', path, form: new URLSearchParams(form).toString() }
}
