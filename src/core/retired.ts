// Records that were taken out of the index and wait until nobody reads them any more: gathered, announced as an epoch,
// and given back once every edge has acknowledged it and no hazard holds them.

import type { AllHazards } from '../store/hazards.ts'
import type { Extent } from '../store/places.ts'
import type { Epochs } from './epochs.ts'

/** Epochs under way at once: more would only spread the same acknowledgements over more messages. */
const MAX_UNDER_WAY = 4

interface Batch {
  epoch: number
  extents: Extent[]
}

export class Retired {
  readonly #epochs: Epochs
  readonly #hazards: AllHazards
  #gathered: Extent[] = []
  #gatheredUnits = 0
  readonly #announced: Batch[] = []
  #held: Extent[] = []
  #units = 0

  constructor(epochs: Epochs, hazards: AllHazards) {
    this.#epochs = epochs
    this.#hazards = hazards
  }

  /** Units in all that will be free later. */
  get units(): number {
    return this.#units
  }

  /** Of them, those whose epoch has not been announced. */
  get unannounced(): number {
    return this.#gatheredUnits
  }

  add(extent: Extent): void {
    this.#gathered.push(extent)
    this.#gatheredUnits += extent.units
    this.#units += extent.units
  }

  /** Begins the epoch after which what was gathered so far can go. */
  announce(): void {
    if (this.#gathered.length === 0 || this.#announced.length >= MAX_UNDER_WAY) return
    this.#announced.push({ epoch: this.#epochs.advance(), extents: this.#gathered })
    this.#gathered = []
    this.#gatheredUnits = 0
  }

  /**
   * The extents that nobody reads any more, each once. `edges` is how many rows of hazards are in use. With `recheck` those that only
   * a hazard held back are looked at again even when no epoch has passed.
   */
  collect(edges: number, recheck: boolean): Extent[] {
    const passed = this.#held
    const before = passed.length
    while (this.#announced.length > 0 && this.#epochs.passed(this.#announced[0]!.epoch)) {
      for (const extent of this.#announced.shift()!.extents) passed.push(extent)
    }
    if (passed.length === 0 || (passed.length === before && !recheck)) return []
    // Only now: an edge holds a place first and acknowledges afterwards.
    const held = this.#hazards.held(edges)
    const isHeld = ({ ref, heldBy = ref }: Extent): boolean => held.has(heldBy)
    this.#held = passed.filter(isHeld)
    const free = passed.filter(extent => !isHeld(extent))
    for (const { units } of free) this.#units -= units
    return free
  }

  /** Everything that waits here: what a new allocator must leave alone. */
  *all(): Generator<Extent> {
    yield* this.#held
    for (const { extents } of this.#announced) yield* extents
    yield* this.#gathered
  }
}
