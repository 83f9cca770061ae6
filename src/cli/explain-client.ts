// `breakwater explain --client ADDRESS`: why the running shield slows a client, or keeps it out: what it has seen of it and of
// its network, signal by signal, as the dashboard tells it too.

import { BlockList, isIP } from 'node:net'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/types.ts'
import { command } from './admin-client.ts'
import type { AdminFlags } from './admin-client.ts'
import { CliError } from './cli-error.ts'
import type { Colours } from './colours.ts'

interface Why {
  signal: string
  weight: number
  text: string
}

/** As GET /api/clients answers. */
interface Told {
  pressed: boolean
  clients: { client: string; network: string; score: number; measure: string; every: number | null; requests: number; why: Why[] }[] // prettier-ignore
  networks: { network: string; score: number; clients: number; requests: number; why: Why[] }[]
}

/** What is known of a client. */
export interface ExplainedClient {
  address: string
  /** What the config's own lists say; they alone keep anybody out. */
  listed: 'denied' | 'allowed' | null
  /** An origin is short of places: only then anybody is slowed. */
  pressed: boolean
  /** Null where it has asked the origin for nothing of late. */
  client: Told['clients'][number] | null
  network: Told['networks'][number] | null
}

/** Asks the running shield. Rejects with CliError for what is no address, and where none runs. */
export async function explainClient(address: string, flags: AdminFlags): Promise<ExplainedClient> {
  if (isIP(address) === 0) throw new CliError(`"${address}" is no address; write it as 203.0.113.7 or 2001:db8::1.`)
  const told = (await command(flags, 'GET', `/api/clients?address=${encodeURIComponent(address)}`)) as Told
  const [client = null] = told.clients
  const network = told.networks.find(each => each.network === client?.network) ?? null
  return { address, listed: await listedIn(flags, address), pressed: told.pressed, client, network }
}

async function listedIn({ config }: AdminFlags, address: string): Promise<ExplainedClient['listed']> {
  const loaded = await loadConfig({ file: config })
  if (!loaded.ok) return null
  const { allow, deny } = loaded.config.clients
  if (holds(allow, address)) return 'allowed'
  return holds(deny, address) ? 'denied' : null
}

function holds(networks: Config['clients']['deny'], address: string): boolean {
  const list = new BlockList()
  for (const { address: first, prefix, family } of networks) list.addSubnet(first, prefix, family)
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/** Kept out or slowed. */
export const isHindered = ({ listed, client }: ExplainedClient): boolean =>
  listed === 'denied' || (listed === null && client?.measure === 'slowed')

/** For people. */
export function clientText({ address, listed, pressed, client, network }: ExplainedClient, colours: Colours): string {
  const { bold, dim } = colours
  const lines = [bold(address), `  ${verdictOn(listed, pressed, client, colours)}`]
  if (client !== null) {
    const many = `${client.requests} requests for the origin in about a minute`
    lines.push(`  ${client.client}: a score of ${client.score.toFixed(2)}, ${many}`, ...signals(client.why, dim))
  }
  if (network !== null) {
    const many = `${network.clients} clients, ${network.requests} requests in about a minute`
    lines.push(`  ${network.network}: a score of ${network.score.toFixed(2)}, ${many}`, ...signals(network.why, dim))
  }
  return `${lines.join('\n')}\n`
}

function verdictOn(
  listed: ExplainedClient['listed'],
  pressed: boolean,
  client: ExplainedClient['client'],
  { green, red, dim }: Colours,
): string {
  if (listed === 'denied') return `${red('Kept out:')} it is on clients.deny. ${dim('(denied)')}`
  if (listed === 'allowed') return green('Never slowed: it is on clients.allow.')
  if (client === null) return green('Not slowed: it has asked the origin for nothing of late.')
  if (client.measure === 'slowed')
    return `${red('Slowed:')} the origin gets one of its requests in ${client.every} s. ${dim('(slowed)')}`
  return green(pressed ? 'Not slowed.' : 'Not slowed: the origins have places for everybody.')
}

/** What raises the score first, what lowers it last. */
const signals = (why: readonly Why[], dim: (text: string) => string): string[] =>
  why
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ signal, weight, text }) => {
      const line = `    ${weight > 0 ? '+' : weight < 0 ? '-' : ' '}${Math.abs(weight).toFixed(2)}  ${signal.padEnd(12)}  ${text}`
      return weight === 0 ? dim(line) : line
    })
