// How commands reach a running Breakwater: its admin address and token, from the flags, the config or the data directory.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { formatListenAddress } from '../config/kinds/network.ts'
import { DEFAULT_FILES, loadConfig } from '../config/load.ts'
import type { Config } from '../config/types.ts'
import { TOKEN_FILE, readKept } from '../threads/admin-token.ts'
import { ADDRESS_FILE } from '../watch/token.ts'
import { Untrusted, ask } from './admin-request.ts'
import { CliError } from './cli-error.ts'

export interface AdminFlags {
  config?: string
  admin?: string
  data?: string
}

/** Gives a verb the options by which it finds the process that it commands, and `--json`. */
export const withAdmin = (verb: Command): Command =>
  verb
    .option('--admin <address>', 'the admin address of the process')
    .option('--data <folder>', 'its data directory, where its address and token are')
    .option('-c, --config <file>', 'its config file')
    .option('--json', 'print JSON')

/** A command that takes longer has met a process that hangs. */
const ANSWER_WITHIN = 10_000

interface Target {
  /** http://127.0.0.1:9900 */
  url: URL
  /** Of the config, in PEM. */
  chain: string | undefined
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
  const said = jsonOf(answer.text) as { detail?: string; errors?: string[] }
  if (answer.status >= 200 && answer.status < 300) return said
  if (answer.status === 401) throw new CliError(tokenAdvice(target))
  const more = said.errors === undefined ? '' : `\n${said.errors.join('\n')}`
  throw new CliError(`${said.detail ?? `The answer was ${answer.status}.`}${more}`)
}

async function findTarget(flags: AdminFlags): Promise<Target> {
  const config = await configOf(flags)
  const data = dataIn(flags, config)
  const configured = config && formatListenAddress(config.admin.listen)
  const address = flags.admin ?? readKept(data, ADDRESS_FILE) ?? configured ?? '127.0.0.1:9900'
  const token = process.env['BREAKWATER_TOKEN'] ?? config?.admin.token?.secret ?? readKept(data, TOKEN_FILE)
  const chain = config?.admin.certificate.chain
  return { url: urlOf(address, chain !== undefined), chain, token, data }
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
export const reachable = (place: string): string =>
  place
    .replace(/^(?:0\.0\.0\.0)?(?=:\d+$)/, '127.0.0.1')
    .replace(/^\[::\](?=:)/, '[::1]')
    .replace(/^(\d+)$/, '127.0.0.1:$1')

function urlOf(address: string, isSecure: boolean): URL {
  const [, scheme = isSecure ? 'https' : 'http', place = address] = /^(?:(https?):\/\/)?(.*?)\/?$/.exec(address) ?? []
  const url = URL.parse(`${scheme}://${reachable(place)}`)
  if (url !== null) return url
  throw new CliError(
    `${JSON.stringify(address)} is no address: write it as 127.0.0.1:9900, or as https://breakwater.internal:9900.`,
  )
}

async function send({ url, chain, token }: Target, method: string, path: string, within: number, body?: object) {
  try {
    return await ask({
      ...{ url: new URL(path, url), method, chain, within },
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  } catch (error) {
    if (error instanceof Untrusted) throw new CliError(error.message)
    throw new CliError(
      `No Breakwater answers at ${url.host}. Is it running? Name its admin address with --admin, or its data directory with --data.`,
    )
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

const tokenAdvice = ({ url: { host }, token, data }: Target): string =>
  token === undefined
    ? `The Breakwater at ${host} wants a token, and there is none in ${join(data, TOKEN_FILE)}. Name its data directory with --data, or put the token into BREAKWATER_TOKEN.`
    : `The Breakwater at ${host} does not take the token. Name the data directory of that process with --data, or put the token into BREAKWATER_TOKEN.`
