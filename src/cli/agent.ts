// `breakwater agent`: on the origin's host, tells a rehearsal how full that host is. The file it runs stands alone, so that
// it can be copied to hosts where this program is not installed.
import type { Command } from 'commander'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startAgent } from './agent/agent.ts'
import { CliError } from './cli-error.ts'
import { numberFrom } from './rehearse/flags.ts'

const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = 9912

interface Flags {
  host: string
  port: number
  watch?: number
  printFile?: boolean
}

export function registerAgent(program: Command): void {
  program
    .command('agent')
    .description('tell a rehearsal how full this host is; the token is BREAKWATER_AGENT_TOKEN')
    .option('--host <address>', 'where it listens', DEFAULT_HOST)
    .option('--port <n>', 'on which port', numberFrom(0, 65_535), DEFAULT_PORT)
    .option('--watch <port>', "the site's port, whose threads are looked at", numberFrom(1, 65_535))
    .option('--print-file', 'print the path of the one file it is, to be copied to a host that has Node alone')
    .action(async (flags: Flags) => {
      if (flags.printFile === true) return void process.stdout.write(`${agentFile()}\n`)
      await run(flags)
    })
}

/** The package has agent.js where a checkout has agent.ts; Node runs both. */
const agentFile = (): string =>
  fileURLToPath(new URL(`./agent/agent.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url))

async function run({ host, port, watch }: Flags): Promise<void> {
  const token = process.env['BREAKWATER_AGENT_TOKEN'] ?? ''
  try {
    const server = startAgent({ host, port, token, watch })
    await once(server, 'listening')
    const at = server.address() as { port: number }
    process.stdout.write(
      `The agent tells of this host at http://${host}:${at.port}/gauges, to whoever has the token.\n`,
    )
    const end = (): void => server.close().closeAllConnections()
    process.once('SIGINT', end).once('SIGTERM', end)
    await once(server, 'close')
  } catch (error) {
    if (error instanceof RangeError || (error instanceof Error && 'code' in error)) throw new CliError(error.message)
    throw error
  }
}
