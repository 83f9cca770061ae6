// `--if-stale`: a rehearsal that still holds is not played again.
import { inShort, latestOf } from '../../rehearse/kept/kept.ts'
import { changesSince } from '../../rehearse/kept/stale.ts'
import type { Colours } from '../colours.ts'
import { wallExit } from './play.ts'
import type { Rehearsal } from './prepare.ts'

/** The exit code of the rehearsal that holds; undefined when it has to be played, and why is said. */
export function stillHolds(
  { crowd, question, fingerprint, data, flags, write }: Rehearsal,
  colours: Colours,
): number | undefined {
  const kept = data === undefined ? undefined : latestOf(data, crowd.target, question)
  if (kept === undefined) {
    write('There is no earlier answer to this question.\n')
    return undefined
  }
  const changes = changesSince(kept.fingerprint, fingerprint)
  if (changes.length > 0) {
    write(`${colours.red(`The rehearsal ${kept.name} is stale.`)}\n${changes.map(each => `  ${each}\n`).join('')}\n`)
    return undefined
  }
  write(`The rehearsal ${kept.name} still holds: ${inShort(kept)}\n`)
  if (flags.json === true)
    process.stdout.write(`${JSON.stringify({ ...(kept.wall ?? kept.load), name: kept.name, stale: false })}\n`)
  return kept.wall === null ? 0 : wallExit(kept.wall)
}
