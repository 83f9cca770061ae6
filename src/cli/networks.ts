// `breakwater networks CDN`: the addresses that a CDN connects from, as it publishes them, in a file for `proxies.trusted`. Kept
// up to date by a line of cron; the running process reads the file again when it changes.

import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { replaceFile } from '../base/whole-file.ts'
import { Argument } from 'commander'
import type { Command } from 'commander'
import { parseNetwork } from '../config/kinds/network.ts'
import { CliError } from './cli-error.ts'

interface Publisher {
  /** Where the CDN publishes them. */
  readonly from: readonly string[]
  /** The networks in one of those documents. */
  read(this: void, text: string): string[]
}

const lines = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '')

/** Lists that stand under these names in JSON, wherever their items are texts or have the network in a field. */
const listed = (text: string, names: readonly string[], field?: string): string[] => {
  const said = JSON.parse(text) as Record<string, unknown>
  const items = names.flatMap(name => (Array.isArray(said[name]) ? (said[name] as unknown[]) : []))
  return items.flatMap(item => textOf(field === undefined ? item : (item as Record<string, unknown> | null)?.[field]))
}

const textOf = (value: unknown): string[] => (typeof value === 'string' ? [value] : [])

const publishers: Record<string, Publisher> = {
  cloudflare: { from: ['https://www.cloudflare.com/ips-v4', 'https://www.cloudflare.com/ips-v6'], read: lines },
  fastly: {
    from: ['https://api.fastly.com/public-ip-list'],
    read: text => listed(text, ['addresses', 'ipv6_addresses']),
  },
  cloudfront: {
    from: ['https://d7uri8nf7uskq.cloudfront.net/tools/list-cloudfront-ips'],
    read: text => listed(text, ['CLOUDFRONT_GLOBAL_IP_LIST', 'CLOUDFRONT_REGIONAL_EDGE_IP_LIST']),
  },
}

/** What is published is some KiB; more is not what was asked for. */
const MOST_BYTES = 1024 * 1024
const WITHIN_MS = 20_000
/** A list that loses more than this share of its lines at once is doubted: whoever is left out loses their visitors' addresses. */
const MOST_LOST = 0.5

interface Flags {
  to?: string
  from?: string[]
  force?: boolean
}

export function registerNetworks(program: Command): void {
  program
    .command('networks')
    .description('write the networks that a CDN connects from, as it publishes them, for `proxies.trusted`')
    .addArgument(new Argument('<cdn>', 'whose').choices(Object.keys(publishers)))
    .option('--to <file>', 'the file, which is replaced in one step; without it they are printed')
    .option('--from <url...>', 'where they are published, when not at the usual place')
    .option('--force', `take a list that has lost more than half of its lines, too`)
    .action((cdn: string, flags: Flags) => run(cdn, flags))
}

async function run(cdn: string, { to, from, force }: Flags): Promise<void> {
  const { from: usual, read } = publishers[cdn]!
  const urls = from ?? usual
  const found = (await Promise.all(urls.map(async url => checked(url, read, await fetched(url))))).flat()
  const text = `# ${cdn}, from ${urls.join(' and ')}\n${found.join('\n')}\n`
  if (to === undefined) {
    process.stdout.write(text)
    return
  }
  const file = resolve(to)
  const before = existsSync(file) ? networksIn(readFileSync(file, 'utf8')) : []
  if (force !== true && found.length < before.length * (1 - MOST_LOST))
    throw new CliError(`${to} has ${before.length} networks, and only ${found.length} are published now. Nothing was written; --force takes them.`) // prettier-ignore
  replaceFile(file, text)
  process.stdout.write(`${to}: ${found.length} networks (${before.length} before).\n`)
}

async function fetched(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS) })
    if (!answer.ok) throw new Error(`it answers ${answer.status}`)
    const text = await answer.text()
    if (text.length > MOST_BYTES) throw new Error('it is longer than 1 MiB')
    return text
  } catch (error) {
    const { message, cause } = error as Error
    throw new CliError(
      `${url} cannot be had: ${cause instanceof Error ? cause.message : message}. Nothing was written.`,
    )
  }
}

function checked(url: string, read: Publisher['read'], text: string): string[] {
  let found: string[]
  try {
    found = read(text)
  } catch {
    throw new CliError(`${url} does not hold what is expected there. Nothing was written.`)
  }
  const wrong = found.find(each => parseNetwork(each) === undefined)
  if (wrong !== undefined)
    throw new CliError(`${url} has "${wrong.slice(0, 80)}", which is no network. Nothing was written.`)
  if (found.length === 0) throw new CliError(`${url} names no network. Nothing was written.`)
  return found
}

const networksIn = (text: string): string[] => lines(text).filter(line => !line.startsWith('#'))
