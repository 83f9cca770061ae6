// Which snapshot of a site is in use: shown and changed in the Breakwater that runs on the data directory, or on disk where none runs.

import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { currentIn, keepCurrent, nameOf, snapshotsOf, versionMeant, versionsIn } from '../../snapshot/folder.ts'
import { command, dataOf, reachable } from '../admin-client.ts'
import type { AdminFlags } from '../admin-client.ts'
import { CliError } from '../cli-error.ts'

export interface ChoosingFlags extends AdminFlags {
  site?: string
  json?: boolean
}

export interface Row {
  site: string
  inUse: string | null
  versions: string[]
}

interface Running {
  readonly sites: readonly { name: string; hosts: readonly string[] }[]
  /** Where it serves this protocol, to be asked from here; undefined where it does not. */
  at(protocol: string): string | undefined
}

/** The Breakwater that runs here; undefined where none answers. */
export async function running(flags: AdminFlags): Promise<Running | undefined> {
  const stats = (await command(flags, 'GET', '/api/stats').catch(() => undefined)) as
    { listening: string[]; secure: string[] } | undefined
  if (stats === undefined) return undefined
  const { snapshots } = (await command(flags, 'GET', '/api/snapshots')) as { snapshots: (Row & { hosts: string[] })[] }
  const at = (protocol: string): string | undefined => {
    const [address] = protocol === 'https:' ? stats.secure : stats.listening
    return address === undefined ? undefined : `${protocol}//${reachable(address)}`
  }
  return { sites: snapshots.map(({ site, hosts }) => ({ name: site, hosts })), at }
}

/** Has the Breakwater that runs put it into use. */
export const tell = ({ site, ...flags }: ChoosingFlags, version: string): Promise<unknown> =>
  command(flags, 'POST', '/api/snapshots', { use: version, ...(site === undefined ? {} : { site }) })

export async function list(flags: ChoosingFlags): Promise<number> {
  show(await rowsOf(flags), flags)
  return 0
}

export async function choose(flags: ChoosingFlags, use: string): Promise<number> {
  if ((await running(flags)) === undefined) await onDisk(flags, use)
  else await tell(flags, use)
  show(await rowsOf(flags), flags)
  return 0
}

/** Of the sites that have any; a running process knows its sites itself. */
export async function rowsOf(flags: ChoosingFlags): Promise<Row[]> {
  const answer = (await command(flags, 'GET', '/api/snapshots').catch(() => undefined)) as
    { snapshots: Row[] } | undefined
  const all = answer?.snapshots ?? (await onDiskRows(flags))
  const rows = all.filter(row => flags.site === undefined || row.site === flags.site)
  if (flags.site !== undefined && rows.length === 0) throw new CliError(`There is no snapshot of a site ${flags.site}.`)
  return rows
}

async function onDiskRows(flags: ChoosingFlags): Promise<Row[]> {
  const data = await dataOf(flags)
  let names: string[]
  try {
    names = readdirSync(dirname(snapshotsOf(data, 'any')))
  } catch {
    return []
  }
  const rows = names.map(decodeURIComponent).map(site => {
    const folder = snapshotsOf(data, site)
    const current = currentIn(folder)
    return { site, inUse: current === 0 ? null : nameOf(current), versions: versionsIn(folder).map(nameOf) }
  })
  // A walk that was broken off leaves a folder with nothing in it.
  return rows.filter(({ versions }) => versions.length > 0)
}

async function onDisk(flags: ChoosingFlags, use: string): Promise<void> {
  const rows = await onDiskRows(flags)
  const meant =
    flags.site === undefined ? (rows.length === 1 ? rows[0] : undefined) : rows.find(({ site }) => site === flags.site)
  if (meant === undefined)
    throw new CliError(
      rows.length === 0
        ? `There is no snapshot in ${join(await dataOf(flags), 'snapshots')}: take one with breakwater freeze URL.`
        : `Say which site with --site: ${rows.map(({ site }) => site).join(', ')}.`,
    )
  const folder = snapshotsOf(await dataOf(flags), meant.site)
  const version = versionMeant(use, folder)
  if (typeof version === 'string') throw new CliError(version)
  keepCurrent(folder, version)
}

function show(rows: readonly Row[], { json }: ChoosingFlags): void {
  process.stdout.write(json === true ? `${JSON.stringify({ snapshots: rows }, null, 2)}\n` : table(rows))
}

function table(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ site, versions, inUse }) =>
    versions.length === 0
      ? [`${site}  no snapshot`]
      : versions.map(version => `${site}  ${version}${version === inUse ? '  in use' : ''}`),
  )
  return lines.length === 0 ? 'There are no snapshots.\n' : `${lines.join('\n')}\n`
}
