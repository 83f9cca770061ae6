// The visitors who wait for a page, in no order: each knows its place, so that whoever comes or goes costs the same in any crowd.
import type { Visitor } from './visitors.ts'

export class Waiting {
  readonly #visitors: Visitor[] = []

  get size(): number {
    return this.#visitors.length
  }

  add(visitor: Visitor): void {
    visitor.view.place = this.#visitors.push(visitor) - 1
  }

  /** Somebody who waits goes, and the last takes their place. */
  remove(visitor: Visitor): void {
    const last = this.#visitors.pop()!
    if (last === visitor) return
    const { place } = visitor.view
    this.#visitors[place] = last
    last.view.place = place
  }

  /** Looks at each, who may be removed meanwhile. */
  each(look: (visitor: Visitor) => void): void {
    for (let place = this.#visitors.length - 1; place >= 0; place--) look(this.#visitors[place]!)
  }

  clear(): void {
    this.#visitors.length = 0
  }
}
