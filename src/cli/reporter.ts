// Where `serve` speaks: to a person at a terminal, or to whatever collects the log. Both hear the same things.

import type { Clock } from '../base/clock.ts'
import type { Config } from '../config/types.ts'
import type { ProcessState } from '../threads/messages.ts'
import type { LogEntry } from '../threads/log.ts'
import type { Sampler } from '../watch/sampler.ts'
import type { Colours } from './colours.ts'
import { HEADING_EVERY, figuresOf, heading, legend, liveLine } from './live.ts'
import { heldBackLine, humanLine, jsonLine } from './log-line.ts'
import { Torrent } from './torrent.ts'

/** Seconds between two entries of numbers in the log. */
const STATS_EVERY = 10

export interface Reporter {
  entry(entry: LogEntry): void
  serving(state: ProcessState, admin: string, config: Config): void
  /** Called each second. */
  second(sampler: Sampler): void
}

type Write = (text: string) => void

/** JSON lines. */
export function logReporter(write: Write, clock: Clock): Reporter {
  let seconds = 0
  const say = (event: string, detail: Record<string, unknown>) =>
    write(jsonLine({ at: clock.now(), level: 'info', event, thread: null, detail }))
  return {
    entry: entry => write(jsonLine(entry)),
    serving: (state, admin, config) => {
      const { version, listening, secure, notices } = state
      say('serving', { version, listening, secure, admin, origins: originsOf(config), notices })
    },
    second: sampler => {
      if (++seconds % STATS_EVERY === 0) say('stats', { ...figuresOf(sampler) })
    },
  }
}

/** Lines for a person. */
export function terminalReporter(write: Write, clock: Clock, colours: Colours): Reporter {
  let lines = 0
  const torrent = new Torrent()
  return {
    entry: entry => {
      const line = humanLine(entry, colours)
      if (line !== null && torrent.admits(entry)) write(line)
    },
    serving: (state, admin, config) => write(banner(state, admin, config, colours) + legend(colours)),
    second: sampler => {
      for (const [kind, count] of torrent.next()) write(heldBackLine(clock.now(), kind, count, colours))
      if (lines++ % HEADING_EVERY === 0) write(heading(colours))
      write(liveLine(clock.now(), figuresOf(sampler), colours))
    },
  }
}

export function banner(state: ProcessState, admin: string, config: Config, { bold, cyan, yellow }: Colours): string {
  const edges = state.threads.filter(row => row.role === 'edge').length
  const drain = Math.round(config.shutdown.drain / 1000)
  return [
    `${bold('Breakwater')} ${state.version} shields ${bold(originsOf(config).join(', '))}`,
    `  visitors    ${[...state.secure.map(address => cyan(urlOf(address, 'https'))), ...state.listening.map(address => cyan(urlOf(address)))].join(', ')}   (${edges} edge thread${edges === 1 ? '' : 's'})`,
    ...(admin === ''
      ? []
      : [`  dashboard   ${cyan(urlOf(admin, config.admin.certificate.chain === undefined ? 'http' : 'https'))}`]),
    ...state.notices.map(notice => yellow(`  ${notice}`)),
    `Ctrl-C lets requests in flight end, for ${drain} s at most; a second one ends at once.\n\n`,
  ].join('\n')
}

const originsOf = (config: Config): string[] => config.sites.flatMap(site => site.origins.map(each => each.url.href))

/** What to type into a browser on this machine for an address that may stand for all of its addresses. */
const urlOf = (address: string, scheme = 'http'): string =>
  `${scheme}://${address.replace(/^0\.0\.0\.0(?=:)/, 'localhost').replace(/^\[::\](?=:)/, 'localhost')}`
