// How far a walk over a site is: one line that is written over, in a terminal; nothing elsewhere.

import type { Visit } from '../audit/visit.ts'
import { printable } from './printable.ts'

export function progressOn(isSilent: boolean): (visit: Visit, left: number) => void {
  if (isSilent || !process.stderr.isTTY) return () => {}
  let done = 0
  return ({ url }, left) => {
    process.stderr.write(`\r\x1B[K${++done} done, ${left} known of: ${printable(url).slice(0, 80)}`)
    if (left === 0) process.stderr.write('\r\x1B[K')
  }
}
