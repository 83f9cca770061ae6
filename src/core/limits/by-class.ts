// The limits of all classes at one origin, under the limit of that origin: together they never have more in flight than it
// bears, and each no more than is good for itself. Two things follow from what is seen of them side by side:
//
//   who is slow is lent less   classes whose answers take long leave free a quarter of what is the others', one place at least:
//                              what they have been lent comes back only as their answers end, and others cannot wait for that
//   who fails answers for it   while one class fails and another fares well, the failures lower the limit of the one that
//                              fails, not that of the origin, which is everybody's

import type { ClassLimit, Faring } from './class-limit.ts'
import type { Look } from './limit.ts'

/** The share of the others' shares that is not lent to who is slow. */
const KEPT = 1 / 4

/** A class as it stands: its limit, and its share of the places. */
export interface ClassAt {
  readonly limit: ClassLimit
  /** Of the limit of the origin, 0 to 1; all together 1. */
  readonly share: number
  /** A number for it was set, so that none is found out. */
  readonly isSet: boolean
}

/** What each may have in flight where the origin bears so many; Infinity where that alone holds. */
export function limitsOf(classes: readonly ClassAt[], limit: number): number[] {
  const held = classes.reduce((sum, each) => sum + (each.limit.isBrisk ? 0 : each.limit.inFlight), 0)
  return classes.map(({ limit: of, share, isSet }) => {
    if (isSet || limit === 0) return Infinity
    if (of.isBrisk) return of.value
    const kept = Math.max(1, Math.floor(KEPT * (1 - share) * limit))
    const left = limit - kept - (held - of.inFlight)
    return Math.min(of.value, Math.max(1, Math.floor(share * limit), left))
  })
}

/** As far as a single look tells, while nothing more is known. */
function faringIn({ firstBytes, bad, timeouts, resets }: Look): Faring {
  if (bad + timeouts + resets > 0) return 'failing'
  for (let bucket = 0; bucket < firstBytes.length; bucket++) if (firstBytes[bucket]! > 0) return 'well'
  return null
}

/** The look at the origin without the failures of classes that answer for them themselves. */
export function withoutOwnFailures(look: Look, classes: readonly ClassAt[], looks: readonly Look[]): Look {
  const faring = classes.map(({ limit }, index) => limit.faring ?? faringIn(looks[index]!))
  if (!faring.includes('well')) return look
  const failing = looks.filter((_, index) => faring[index] === 'failing')
  const less = (word: 'bad' | 'timeouts' | 'resets'): number =>
    Math.max(
      0,
      failing.reduce((left, each) => left - each[word], look[word]),
    )
  return { ...look, bad: less('bad'), timeouts: less('timeouts'), resets: less('resets') }
}
