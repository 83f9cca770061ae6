// `breakwater waiting-room`: shows and changes how fast visitors come in, and makes what lets people go by a waiting room, or into
// an invited one, with the key in the data directory. The running process knows those by their signature.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { KEY_BYTES, MOST_INVITATIONS, Signer } from '../waiting/tickets.ts'
import { command, dataOf, withAdmin } from './admin-client.ts'
import type { AdminFlags } from './admin-client.ts'
import { CliError } from './cli-error.ts'

interface RoomFlags extends AdminFlags {
  site: string
  room: string
  json?: boolean
}

const MILLISECONDS: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: 86_400_000 }

export function registerWaitingRoom(program: Command): void {
  const rooms = program
    .command('waiting-room')
    .description('show waiting rooms, change how fast visitors come in, make bypass links and invitations')
  const verb = (name: string, description: string) =>
    rooms
      .command(name)
      .description(description)
      .option('--site <name>', 'the site', 'main')
      .option('--room <name>', 'the waiting room', 'main')
      .option('--data <folder>', 'the data directory of the process, where the key is')
      .option('-c, --config <file>', 'its config file')
      .option('--json', 'print JSON')
  registerCommands(rooms)
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

interface LiveFlags extends AdminFlags {
  site?: string
  room?: string
  json?: boolean
}

interface Row {
  site: string
  room: string
  phase: string
  waiting: number
  called: number
  inside: number
  sessions: number
  rate: { set: number; measured: number }
  estimate: number | null
  paused: boolean
  commanded: number | null
}

/** What asks or tells the running process. */
function registerCommands(rooms: Command): void {
  const live = (name: string, description: string) =>
    withAdmin(
      rooms
        .command(name)
        .description(description)
        .option('--site <name>', 'the site, where there are several')
        .option('--room <name>', 'the waiting room, where there are several'),
    )
  live('status', 'show who waits, is called and is inside').action(async (flags: LiveFlags) =>
    show(await command(flags, 'GET', '/api/waiting-rooms'), flags),
  )
  live('rate', 'set how fast visitors come in, until another command')
    .argument('<rate>', 'as 10/s, 300/min or 1000/h; auto: as the config says')
    .action((rate: string, flags: LiveFlags) => change(flags, { rate }))
  live('pause', 'let nobody in; who is inside stays').action((flags: LiveFlags) => change(flags, { pause: true }))
  live('open', 'let visitors in again').action((flags: LiveFlags) => change(flags, { pause: false }))
}

async function change(flags: LiveFlags, what: object): Promise<void> {
  const { site, room } = flags
  const body = { ...what, ...(site === undefined ? {} : { site }), ...(room === undefined ? {} : { room }) }
  show(await command(flags, 'POST', '/api/waiting-rooms', body), flags)
}

function show(answer: unknown, { json, site, room }: LiveFlags): void {
  const { waitingRooms } = answer as { waitingRooms: Row[] }
  const shown = waitingRooms.filter(
    row => (site === undefined || row.site === site) && (room === undefined || row.room === room),
  )
  process.stdout.write(
    json === true ? `${JSON.stringify({ waitingRooms: shown }, null, 2)}\n` : shown.map(lineOf).join(''),
  )
  if (shown.length === 0 && json !== true) process.stdout.write('There is no such waiting room.\n')
}

function lineOf({ site, room, phase, waiting, called, inside, rate, estimate, paused, commanded }: Row): string {
  const pace = `${Number((rate.set * 60).toFixed(1))}/min${commanded === null ? '' : ' by command'}`
  const wait = estimate === null ? 'unknown' : `${estimate} s`
  const state = paused ? 'paused' : phase
  return `${site} ${room}  ${state}  waiting ${waiting}  called ${called}  inside ${inside}  rate ${pace}  wait ${wait}\n`
}

async function signerOf(flags: RoomFlags): Promise<Signer> {
  const file = join(await dataOf(flags), 'waiting.key')
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
