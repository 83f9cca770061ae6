// When a certificate is to be replaced, and when an order that failed is tried again. Pure.

import type { Random } from '../base/random.ts'

/** Wall clock, milliseconds. */
export interface Span {
  from: number
  to: number
}

/** Longer-lived certificates are replaced when a third of their time is left; those of ten days or less, a half. */
const SHORT_LIVED = 10 * 86_400_000

/** Where the directory suggests nothing. Up to a hundredth of its time earlier, so that many sites do not come at once. */
export function renewalTime({ from, to }: Span, random: Random): number {
  const lives = to - from
  return from + lives * ((lives <= SHORT_LIVED ? 1 / 2 : 2 / 3) - random.next() / 100)
}

/** A time of the window that the directory suggests, each as likely (RFC 9773 section 4.2). */
export const timeIn = ({ from, to }: Span, random: Random): number => from + (to - from) * random.next()

/** A minute, then twice as long each time, six hours at the most: directories allow few failed validations an hour. */
const FIRST_WAIT = 60_000
const LONGEST_WAIT = 6 * 3_600_000

/** Milliseconds after so many tries that failed. */
export const waitAfter = (tries: number): number =>
  Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(20, Math.max(0, tries - 1)))
