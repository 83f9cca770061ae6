// How a crowd comes and for what: steadily, in a shape, as an access log has it, or as the shield before the site saw a day.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { loadConfig } from '../../config/load.ts'
import type { Journey } from '../../rehearse/journey/journey.ts'
import type { LoadOptions } from '../../rehearse/options.ts'
import { LONGEST_RECORDING, readRecording, type Within } from '../../rehearse/recording.ts'
import type { ShapeSpec } from '../../rehearse/shapes/index.ts'
import { readVisits } from '../../rehearse/visits.ts'
import { CliError } from '../cli-error.ts'
import { busiestOf, type Day, isDay, spanOf } from './day.ts'
import { DEFAULT_DATA, DEFAULT_PART, DEFAULT_RATE, DEFAULT_SECONDS } from './defaults.ts'
import type { RehearseFlags } from './flags.ts'

export interface How {
  paths: NonNullable<LoadOptions['paths']>
  /** Of a log; those of files come besides. */
  journeys: Journey[]
  shape: ShapeSpec
  seconds: number
}

type Write = (text: string) => void

/** As the log tells, as the shape says, or steadily. */
export async function howTheyCome(address: string, flags: RehearseFlags, write: Write): Promise<How> {
  const { as, shape, rate = DEFAULT_RATE, seconds } = flags
  if (flags.visits === true && (as === undefined || flags.journey.length > 0))
    throw new CliError('--visits plays the visits of a log: name one with --as, and no --journey.')
  const constant = { kind: 'constant', rate } as const
  if (as === undefined) return { paths: ownPath(address, flags), journeys: [], shape: shape ?? constant, seconds: seconds ?? DEFAULT_SECONDS } // prettier-ignore
  return isDay(as) ? await asOnDay(address, as, flags, write) : await asLogged(as, flags, write)
}

async function asLogged(file: string, flags: RehearseFlags, write: Write, within?: Within): Promise<How> {
  const { times = 1, seconds = within === undefined ? LONGEST_RECORDING : DEFAULT_PART } = flags
  const recording = await readRecording(file, seconds, within)
  const { from, used, other, unread } = recording
  write(`${file}: ${used} requests to play${other + unread > 0 ? `, ${other} of another kind and ${unread} unread lines left out` : ''}.\n`) // prettier-ignore
  const length = recording.rates.length
  write(`The busiest ${length} s of it, from ${new Date(from * 1000).toISOString()}, ${times} times as many.\n`)
  const visits = flags.visits === true ? await readVisits(file, from, length) : undefined
  if (visits !== undefined) write(`${visits.visits} visits begin in it; their pages and pauses are played.\n`)
  write('\n')
  return {
    paths: flags.path.length > 0 ? flags.path : recording.paths,
    journeys: visits?.journeys ?? [],
    // As many in each second: a line between two counts would lose half of a lone one.
    shape: { kind: 'step', rates: (visits ?? recording).rates.map(each => each * times), every: 1 },
    seconds: length,
  }
}

/** As the shield has it: its access log, where the config names one that has lines of the day; else its history. */
async function asOnDay(address: string, day: Day, flags: RehearseFlags, write: Write): Promise<How> {
  const log = await accessLogOf(flags.config)
  if (log !== undefined) {
    try {
      return await asLogged(log, flags, write, spanOf(day, Date.now() / 1000))
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      write(`${error.message}.\n`)
    }
  }
  if (flags.visits === true) throw new CliError('--visits needs an access log: name it with --as, or a config whose accessLog.file has lines of that day with --config.') // prettier-ignore
  return asInHistory(address, day, flags, write)
}

/** As many as the history counted, in whatever resolution it is kept; it does not tell for what they came. */
function asInHistory(address: string, day: Day, flags: RehearseFlags, write: Write): How {
  const data = resolve(flags.data ?? DEFAULT_DATA)
  const { times = 1, seconds = DEFAULT_PART } = flags
  const part = busiestOf(data, day, seconds, Date.now() / 1000)
  if (part === undefined)
    throw new CliError(`The history in ${data} tells of no traffic ${day}: name the data directory of the shield with --data, or an access log with --as.`) // prettier-ignore
  const { rates, every, from } = part
  const length = Math.round(rates.length * every)
  write(`The busiest ${length} s of ${day}, from ${new Date(from * 1000).toISOString()}, ${times} times as many; for the pages of --path or --journey.\n\n`) // prettier-ignore
  const shape = { kind: 'recorded', rates: rates.map(rate => rate * times), every } as const
  return { paths: ownPath(address, flags), journeys: [], shape, seconds: length }
}

/** Undefined where the config names none, or it is not there. Mistakes of the config are told by whoever asks it for consent. */
async function accessLogOf(config: string | undefined): Promise<string | undefined> {
  const loaded = config === undefined ? undefined : await loadConfig({ file: config })
  const file = loaded?.ok === true ? loaded.config.accessLog.file : undefined
  return file !== undefined && existsSync(file) ? file : undefined
}

/** The path of the URL stands for a page of it, when no other is named. */
function ownPath(address: string, { path }: RehearseFlags): How['paths'] {
  const url = URL.parse(address)
  return path.length > 0 ? path : [{ path: url === null ? '/' : url.pathname + url.search, weight: 1 }]
}
