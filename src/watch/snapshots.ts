// The snapshots of the sites on the admin address: which there are, which is in use, and putting another one into use. What is in use
// is on disk before the command is answered.

import { join } from 'node:path'
import type { Modes } from '../board/modes.ts'
import type { SiteConfig } from '../config/types.ts'
import { keepCurrent, nameOf, snapshotsOf, versionMeant, versionsIn } from '../snapshot/folder.ts'
import type { Version } from '../snapshot/folder.ts'
import { readManifest } from '../snapshot/manifest.ts'
import type { CoreLink } from './core-link.ts'
import { json, problem } from './reply.ts'
import type { Reply } from './reply.ts'

const FORM =
  'Say which: {"use": "latest"}, with "site" where there are several; or "previous", "none", or a version as 2026-11-21T16-50-00Z.'

export interface SnapshotPowers {
  core: Pick<CoreLink, 'useSnapshot'>
  modes: Pick<Modes, 'snapshotOf'>
  sites: () => readonly Pick<SiteConfig, 'name' | 'hosts'>[]
  /** The data directory. */
  data: string
}

/** Each site with its snapshots, oldest first, and the one in use or null. */
export const shownSnapshots = ({ modes, sites, data }: Omit<SnapshotPowers, 'core'>) =>
  sites().map(({ name, hosts }) => {
    const used = modes.snapshotOf(name)
    const versions = versionsIn(snapshotsOf(data, name)).map(nameOf)
    return { site: name, hosts, inUse: used === 0 ? null : nameOf(used), versions }
  })

export async function changeSnapshot(powers: SnapshotPowers, given: Record<string, unknown>): Promise<Reply> {
  const { use, site = null, ...others } = given
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return problem(422, `There is no member ${JSON.stringify(unknown)} here. ${FORM}`)
  if (typeof use !== 'string' || (site !== null && typeof site !== 'string')) return problem(422, FORM)
  const all = powers.sites()
  const meant = site === null ? (all.length === 1 ? all[0] : undefined) : all.find(({ name }) => name === site)
  if (meant === undefined && site !== null) return problem(404, `There is no site ${site}.`)
  if (meant === undefined) return problem(422, 'There are several sites: name the one that is meant.')
  const folder = snapshotsOf(powers.data, meant.name)
  const version = versionMeant(use, folder)
  if (typeof version === 'string') return problem(404, version)
  return put(powers, meant.name, folder, version)
}

/** Not into use before it was read: what is damaged stays where it is. */
async function put(powers: SnapshotPowers, site: string, folder: string, version: Version): Promise<Reply> {
  try {
    if (version !== 0) readManifest(join(folder, nameOf(version)))
    keepCurrent(folder, version)
  } catch (error) {
    return problem(500, `The snapshot cannot be used: ${error instanceof Error ? error.message : String(error)}.`)
  }
  const outcome = await powers.core.useSnapshot(site, version)
  if (outcome !== null) return problem(503, outcome.message, { code: outcome.code })
  return json({ snapshots: shownSnapshots(powers) })
}
