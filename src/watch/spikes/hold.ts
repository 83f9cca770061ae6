// Whether a site is to be in the mode spike because of what is seen of it: entered at an onset (alerts/onset.ts), left only after a
// whole while of calm, so that it does not flap. A pure state machine, told once a second.

import type { Onset } from '../alerts/onset.ts'

/** What is seen of a site in one second. */
export interface Look {
  onset: Onset
  /** Its origins have hardly a place left, or somebody waits for one. */
  isLoaded: boolean
}

export interface Hold {
  readonly state: 'out' | 'in' | 'overruled'
  /** Seconds of calm in a row. */
  readonly calm: number
}

export const out: Hold = { state: 'out', calm: 0 }

/**
 * One more second. In: the rate is well above the usual one. Out: for `leaveAfter` seconds in a row it is not (the onset's own lower
 * bound, a third above the usual), and the origins have room.
 */
export function nextHold(before: Hold, { onset, isLoaded }: Look, leaveAfter: number): Hold {
  const isRising = onset.alarm === 'spike' && onset.calm === 0
  if (before.state === 'out') return isRising ? { state: 'in', calm: 0 } : before
  // What a person has said holds for as long as this spike does.
  if (before.state === 'overruled') return onset.alarm === 'spike' ? before : out
  const calm = isRising || isLoaded ? 0 : before.calm + 1
  return calm >= leaveAfter ? out : { state: 'in', calm }
}

/** Somebody has put the site into a mode by hand. */
export const overruled = ({ state }: Hold, { alarm }: Onset): Hold =>
  state !== 'out' || alarm === 'spike' ? { state: 'overruled', calm: 0 } : out
