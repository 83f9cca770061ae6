// Which class of requests has the next free place of a site's origins: bulkheads with a minimum share each, idle shares lent.
//
//   below its share (in flight < share × limit)  → before all others, the one furthest below first
//   otherwise                                    → the better priority; among equals the one that uses least of its share
//   in both, equal use                          → the one that was served least for its share, of late
//
// A place is never left free while anybody waits, in whatever class: what one does not use is lent, and comes back as the
// requests end that have it. Every class has a share of more than nothing, so none starves. Pure.

/** A class in which somebody waits, or nobody. */
export interface Standing {
  /** Of the limit, above 0; all together 1. */
  readonly share: number
  readonly inFlight: number
  /** The best priority of those who wait (see line.ts), undefined where nobody does. */
  readonly rank: number | undefined
  /** Its virtual time: what was served of it over its share, as in weighted fair queueing. */
  readonly passed: number
}

/** The class whose turn it is, or -1 where nobody waits. */
export function classInTurn(classes: readonly Standing[], limit: number): number {
  let best = -1
  for (const [index, each] of classes.entries()) {
    if (each.rank === undefined) continue
    if (best === -1 || isBefore(each, classes[best]!, limit)) best = index
  }
  return best
}

function isBefore(a: Standing, b: Standing, limit: number): boolean {
  const [usedA, usedB] = [used(a, limit), used(b, limit)]
  const [belowA, belowB] = [usedA < 1, usedB < 1]
  if (belowA !== belowB) return belowA
  if (!belowA && a.rank !== b.rank) return a.rank! < b.rank!
  return usedA === usedB ? a.passed < b.passed : usedA < usedB
}

/** What it uses of its share; 1 and more is all of it. */
const used = ({ share, inFlight }: Standing, limit: number): number => inFlight / (share * Math.max(1, limit))

/** The shares of classes that may have none set, as parts of 1: those without one have what the others leave, in equal parts. */
export function sharesOf(set: readonly (number | undefined)[]): number[] {
  const sum = set.reduce<number>((total, share) => total + (share ?? 0), 0)
  const open = set.filter(share => share === undefined).length
  // However much is promised, the rest keeps something.
  const left = Math.max(1 - sum, LEAST * open)
  const all = set.map(share => Math.max(LEAST, share ?? left / Math.max(1, open)))
  const total = all.reduce((a, b) => a + b, 0)
  return all.map(share => share / total)
}

const LEAST = 0.01
