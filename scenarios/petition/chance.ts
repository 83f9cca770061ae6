// Repeatable chance for filling the database. The site stands for somebody else's program, so it borrows nothing from
// the shield it is shielded by, not even this.

/** Uniform in [0, 1). */
export type Chance = () => number

/** A linear congruential generator with the multiplier and step of Numerical Recipes: plenty for names and counts. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** A whole number from 0 to `n` - 1. */
export const below = (chance: Chance, n: number): number => Math.floor(chance() * n)

export const pick = <T>(chance: Chance, list: readonly T[]): T => list[below(chance, list.length)]!
