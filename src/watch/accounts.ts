// The account of all requests: what was accepted was answered or lost. Lost is whatever ended without a good answer that
// reached the visitor, aborted and refused connections too. What is left over is shown: it should be nothing but what an
// edge that died took with it.

import { lostOutcomes, outcomes } from '../board/counters.ts'
import type { CounterName, Outcome } from '../board/counters.ts'

/** What counts as lost. A connection that is refused counts as one request: it would have brought one at least. */
export const LOST = [...lostOutcomes, 'cut', 'originFault', 'overConnections'] as const satisfies CounterName[]

const isLost = new Set<Outcome>(lostOutcomes)
const notLost = outcomes.filter(outcome => !isLost.has(outcome))

export interface Accounts {
  accepted: number
  answered: number
  lost: number
  /** Being answered now. */
  open: number
  /** What cannot be accounted for: it went with an edge that died. While requests run it may be off by those of this instant. */
  residue: number
}

/** `figure` is a counter's sum since the start. */
export function accountsOf(figure: (name: CounterName) => number): Accounts {
  const sum = (names: readonly CounterName[]) => names.reduce((all, name) => all + figure(name), 0)
  const accepted = sum(['begun', 'overConnections'])
  const answered = sum(notLost) - sum(['cut', 'originFault'])
  const lost = sum(LOST)
  const open = figure('open')
  return { accepted, answered, lost, open, residue: accepted - answered - lost - open }
}
