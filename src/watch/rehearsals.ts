// The rehearsals that were kept in the data directory, as the dashboard tells of them.

import { inShort, namesIn, readKept } from '../rehearse/kept/kept.ts'
import type { Kept } from '../rehearse/kept/kept.ts'

/** The latest of them; a file of some 20 KiB each is read. */
const SHOWN = 5

export interface RehearsalView {
  name: string
  /** When it ended; wall clock, milliseconds. */
  at: number
  target: string
  /** In one sentence. */
  found: string
  /** Whether one may conclude anything from it. */
  valid: boolean
}

/** The latest first. */
export const rehearsalsIn = (data: string): RehearsalView[] =>
  namesIn(data)
    .slice(-SHOWN)
    .toReversed()
    .flatMap(name => viewOf(readKept(data, name)))

function viewOf(kept: Kept | undefined): RehearsalView[] {
  if (kept === undefined) return []
  const { name, target, load, wall } = kept
  const at = Date.parse(name.replace(/T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z$/, 'T$1:$2:$3.$4Z'))
  return [{ name, at, target, found: inShort(kept), valid: load?.valid ?? wall?.valid ?? false }]
}
