// How much is asked of origins for what they bear, and how many instances that takes: demand ÷ capacity as the limiter measures both,
// which says within a second what a processor's use says after minutes. Out at once, in slowly. What is remembered is the
// demand, in requests: a ratio would be told again of the instances that it has already brought. Pure.

interface Height {
  readonly at: number
  readonly demand: number
}

/** Milliseconds of a clock that only goes on. */
export interface Memory {
  /** Of the last `HELD`, those of which none after is higher, the highest first. */
  readonly heights: readonly Height[]
  /** Requests to scale by. */
  readonly held: number
  readonly at: number
}

/** For so long nothing is given back, milliseconds. */
const HELD = 600_000
/** And then at most a tenth of what there is in a minute. */
const LESS_IN_A_MINUTE = 0.9
const MINUTE = 60_000

export const nothingSeen: Memory = { heights: [], held: 0, at: 0 }

/** After one more look, which found so many requests in flight and waiting. */
export function nextMemory(before: Memory, demand: number, at: number): Memory {
  const higher = before.heights.filter(height => at - height.at <= HELD && height.demand > demand)
  const heights = [...higher, { at, demand }]
  const least = before.held * LESS_IN_A_MINUTE ** (Math.max(0, at - before.at) / MINUTE)
  return { heights, held: Math.max(heights[0]!.demand, least), at }
}

/** Demand ÷ capacity: 1 is all that is borne. Null where nothing bears anything. */
export const ratioOf = (demand: number, capacity: number): number | null => (capacity <= 0 ? null : demand / capacity)

export interface Aim {
  /** The share of what the instances bear that is to be used: the rest is for what comes while new ones start. */
  aim: number
  least: number
  most: number
}

/** So many instances for a demand of so many times what `instances` bear. */
export function targetOf(ratio: number, instances: number, { aim, least, most }: Aim): number {
  // A hair more than a whole number, from sums of fractions, asks for no further instance.
  const wanted = Math.ceil((instances * ratio) / aim - 1e-9)
  return Math.min(most, Math.max(least, wanted))
}
