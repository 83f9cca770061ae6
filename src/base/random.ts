// Chance is handed in like the clock, so that a simulation, a test or a rehearsal can be repeated number by number from
// its seed. None of this is for secrets: tokens and tickets come from node:crypto.

/** Where a part of the program gets its chance from. */
export interface Random {
  /** Uniform in [0, 1), with 53 random bits. */
  next(): number
}

/** The machine's own chance, unseeded. */
export const systemRandom: Random = { next: () => Math.random() }

/** A seed worth printing: a whole number from 0 to 2^32 - 1. */
export const freshSeed = (): number => Math.floor(Math.random() * 2 ** 32)

/**
 * Repeatable chance: the same seed gives the same numbers on every machine. The generator is xoshiro128** (Blackman and
 * Vigna, "Scrambled Linear Pseudorandom Number Generators", 2021), its 128 bits of state filled from the seed by
 * SplitMix32 so that neighbouring seeds give unrelated streams.
 */
export function seeded(seed: number): Random {
  const fill = splitMix32(seed)
  const state = Uint32Array.of(fill(), fill(), fill(), fill())
  return { next: () => ((step(state) >>> 5) * 2 ** 26 + (step(state) >>> 6)) / 2 ** 53 }
}

/** A whole number from 0 to `n` - 1, each as likely. */
export const below = (random: Random, n: number): number => Math.floor(random.next() * n)

/** Picks each thing as often as its weight says; one at least, weights of more than 0. */
export function pickerOf<Thing extends { weight: number }>(things: readonly Thing[]): (random: Random) => Thing {
  let total = 0
  const upTo = things.map(({ weight }) => (total += weight))
  return random => {
    const at = random.next() * total
    let index = 0
    while (index < upTo.length - 1 && at >= upTo[index]!) index++
    return things[index]!
  }
}

/** Waiting time until the next arrival of a Poisson process that has `rate` arrivals per unit of time. */
export const exponential = (random: Random, rate: number): number => -Math.log(1 - random.next()) / rate

/** One step of xoshiro128**: 32 random bits. */
function step(s: Uint32Array): number {
  const result = Math.imul(rotateLeft(Math.imul(s[1]!, 5), 7), 9)
  const shifted = s[1]! << 9
  s[2]! ^= s[0]!
  s[3]! ^= s[1]!
  s[1]! ^= s[2]!
  s[0]! ^= s[3]!
  s[2]! ^= shifted
  s[3] = rotateLeft(s[3]!, 11)
  return result >>> 0
}

const rotateLeft = (x: number, by: number): number => (x << by) | (x >>> (32 - by))

/** SplitMix32: a counter stepped by the golden ratio and mixed by MurmurHash3's finalizer (constants by Appleby). */
function splitMix32(seed: number): () => number {
  let counter = seed >>> 0
  return () => {
    counter = (counter + 0x9e3779b9) >>> 0
    let mixed = Math.imul(counter ^ (counter >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return (mixed ^ (mixed >>> 16)) >>> 0
  }
}
