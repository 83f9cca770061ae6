// What a rehearsal was true of: when any part of it changes, its answer is old. Parts that cannot be read are left out and
// not guessed, so a change of what can be seen is seen, and nothing is called stale for want of a tool.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { promisify } from 'node:util'
import { nameOf, processesOn } from '../gauges/proc.ts'
import { USER_AGENT } from '../request.ts'

/** Each part as text: what people are shown when it has changed. */
export type Fingerprint = Partial<Record<Part, string>>

/** In the order in which people are told of changes. */
export const PARTS = ['config', 'version', 'flags', 'software', 'hosts', 'hardware', 'network'] as const
type Part = (typeof PARTS)[number]

export interface Asked {
  /** The site, such as http://127.0.0.1:8080, and a page of it. */
  target: string
  page: string
  /** The config file of the site's shield, absolute, where there is one. */
  config?: string | undefined
  /** The response field that names the origin's version, such as X-Version. */
  versionField: string
  /** A command line that prints the state of feature flags, schema version or whatever else matters. */
  flags?: string | undefined
  /** The port whose processes are the site's, where it is on this machine. */
  port: number
}

const WITHIN_MS = 10_000
/** Of what a command prints, hashed: 1 MiB. */
const MOST_PRINTED = 1024 * 1024

/** Reads every part. Rejects only when the command of `flags` fails: it was asked for by name. */
export async function fingerprintOf(asked: Asked): Promise<Fingerprint> {
  const [head, hosts, flags] = await Promise.all([headOf(asked.page), hostsOf(asked.target), printed(asked.flags)])
  const parts: Record<Part, string | undefined> = {
    config: asked.config === undefined ? undefined : ofFile(asked.config),
    version: head?.get(asked.versionField) ?? undefined,
    flags: flags === undefined ? undefined : digest(flags),
    software: [head?.get('server'), head?.get('x-powered-by')].filter(Boolean).join(', ') || undefined,
    hosts,
    hardware: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    network: [listeners(asked.port), viaOf(head)].filter(Boolean).join('; ') || undefined,
  }
  return Object.fromEntries(Object.entries(parts).filter(([, text]) => text !== undefined))
}

function ofFile(file: string): string {
  try {
    return digest(readFileSync(file))
  } catch {
    return 'gone'
  }
}

const digest = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16)

async function headOf(page: string): Promise<Headers | undefined> {
  try {
    const response = await fetch(page, {
      redirect: 'manual',
      headers: { 'User-Agent': USER_AGENT },
      signal: AbortSignal.timeout(WITHIN_MS),
    })
    await response.body?.cancel()
    return response.headers
  } catch {
    return undefined
  }
}

async function hostsOf(target: string): Promise<string | undefined> {
  const name = URL.parse(target)?.hostname.replace(/^\[|\]$/g, '') ?? ''
  const found = await lookup(name, { all: true }).catch(() => [])
  return (
    found
      .map(({ address }) => address)
      .toSorted()
      .join(', ') || undefined
  )
}

async function printed(command: string | undefined): Promise<string | undefined> {
  if (command === undefined) return undefined
  const options = { timeout: WITHIN_MS, maxBuffer: MOST_PRINTED }
  try {
    return (await promisify(execFile)('/bin/sh', ['-c', command], options)).stdout
  } catch (error) {
    throw new RangeError(`--flags-from: ${error instanceof Error ? error.message.trim() : String(error)}`)
  }
}

/** Who takes the connections, where that is seen: a proxy put before the site has another name. */
function listeners(port: number): string | undefined {
  const names = new Set(processesOn(port).map(pid => nameOf(pid)))
  return names.size === 0 ? undefined : `${[...names].toSorted().join(', ')} on port ${port}`
}

const viaOf = (head: Headers | undefined): string | undefined => {
  const via = head?.get('via')
  return via === null || via === undefined ? undefined : `via ${via}`
}
