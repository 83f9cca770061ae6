// Where the snapshots of a site lie in the data directory, and which of them is in use. A snapshot is whole from the moment it has its
// name, and the one in use is told by a file that is replaced in one step, so a crash leaves the one before or the one after.

import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../base/whole-file.ts'

/** Seconds since the epoch when it was begun; fits into an unsigned word until 2106. 0 stands for none. */
export type Version = number

const CURRENT = 'current'

export const snapshotsOf = (data: string, site: string): string => join(data, 'snapshots', encodeURIComponent(site))

/** As people read it and the folder is called: 2026-11-21T16-50-00Z. */
export const nameOf = (version: Version): string =>
  `${new Date(version * 1000).toISOString().slice(0, 19).replaceAll(':', '-')}Z`

/** 0 where it is no such name. */
function versionOf(name: string): Version {
  const read = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z$/.exec(name)
  const at = read === null ? NaN : Date.parse(`${read[1]}T${read[2]}:${read[3]}:${read[4]}Z`)
  return Number.isNaN(at) ? 0 : at / 1000
}

/** Those that are whole, oldest first. */
export function versionsIn(folder: string): Version[] {
  try {
    const versions = readdirSync(folder).map(versionOf)
    return versions.filter(version => version > 0).sort((a, b) => a - b)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** The one in use, 0 for none. */
export function currentIn(folder: string): Version {
  try {
    return versionOf(readFileSync(join(folder, CURRENT), 'utf8').trim())
  } catch (error) {
    if (isMissing(error)) return 0
    throw error
  }
}

/** The one that people mean: `none`, `latest`, `previous` or its name; or why there is no such. */
export function versionMeant(use: string, folder: string): Version | string {
  if (use === 'none') return 0
  const versions = versionsIn(folder)
  const current = currentIn(folder)
  if (versions.length === 0) return 'There is no snapshot of the site: take one with `breakwater freeze`.'
  if (use === 'latest') return versions.at(-1)!
  if (use === 'previous')
    return versions.findLast(version => version < current) ?? 'There is no snapshot before the one in use.'
  const version = versionOf(use)
  return versions.includes(version)
    ? version
    : `There is no snapshot ${JSON.stringify(use)}; there are: ${versions.map(nameOf).join(', ')}.`
}

/** Puts one into use, from the next look on; 0 for none. Throws what node:fs throws. */
export function keepCurrent(folder: string, version: Version): void {
  const path = join(folder, CURRENT)
  if (version === 0) return rmSync(path, { force: true })
  replaceFile(path, `${nameOf(version)}\n`, { mode: 0o644, synced: true })
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'
