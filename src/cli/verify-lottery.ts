// `breakwater verify-lottery`: checks the published draw of a scheduled opening, offline, as anybody can.

import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { faultsOf } from '../waiting/lottery.ts'
import type { Drawn } from '../waiting/lottery.ts'
import { CliError } from './cli-error.ts'

interface VerifyFlags {
  ticket?: string
  json?: boolean
}

export function registerVerifyLottery(program: Command): void {
  program
    .command('verify-lottery')
    .description('check the published draw of a waiting room')
    .argument('<file>', 'the published file')
    .option('--ticket <code>', 'tell the place of this ticket as well')
    .option('--json', 'print JSON')
    .action((file: string, flags: VerifyFlags) => {
      const drawn = readDrawn(file)
      const faults = faultsOf(drawn)
      const place = flags.ticket === undefined ? undefined : placeOf(drawn, flags.ticket)
      const answer = { fair: faults.length === 0, tickets: drawn.tickets.length, faults, ...(place && { place }) }
      process.stdout.write(flags.json === true ? `${JSON.stringify(answer, null, 2)}\n` : text(drawn, faults, place))
      process.exitCode = faults.length === 0 ? 0 : 1
    })
}

function text(drawn: Drawn, faults: readonly string[], place: number | undefined): string {
  const told = place === undefined ? '' : `The ticket stands on place ${place} of ${drawn.order.length}.\n`
  if (faults.length > 0)
    return `The draw is not as it was promised:\n${faults.map(each => `  ${each}\n`).join('')}${told}`
  return `The draw is as it was promised: ${drawn.tickets.length} tickets, commitment ${drawn.commitment}.\nCompare the commitment with the one that was published before the opening.\n${told}`
}

function placeOf({ order }: Drawn, ticket: string): number {
  const at = order.indexOf(ticket)
  if (at === -1) throw new CliError(`The ticket ${ticket} did not take part in this draw.`)
  return at + 1
}

function readDrawn(file: string): Drawn {
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!isDrawn(parsed))
    throw new CliError(`${file} is no published draw: it wants commitment, seed, root, tickets and order.`)
  return parsed
}

function isDrawn(given: unknown): given is Drawn {
  if (typeof given !== 'object' || given === null) return false
  const { commitment, seed, root, tickets, order } = given as Record<string, unknown>
  return [commitment, seed, root].every(each => typeof each === 'string') && areTexts(tickets) && areTexts(order)
}

const areTexts = (list: unknown): boolean => Array.isArray(list) && list.every(each => typeof each === 'string')
