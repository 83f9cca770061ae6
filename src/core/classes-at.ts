// The classes of a site at one of its origins: looks at each on the board, and what each may have in flight there.

import type { SiteConfig } from '../config/types.ts'
import type { Ledger } from './ledger.ts'
import { limitsOf, withoutOwnFailures } from './limits/by-class.ts'
import type { ClassAt } from './limits/by-class.ts'
import { ClassLimit } from './limits/class-limit.ts'
import type { Look } from './limits/limit.ts'
import { Looks } from './limits/looks.ts'
import { makeLimit } from './limits/make.ts'
import { sharesOf } from './turns.ts'

export class ClassesAt {
  readonly #classes: readonly ClassAt[]
  readonly #looks: readonly Looks[]
  /** What each may have in flight, by its place among those of the site. */
  limits: readonly number[] = []

  constructor(ledger: Ledger, index: number, { classes, origin: { concurrency } }: SiteConfig) {
    // Those that belong to none have no terms of their own.
    const all = classes.length === 0 ? [] : [{ share: undefined, concurrency: 'auto' as const }, ...classes]
    const shares = sharesOf(all.map(({ share }) => share))
    this.#classes = all.map(({ concurrency: limit }, each) => ({
      limit: new ClassLimit((start, base) => makeLimit({ ...concurrency, least: 1, limit }, start, base)),
      share: shares[each]!,
      isSet: typeof limit === 'number',
    }))
    this.#looks = all.map((_, each) => new Looks(() => ledger.seenOf(index, each)))
  }

  /** Takes in what was seen of each; returns the look at the origin as it concerns the origin's own limit. */
  look(look: Look, waited: readonly number[], spare: number): Look {
    if (this.#classes.length === 0) return look
    const looks = this.#looks.map((each, index) => each.next(look.now, waited[index] ?? 0))
    for (const [index, each] of this.#classes.entries()) if (!each.isSet) each.limit.observe(looks[index]!, spare)
    return withoutOwnFailures(look, this.#classes, looks)
  }

  /** The origin bears so many now. */
  divide(limit: number): void {
    this.limits = limitsOf(this.#classes, limit)
  }

  /** What the class may have for its own sake, whatever others need. */
  ownOf(routeClass: number): number {
    return this.#classes[routeClass]?.limit.value ?? Infinity
  }
}
