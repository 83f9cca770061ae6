// `breakwater waiting-room`: makes what lets people go by a waiting room, or into an invited one, with the key in the data
// directory. The running process knows them by their signature, so nothing has to be told to it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { KEY_BYTES, MOST_INVITATIONS, Signer } from '../waiting/tickets.ts'
import { dataDirectoryOf } from './admin-client.ts'
import type { AdminFlags } from './admin-client.ts'
import { CliError } from './cli-error.ts'

interface RoomFlags extends AdminFlags {
  site: string
  room: string
  json?: boolean
}

const MILLISECONDS: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: 86_400_000 }

export function registerWaitingRoom(program: Command): void {
  const rooms = program.command('waiting-room').description('make bypass links and invitations for a waiting room')
  const verb = (name: string, description: string) =>
    rooms
      .command(name)
      .description(description)
      .option('--site <name>', 'the site', 'main')
      .option('--room <name>', 'the waiting room', 'main')
      .option('--data <folder>', 'the data directory of the process, where the key is')
      .option('-c, --config <file>', 'its config file')
      .option('--json', 'print JSON')
  verb('link', 'make a link whose holders go by the waiting room')
    .argument('<url>', 'the page it leads to')
    .option('--for <time>', 'how long it holds: 30min, 12h, 7d', '1d')
    .action(async (url: string, flags: RoomFlags & { for: string }) => {
      const until = Date.now() + timeOf(flags.for)
      const link = linkTo(url, (await signerOf(flags)).pass(flags, until))
      const answer = { link, until: new Date(until).toISOString() }
      process.stdout.write(flags.json === true ? `${JSON.stringify(answer, null, 2)}\n` : `${link}\n`)
    })
  verb('invite', 'make invitation codes for a waiting room that is by invitation')
    .option('--count <number>', 'how many', '1')
    .option('--from <number>', 'serial number of the first: the same number makes the same code', '1')
    .option('--several', 'codes that as many may use as have them')
    .action(async (flags: RoomFlags & { count: string; from: string; several?: boolean }) => {
      const from = whole('--from', flags.from, MOST_INVITATIONS - 1)
      const count = whole('--count', flags.count, MOST_INVITATIONS - from)
      const [signer, isForSeveral] = [await signerOf(flags), flags.several === true]
      const codes = Array.from({ length: count }, (_, i) =>
        signer.invitation(flags, { serial: from + i, isForSeveral }),
      )
      process.stdout.write(flags.json === true ? `${JSON.stringify({ codes }, null, 2)}\n` : `${codes.join('\n')}\n`)
    })
}

async function signerOf(flags: RoomFlags): Promise<Signer> {
  const file = join(await dataDirectoryOf(flags), 'waiting.key')
  try {
    const key = readFileSync(file)
    if (key.length === KEY_BYTES) return new Signer(key)
  } catch {
    // Told below, like a file that holds something else.
  }
  throw new CliError(
    `There is no key in ${file}. Breakwater makes it when it first serves a site with a waiting room; name its data directory with --data.`,
  )
}

function linkTo(url: string, pass: string): string {
  if (!URL.canParse(url)) throw new CliError(`${url} is not a URL: write it whole, as https://www.example.org/page.`)
  const link = new URL(url)
  link.searchParams.set('bw-pass', pass)
  return link.href
}

function timeOf(text: string): number {
  const match = /^(\d{1,4}) ?(min|h|d)$/.exec(text)
  if (match === null) throw new CliError(`${text} is no time: write 30min, 12h or 7d.`)
  return Number(match[1]) * MILLISECONDS[match[2]!]!
}

function whole(flag: string, text: string, most: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new CliError(`${flag} wants a whole number from 1 to ${most}.`)
}
