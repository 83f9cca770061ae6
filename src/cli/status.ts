// `breakwater status`: what the public status page says, and the page as static files for another place: a page that is served by
// what it reports on is silent exactly when that is gone.

import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { percent } from '../charts/numbers.ts'
import { Refusal } from '../config/kind.ts'
import { duration } from '../config/kinds/unit.ts'
import { surroundingsIn } from '../config/surroundings.ts'
import { command, withAdmin } from './admin-client.ts'
import type { AdminFlags } from './admin-client.ts'
import { CliError } from './cli-error.ts'

interface StatusFlags extends AdminFlags {
  json?: boolean
  every?: number
}

interface Told {
  facts: { title: string; text: string; uptime: number | null; incidents: unknown[]; planned: unknown[] }
  files: { name: string; body: string }[]
}

const EVERY = duration('1s', '1d')

export function registerStatus(program: Command): void {
  const verb = program
    .command('status')
    .description('what the public status page says, or the page as files for another place')
  withAdmin(verb.command('show', { isDefault: true }).description('print it')).action(show)
  withAdmin(
    verb
      .command('publish')
      .description('write it into a folder, as static files')
      .argument('<folder>', 'made where it is not there; what of it is older is replaced'),
  )
    .option('--every <time>', 'again and again, as 1 min', everyFrom)
    .action(publish)
}

async function show(flags: StatusFlags): Promise<void> {
  const { facts } = (await command(flags, 'GET', '/api/status')) as Told
  const lines = [
    `${facts.title}: ${facts.text}`,
    `${percent(facts.uptime)} of requests were answered over the days that are known; ${facts.incidents.length} incidents, ${facts.planned.length} planned events.`,
  ]
  process.stdout.write(flags.json === true ? `${JSON.stringify(facts, null, 2)}\n` : `${lines.join('\n')}\n`)
}

async function publish(folder: string, flags: StatusFlags): Promise<void> {
  for (;;) {
    const { files } = (await command(flags, 'GET', '/api/status')) as Told
    write(folder, files)
    const said = { folder, files: files.map(({ name }) => name) }
    process.stdout.write(flags.json === true ? `${JSON.stringify(said)}\n` : `${folder}: ${said.files.join(', ')}\n`)
    if (flags.every === undefined) return
    await sleep(flags.every)
  }
}

/** Each file whole or not at all: somebody may be copying them elsewhere. */
function write(folder: string, files: Told['files']): void {
  try {
    mkdirSync(folder, { recursive: true })
    for (const { name, body } of files) {
      writeFileSync(join(folder, `.${name}.new`), body)
      renameSync(join(folder, `.${name}.new`), join(folder, name))
    }
  } catch (error) {
    throw new CliError(`${folder} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Milliseconds. */
function everyFrom(given: string): number {
  const read = EVERY.read(
    given,
    surroundingsIn('.', () => {}),
  )
  if (read instanceof Refusal) throw new InvalidArgumentError(`${read.message}; expected ${EVERY.expected}.`)
  return read
}
