// `breakwater alerts`: what is the matter with a running Breakwater and what was, or a test of every channel.

import { Argument } from 'commander'
import type { Command } from 'commander'
import { command, withAdmin } from './admin-client.ts'
import type { AdminFlags } from './admin-client.ts'

interface AlertsFlags extends AdminFlags {
  json?: boolean
}

interface Row {
  name: string
  severity: string
  text: string
  since: number
  until: number | null
}

interface Told {
  active: Row[]
  past: Row[]
  channels: { channel: string; lost: number }[]
}

interface Tested {
  channels: { channel: string; error: string | null }[]
}

/** A channel took no test message. */
const NOT_SAID = 1
/** A channel may take half a minute to answer. */
const ANSWER_WITHIN = 40_000

export function registerAlerts(program: Command): void {
  withAdmin(
    program
      .command('alerts')
      .description('show what is the matter and what was, or test the channels that tell people')
      .addArgument(new Argument('[act]', 'test: say a test message on every channel').choices(['test'])),
  ).action((act: 'test' | undefined, flags: AlertsFlags) => (act === 'test' ? test(flags) : show(flags)))
}

async function show(flags: AlertsFlags): Promise<void> {
  const told = (await command(flags, 'GET', '/api/alerts')) as Told
  process.stdout.write(flags.json === true ? `${JSON.stringify(told, null, 2)}\n` : shown(told))
}

async function test(flags: AlertsFlags): Promise<void> {
  const tested = (await command(flags, 'POST', '/api/alerts/test', undefined, ANSWER_WITHIN)) as Tested
  const { channels } = tested
  if (channels.some(({ error }) => error !== null)) process.exitCode = NOT_SAID
  if (flags.json === true) process.stdout.write(`${JSON.stringify(tested, null, 2)}\n`)
  else if (channels.length === 0) process.stdout.write('Nobody is told: the config names no channel (alerts).\n')
  else process.stdout.write(channels.map(({ channel, error }) => `${channel}: ${error ?? 'said'}\n`).join(''))
}

function shown({ active, past, channels }: Told): string {
  const now = active.length === 0 ? ['Nothing is the matter.'] : active.map(line)
  const before = past.length === 0 ? [] : ['', 'Over:', ...past.map(line)]
  const left = channels
    .filter(({ lost }) => lost > 0)
    .map(({ channel, lost }) => `${channel} did not take ${lost} messages.`)
  return `${[...now, ...before, ...left].join('\n')}\n`
}

const moment = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ')

function line({ name, severity, text, since, until }: Row): string {
  const when = until === null ? `since ${moment(since)}` : `${moment(since)} to ${moment(until)}`
  return `${severity.padEnd(5)} ${name.padEnd(15)} ${when}  ${text}`
}
