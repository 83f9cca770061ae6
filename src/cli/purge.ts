// `breakwater purge`: takes stored responses out of a running Breakwater, so that the next visitor gets a new one.

import type { Command } from 'commander'
import { command, withAdmin } from './admin-client.ts'
import type { AdminFlags } from './admin-client.ts'
import { CliError } from './cli-error.ts'

interface PurgeFlags extends AdminFlags {
  all?: boolean
  site?: string
  tag?: string[]
  prefix?: string[]
  host?: string[]
  hard?: boolean
  soft?: boolean
  json?: boolean
}

/** What the admin address answers. */
interface Purged {
  /** Nobody counts by tag. */
  purged: number | null
  /** Edges that serve none of it any more, and those that have not said so in time. */
  edges: number
  silent: number
  /** The nodes of the cluster that have it, and those that have not said so in time. */
  nodes?: string[]
  without?: string[]
}

/** As the admin address waits for core at most, and a little. */
const PURGED_WITHIN = 35_000

const several = (value: string, before: string[] = []): string[] => [...before, value]

export function registerPurge(program: Command): void {
  withAdmin(
    program
      .command('purge')
      .description('have stored responses of a running Breakwater fetched anew')
      .argument('[url...]', 'the pages, each as visitors have it in their address bar')
      .option('--tag <name>', 'whatever has this tag, in all sites or in --site; may be given several times', several)
      .option('--prefix <url>', 'all pages whose URL begins so; may be given several times', several)
      .option('--host <name>', 'all pages of a host; may be given several times', several)
      .option('--site <name>', 'all pages of one site')
      .option('--all', 'whatever is stored')
      .option('--soft', 'serve what is stored until something new has come (this is the default)')
      .option('--hard', 'serve nothing of it any more'),
  ).action(async (urls: string[], flags: PurgeFlags) => {
    const answer = (await command(flags, 'POST', '/api/purge', wish(urls, flags), PURGED_WITHIN)) as Purged
    const told = flags.json === true ? `${JSON.stringify(answer, null, 2)}\n` : sentence(urls, flags, answer)
    process.stdout.write(told)
  })
}

function wish(urls: string[], { all, site, tag, prefix, host, hard = false, soft = false }: PurgeFlags): object {
  const wishes = [
    urls.length > 0 ? { urls } : [],
    tag === undefined ? [] : { tags: tag, ...(site === undefined ? {} : { site }) },
    prefix === undefined ? [] : { prefixes: prefix },
    host === undefined ? [] : { hosts: host },
    site === undefined || tag !== undefined ? [] : { site },
    all === true ? { site: null } : [],
  ].flat()
  if (wishes.length !== 1)
    throw new CliError(
      'Say what to purge: URLs, or --tag, --prefix, --host, --site with a name, or --all; one of them.',
    )
  if (hard && soft) throw new CliError('A purge is soft or hard, not both.')
  return { ...wishes[0]!, hard }
}

function sentence(
  urls: string[],
  { hard = false }: PurgeFlags,
  { purged, edges, silent, nodes, without }: Purged,
): string {
  const how = hard ? 'Nothing of it is served any more.' : 'What is stored is served until something new has come.'
  return `${[amount(urls, purged), ...(purged === 0 ? [] : [how]), everywhere(edges, silent), ...spread(nodes, without)].join(' ')}\n`
}

function amount(urls: string[], purged: number | null): string {
  if (purged === null) return 'Purged.'
  if (urls.length === 0) return `${purged} stored ${purged === 1 ? 'response' : 'responses'} purged.`
  const not = urls.length - purged
  return `${purged} of ${urls.length} purged${not === 0 ? '' : `; nothing was stored for ${not}`}.`
}

function spread(nodes: string[] = [], without: string[] = []): string[] {
  if (nodes.length + without.length === 0) return []
  const has = `Nodes that have it: ${nodes.join(', ') || 'none'}.`
  return without.length === 0 ? [has] : [has, `Not yet: ${without.join(', ')}; they carry it out when they are back.`]
}

function everywhere(edges: number, silent: number): string {
  if (silent > 0) return `${edges} of ${edges + silent} edges have it; the others have not answered in time.`
  return edges === 1 ? 'The edge has it.' : `All ${edges} edges have it.`
}
