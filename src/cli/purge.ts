// `breakwater purge`: takes stored responses out of a running Breakwater, so that the next visitor gets a new one.

import type { Command } from 'commander'
import { command } from './admin-client.ts'
import type { AdminFlags } from './admin-client.ts'
import { CliError } from './cli-error.ts'

interface PurgeFlags extends AdminFlags {
  all?: boolean
  site?: string
  json?: boolean
}

/** As the admin address waits for core at most, and a little. */
const PURGED_WITHIN = 35_000

export function registerPurge(program: Command): void {
  program
    .command('purge')
    .description('take stored responses out of a running Breakwater')
    .argument('[url...]', 'the pages, each as visitors have it in their address bar')
    .option('--all', 'whatever is stored')
    .option('--site <name>', 'whatever is stored of one site')
    .option('--admin <address>', 'the admin address of the process')
    .option('--data <folder>', 'its data directory, where its address and token are')
    .option('-c, --config <file>', 'its config file')
    .option('--json', 'print JSON')
    .action(async (urls: string[], flags: PurgeFlags) => {
      const answer = await command(flags, 'POST', '/api/purge', wish(urls, flags), PURGED_WITHIN)
      const { purged } = answer as { purged: number }
      process.stdout.write(flags.json === true ? `${JSON.stringify({ purged }, null, 2)}\n` : sentence(urls, purged))
    })
}

function wish(urls: string[], { all, site }: PurgeFlags): object {
  const wishes = [
    urls.length > 0 ? { urls } : [],
    all === true ? { site: null } : [],
    site === undefined ? [] : { site },
  ].flat()
  if (wishes.length === 1) return wishes[0]!
  throw new CliError('Say what to purge: URLs, or --site with a name, or --all; one of them.')
}

function sentence(urls: string[], purged: number): string {
  if (urls.length === 0) return `${purged} stored ${purged === 1 ? 'response is' : 'responses are'} gone.\n`
  const not = urls.length - purged
  return `${purged} of ${urls.length} gone${not === 0 ? '' : `; nothing was stored for ${not}`}.\n`
}
