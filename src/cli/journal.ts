// `breakwater journal`: the forms that were collected, for the people who answer for them. What it prints is made in
// journal/print.ts.

import type { Command } from 'commander'
import type { FormView, JournalStatus, WholeFormView } from '../threads/forms.ts'
import { command, withAdmin } from './admin-client.ts'
import type { AdminFlags } from './admin-client.ts'
import { CliError } from './cli-error.ts'
import { csvOf, namesIn, statusText, tableOf, wholeText } from './journal/print.ts'

interface Flags extends AdminFlags {
  json?: boolean
  csv?: boolean
  state?: string
  site?: string
  email?: string
}

/** As the admin address waits at most, and a little. */
const WITHIN = 65_000

export function registerJournal(program: Command): void {
  const journal = program.command('journal').description('look at and work with the forms that were collected')
  const verb = (name: string, description: string): Command => withAdmin(journal.command(name).description(description))

  verb('status', 'how many forms are in which state').action(status)
  withState(verb('list', 'one form a line'), 'only those in this state').action(list)
  verb('show', 'one form with what is in it')
    .argument('<receipt>', 'its receipt')
    .action(async (receipt: string, flags: Flags) => {
      const form = (await ask(flags, { do: 'show', receipt })) as WholeFormView
      print(flags.json === true ? asJson(form) : wholeText(form))
    })
  withState(verb('export', 'every form with what is in it, as NDJSON'), 'only those in this state')
    .option('--csv', 'as CSV, a column for each field of the forms')
    .action(exportAll)
  for (const [name, description] of [
    ['replay', 'send what waits now, those to be retried and of paused sites too'],
    ['pause', 'send nothing until `resume`; forms are collected all the same'],
    ['resume', 'send again'],
  ] as const)
    verb(name, description)
      .option('--site <name>', 'of one site only')
      .action(async (flags: Flags) => told(flags, await ask(flags, { do: name, site: flags.site ?? null })))
  for (const [name, description] of [
    ['retry', 'send these again, even where they may have arrived'],
    ['set-aside', 'do not send these'],
    ['erase', 'delete what is in these, for good'],
  ] as const) {
    const each = withState(verb(name, description), 'all in this state, 10,000 at once')
      .argument('[receipt...]', 'their receipts')
      .action(async (receipts: string[], flags: Flags) =>
        told(flags, await ask(flags, { do: name, ...whichOf(receipts, flags) })),
      )
    if (name === 'erase') each.option('--email <address>', 'every form in which a field has this address')
  }
  verb('verify', 'read the whole journal and tell what is wrong with it').action(verify)
}

const withState = (each: Command, prose: string): Command => each.option('--state <state>', prose)

const ask = (flags: Flags, wish: object): Promise<unknown> => command(flags, 'POST', '/api/journal', wish, WITHIN)

async function status(flags: Flags): Promise<void> {
  const { journal } = (await command(flags, 'GET', '/api/stats')) as { journal: JournalStatus | null }
  if (journal === null) throw new CliError('No rule of this process collects forms, or it has only just begun.')
  print(flags.json === true ? asJson(journal) : statusText(journal))
}

async function list(flags: Flags): Promise<void> {
  for await (const forms of pages<FormView>(flags, 'list'))
    print(flags.json === true ? forms.map(form => `${JSON.stringify(form)}\n`).join('') : tableOf(forms))
}

async function exportAll(flags: Flags): Promise<void> {
  if (flags.csv !== true) {
    for await (const forms of pages<WholeFormView>(flags, 'export'))
      print(forms.map(form => `${JSON.stringify(form)}\n`).join(''))
    return
  }
  // Once through for the columns, once for the rows: forms may be more than fit into memory.
  const names = new Set<string>()
  for await (const forms of pages<WholeFormView>(flags, 'export'))
    for (const form of forms) for (const name of namesIn(form)) names.add(name)
  print(csvOf([...names], null))
  for await (const forms of pages<WholeFormView>(flags, 'export'))
    print(forms.map(form => csvOf([...names], form)).join(''))
}

async function* pages<T extends { number: number }>(flags: Flags, verb: 'list' | 'export'): AsyncGenerator<T[]> {
  for (let after = 0; ;) {
    const { forms } = (await ask(flags, { do: verb, after, state: flags.state ?? null })) as { forms: T[] }
    if (forms.length === 0) return
    yield forms
    after = forms.at(-1)!.number
  }
}

async function verify(flags: Flags): Promise<void> {
  const { faults } = (await ask(flags, { do: 'verify' })) as { faults: string[] }
  if (flags.json === true) print(asJson({ faults }))
  else if (faults.length === 0) print('The journal is sound.\n')
  if (faults.length > 0) throw new CliError(`The journal is damaged:\n${faults.map(each => `  ${each}`).join('\n')}`)
}

function whichOf(receipts: string[], { state, email }: Flags): object {
  if (receipts.length === 0 && state === undefined && email !== undefined) return { email }
  if (receipts.length > 0 && state === undefined && email === undefined) return { receipts }
  if (receipts.length === 0 && state !== undefined && email === undefined) return { state }
  throw new CliError('Say which forms: their receipts, or --state with one of the states; one of the two.')
}

function told(flags: Flags, answer: unknown): void {
  if (flags.json === true) return print(asJson(answer))
  const { changed, left, paused } = answer as { changed?: number; left?: string[]; paused?: string[] }
  if (changed !== undefined) print(`${changed} ${changed === 1 ? 'form' : 'forms'} changed.\n`)
  if (left !== undefined && left.length > 0)
    print(`Left as they are, in flight, unknown or in another state:\n${left.map(each => `  ${each}\n`).join('')}`)
  if (paused !== undefined) print(paused.length === 0 ? 'No site is paused.\n' : `Paused: ${paused.join(', ')}.\n`)
}

const asJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
const print = (text: string): void => void process.stdout.write(text)
