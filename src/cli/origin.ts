// `breakwater origin`: adds, drains, removes and lists the origin servers of a running Breakwater.

import type { Command } from 'commander'
import { command, withAdmin } from './admin-client.ts'
import type { AdminFlags } from './admin-client.ts'
import { originArgument } from './origin-argument.ts'

interface OriginFlags extends AdminFlags {
  site?: string
  json?: boolean
}

interface Row {
  site: string
  url: string
  state: string
  limit?: number
  inFlight?: number
}

export function registerOrigin(program: Command): void {
  const origin = program.command('origin').description('add, drain, remove or list the origins of a running Breakwater')
  const verb = (name: string, description: string) =>
    withAdmin(
      origin.command(name).description(description).option('--site <name>', 'the site, where there are several'),
    )
  const changing = (name: string, description: string, send: (flags: OriginFlags, url: string) => Promise<unknown>) =>
    verb(name, description)
      .argument('<origin>', 'its URL, as https://example.org or localhost:3000')
      .action(async (typed: string, flags: OriginFlags) => show(await send(flags, originArgument(typed).url), flags))

  changing('add', 'send requests to one more origin', (flags, url) =>
    command(flags, 'POST', '/api/origins', of(flags, url)),
  )
  changing('drain', 'send it no new requests', (flags, url) =>
    command(flags, 'POST', '/api/origins/drain', of(flags, url)),
  )
  changing('remove', 'drain it and forget it', (flags, url) =>
    command(flags, 'DELETE', `/api/origins?${new URLSearchParams(of(flags, url)).toString()}`),
  )
  verb('list', 'list the origins').action(async (flags: OriginFlags) =>
    show(await command(flags, 'GET', '/api/origins'), flags),
  )
}

const of = ({ site }: OriginFlags, url: string) => ({ url, ...(site === undefined ? {} : { site }) })

function show(answer: unknown, { json, site }: OriginFlags): void {
  const origins = (answer as { origins: Row[] }).origins.filter(row => site === undefined || row.site === site)
  process.stdout.write(json === true ? `${JSON.stringify({ origins }, null, 2)}\n` : table(origins))
}

/** One origin a line. */
function table(rows: Row[]): string {
  const width = Math.max(0, ...rows.map(row => row.url.length))
  return rows
    .map(({ url, state, site, inFlight, limit }) => {
      const load = limit === undefined ? '' : `  ${inFlight}/${limit} in flight`
      return `${url.padEnd(width)}  ${state.padEnd(8)}  ${site}${load}\n`
    })
    .join('')
}
