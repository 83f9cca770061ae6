// The modes of the sites on the admin address: showing them, and putting a site into one. Core decides; what it decided is
// on disk before the command is answered.

import type { Clock } from '../base/clock.ts'
import type { Modes } from '../board/modes.ts'
import { Refusal } from '../config/kind.ts'
import { duration } from '../config/kinds/unit.ts'
import { MODES } from '../config/modes.ts'
import type { Mode } from '../config/modes.ts'
import { surroundingsIn } from '../config/surroundings.ts'
import type { SiteConfig } from '../config/types.ts'
import { keepModes } from '../threads/mode-file.ts'
import type { CoreLink } from './core-link.ts'
import { json, problem } from './reply.ts'
import type { Spikes } from './spikes/spikes.ts'
import type { Reply } from './reply.ts'

/** As long as an event may last: what is meant for longer is the config's to say. */
const FOR = duration('1s', '30d')
const FORM = `Say which: {"mode": "spike"}, with "site" where there are several, and "for": "2h" where it is to end by itself. Modes: ${MODES.join(', ')}.`

export interface ModePowers {
  core: CoreLink
  modes: Modes
  sites: () => readonly SiteConfig[]
  clock: Clock
  spikes: Pick<Spikes, 'holds' | 'overrule'>
  /** Keeps the modes for the next process. False when the data directory cannot be written. */
  keepModes(): boolean
}

/**
 * How the sites are: each with the mode it is in, the one its config names, and since and until when a command holds. `automatic`: it
 * was entered at the onset of a spike, and is left by itself.
 */
export const modesOf = ({ modes, sites, spikes }: Pick<ModePowers, 'modes' | 'sites' | 'spikes'>) =>
  sites().map(({ name, mode: configured }) => {
    const commanded = modes.commanded(name)
    const automatic = spikes.holds(name)
    return {
      name,
      mode: commanded?.mode ?? configured,
      configured,
      since: iso(commanded?.since ?? null),
      until: automatic ? null : iso(commanded?.until ?? null),
      ...(automatic ? { automatic } : {}),
    }
  })

/** Puts a site into a mode. */
export async function changeMode(powers: ModePowers, given: Record<string, unknown>): Promise<Reply> {
  const { mode, site = null, for: time, ...others } = given
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return problem(422, `There is no member ${JSON.stringify(unknown)} here. ${FORM}`)
  if (!isMode(mode) || (site !== null && typeof site !== 'string')) return problem(422, FORM)
  const span =
    time === undefined
      ? null
      : FOR.read(
          time,
          surroundingsIn('/', () => {}),
        )
  if (span instanceof Refusal) return problem(422, `for: ${span.message}. ${FORM}`)
  const until = span === null ? null : powers.clock.now() + span
  const outcome = await powers.core.setMode(site, mode, until)
  if (outcome !== null) return problem(statuses[outcome.code] ?? 503, outcome.message, { code: outcome.code })
  powers.spikes.overrule(powers.sites().flatMap(({ name }) => (site === null || site === name ? [name] : [])))
  return json({ sites: modesOf(powers), kept: powers.keepModes() })
}

/** Writes what was commanded into the data directory. Throws what node:fs throws. */
export function keepCommanded(data: string, modes: Modes, sites: readonly SiteConfig[]): void {
  const kept = sites.flatMap(({ name }) => {
    const commanded = modes.commanded(name)
    return commanded === undefined ? [] : [{ site: name, ...commanded }]
  })
  keepModes(data, kept)
}

const statuses: Partial<Record<string, number>> = { 'unknown-site': 404, 'which-site': 422 }

const isMode = (value: unknown): value is Mode => MODES.some(mode => mode === value)

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())
