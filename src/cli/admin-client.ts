// How commands reach a running Breakwater: its admin address and token, from the flags, the config or the data directory.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { formatListenAddress } from '../config/kinds/network.ts'
import { DEFAULT_FILES, loadConfig } from '../config/load.ts'
import type { Config } from '../config/types.ts'
import { ADDRESS_FILE, TOKEN_FILE, readKept } from '../watch/token.ts'
import { CliError } from './cli-error.ts'

export interface AdminFlags {
  config?: string
  admin?: string
  data?: string
}

/** A command that takes longer has met a process that hangs. */
const ANSWER_WITHIN = 10_000

interface Target {
  /** 127.0.0.1:9900 */
  address: string
  token: string | undefined
  data: string
}

/** Sends a command; resolves with the answer's JSON. Rejects with CliError, which tells what to do. */
export async function command(
  flags: AdminFlags,
  method: string,
  path: string,
  body?: object,
  within = ANSWER_WITHIN,
): Promise<unknown> {
  const target = await findTarget(flags)
  const answer = await send(target, method, path, within, body)
  const said = (await answer.json().catch(() => ({}))) as { detail?: string; errors?: string[] }
  if (answer.ok) return said
  if (answer.status === 401) throw new CliError(tokenAdvice(target))
  const more = said.errors === undefined ? '' : `\n${said.errors.join('\n')}`
  throw new CliError(`${said.detail ?? `The answer was ${answer.status}.`}${more}`)
}

/** The data directory of the process that is meant. */
export async function dataDirectoryOf(flags: AdminFlags): Promise<string> {
  return flags.data ?? (await configOf(flags))?.data ?? join(process.cwd(), '.breakwater')
}

async function findTarget(flags: AdminFlags): Promise<Target> {
  const config = await configOf(flags)
  const data = await dataDirectoryOf(flags)
  const configured = config && formatListenAddress(config.admin.listen)
  const address = flags.admin ?? readKept(data, ADDRESS_FILE) ?? configured ?? '127.0.0.1:9900'
  const token = process.env['BREAKWATER_TOKEN'] ?? config?.admin.token?.secret ?? readKept(data, TOKEN_FILE)
  return { address: reachable(address), token, data }
}

/** The data directory of the process: as told, as its config says, or the one in this folder. */
export const dataOf = async (flags: Pick<AdminFlags, 'config' | 'data'>): Promise<string> =>
  dataIn(flags, flags.data === undefined ? await configOf(flags) : undefined)

const dataIn = ({ data }: AdminFlags, config: Config | undefined): string =>
  data ?? config?.data ?? join(process.cwd(), '.breakwater')

/** The config of the process, where it can be read; a broken one does not keep anybody from giving commands. */
async function configOf({ config }: AdminFlags): Promise<Config | undefined> {
  const isThere = config !== undefined || DEFAULT_FILES.some(name => existsSync(join(process.cwd(), name)))
  const loaded = isThere ? await loadConfig({ file: config }) : undefined
  return loaded?.ok === true ? loaded.config : undefined
}

/** Where a server listens on every address, this machine's own is one of them. */
const reachable = (address: string): string =>
  address
    .replace(/^(?:0\.0\.0\.0)?(?=:\d+$)/, '127.0.0.1')
    .replace(/^\[::\](?=:)/, '[::1]')
    .replace(/^(\d+)$/, '127.0.0.1:$1')

async function send(
  { address, token }: Target,
  method: string,
  path: string,
  within: number,
  body?: object,
): Promise<Response> {
  try {
    return await fetch(`http://${address}${path}`, {
      method,
      signal: AbortSignal.timeout(within),
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch {
    throw new CliError(
      `No Breakwater answers at ${address}. Is it running? Name its admin address with --admin, or its data directory with --data.`,
    )
  }
}

const tokenAdvice = ({ address, token, data }: Target): string =>
  token === undefined
    ? `The Breakwater at ${address} wants a token, and there is none in ${join(data, TOKEN_FILE)}. Name its data directory with --data, or put the token into BREAKWATER_TOKEN.`
    : `The Breakwater at ${address} does not take the token. Name the data directory of that process with --data, or put the token into BREAKWATER_TOKEN.`
