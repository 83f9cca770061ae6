// `breakwater event`: what is planned at a running Breakwater. Times are written by the clocks of the event's zone, and shown in
// that of whoever reads, too.

import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { ownZone } from '../base/zoned.ts'
import type { EventView, PlanView } from '../plan/view.ts'
import { command, withAdmin } from './admin-client.ts'
import type { AdminFlags } from './admin-client.ts'
import { CliError } from './cli-error.ts'
import { eventText, listText, readerAt } from './event/print.ts'
import { showForecast } from './event/forecast.ts'
import { undo } from './event/undo.ts'
import { numberFrom } from './rehearse/flags.ts'

interface EventFlags extends AdminFlags {
  at?: string
  tz?: string
  for?: string
  until?: string
  repeat?: string
  site?: string
  expect?: string
  step?: string[]
  steps?: string
  dryRun?: boolean
  json?: boolean
}

interface Shown {
  now: number
  event: EventView
}

export function registerEvent(program: Command): void {
  const event = program.command('event').description('plan an hour for which the site prepares itself')
  const verb = (name: string, description: string): Command => withAdmin(event.command(name).description(description))
  described(verb('add', 'add one'))
    .argument('<name>', 'what people call it')
    .option('--dry-run', 'say what would happen when, and add nothing')
    .action(add)
  described(verb('edit', 'change one that was added so'))
    .argument('<name>', 'which')
    .action(async (name: string, flags: EventFlags) =>
      shown(flags, await command(flags, 'POST', '/api/events/edit', { event: name, ...givenBy(flags) })),
    )
  verb('list', 'what is planned, what is on, and what is not undone').action(list)
  verb('show', 'one event, with its steps and when each is done and undone').argument('<name>', 'which').action(show)
  for (const [name, description] of [
    ['start', 'begin it now, for as long as it is planned to last'],
    ['stop', 'end it now, and undo what was done for it'],
  ] as const)
    verb(name, description)
      .argument('<name>', 'which')
      .action(async (which: string, flags: EventFlags) =>
        shown(flags, await command(flags, 'POST', `/api/events/${name}`, { event: which })),
      )
  verb('cancel', 'let it not take place; where it is on, it ends now')
    .argument('<name>', 'which')
    .action(async (which: string, flags: EventFlags) =>
      shown(flags, await command(flags, 'DELETE', `/api/events?${new URLSearchParams({ event: which }).toString()}`)),
    )
  event
    .command('forecast')
    .description('whether so many fit below the wall that the last rehearsal found')
    .argument(
      '<words>',
      'who is expected, as "300000 visitors, 15% in 2h, 4 pages each", or the name of an event that says it',
    )
    .option('--admin <address>', 'the admin address of the process, for an event by its name and for live traffic')
    .option('--data <folder>', 'the data directory that the rehearsal was kept in')
    .option('-c, --config <file>', 'the config file, to see whether it has changed (default: that of the rehearsal)')
    .option(
      '--paths <log>',
      'what people ask for, to tell the load of each path: an access log, or "live" for live traffic',
    )
    .option('--page-bytes <n>', 'bytes of a page view with all that belongs to it', numberFrom(1, 1e9))
    .option('--form-bytes <n>', 'bytes of a form that is sent', numberFrom(1, 1e9))
    .option('--instances <n>', 'instances that the rehearsal was of (default: 1)', numberFrom(1, 100_000))
    .option('--price <amount>', 'of an instance for an hour', numberFrom(0, 1e9))
    .option('--visit <amount>', 'what a visitor is worth who gets no answer', numberFrom(0, 1e9))
    .option('--json', 'print JSON')
    .action(showForecast)
  verb('undo', 'while no process serves: undo what events have left to undo')
    .option('--now', 'what is not due yet, too')
    .action(undo)
}

const described = (verb: Command): Command =>
  verb
    .option('--at <time>', 'when it starts, as "2026-11-25 22:00"')
    .option('--tz <zone>', 'the time zone of that, as America/Chicago (default: that of this machine)')
    .option('--for <time>', 'how long it lasts, as 3h')
    .option('--until <time>', 'or when it ends, as "2026-11-26 01:00"')
    .option('--repeat <how>', 'daily or weekly')
    .option('--site <name>', 'the site, where there are several')
    .option('--expect <words>', 'who is expected, as "300000 visitors, 15% in 2h"')
    .option('--step <json>', 'a step as in the config, once for each: {"mode": "spike", "before": "10 min"}', several)
    .option('--steps <file>', 'a JSON file with a list of steps')

const several = (value: string, before: string[] = []): string[] => [...before, value]

async function add(name: string, flags: EventFlags): Promise<void> {
  if (flags.at === undefined)
    throw new CliError('Say when it starts, as in: --at "2026-11-25 22:00" --tz America/Chicago')
  const given = { zone: ownZone(), ...givenBy(flags), name, ...(flags.dryRun === true ? { dryRun: true } : {}) }
  shown(flags, await command(flags, 'POST', '/api/events', given))
}

async function list(flags: EventFlags): Promise<void> {
  const plan = (await command(flags, 'GET', '/api/events')) as PlanView
  process.stdout.write(flags.json === true ? `${JSON.stringify(plan, null, 2)}\n` : listText(plan, readerAt(plan.now)))
}

async function show(name: string, flags: EventFlags): Promise<void> {
  const plan = (await command(flags, 'GET', '/api/events')) as PlanView
  const event = plan.events.find(each => each.name === name)
  if (event === undefined) throw new CliError(`There is no event ${name}: see breakwater event list.`)
  shown(flags, { now: plan.now, event })
}

function shown(flags: EventFlags, answer: unknown): void {
  const { now, event } = answer as Shown
  process.stdout.write(flags.json === true ? `${JSON.stringify(event, null, 2)}\n` : eventText(event, readerAt(now)))
}

/** What was typed, in the words of the config. */
function givenBy({ at, tz, for: time, until, repeat, site, expect, step, steps }: EventFlags): Record<string, unknown> {
  const listed = [...(steps === undefined ? [] : stepsIn(steps)), ...(step ?? []).map(text => parsed(text, '--step'))]
  const given = {
    at,
    zone: tz,
    for: time,
    until,
    repeat,
    site,
    expect,
    ...(listed.length === 0 ? {} : { steps: listed }),
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function stepsIn(file: string): unknown[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  const steps = parsed(text, file)
  if (!Array.isArray(steps)) throw new CliError(`${file} holds no list of steps.`)
  return steps
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new CliError(`${where}: ${text.slice(0, 80)} is no JSON, as {"mode": "spike", "before": "10 min"}`)
  }
}
