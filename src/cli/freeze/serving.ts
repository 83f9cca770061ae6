// `breakwater freeze --serve`: the site in the mode `frozen`, answered from its snapshot. Where a Breakwater runs on the data directory
// it is told so; else one is started, with the address that the snapshot was taken at for its origin, which is not asked.

import { join } from 'node:path'
import { loadConfig } from '../../config/load.ts'
import { currentIn, nameOf, snapshotsOf } from '../../snapshot/folder.ts'
import { readManifest } from '../../snapshot/manifest.ts'
import { keepModes } from '../../threads/mode-file.ts'
import { command, dataOf } from '../admin-client.ts'
import { CliError } from '../cli-error.ts'
import { serve } from '../serve.ts'
import { rowsOf, running } from './choose.ts'
import type { ChoosingFlags } from './choose.ts'

export async function serveFrozen(flags: ChoosingFlags & { listen?: string }): Promise<number> {
  const rows = (await rowsOf(flags)).filter(({ inUse }) => inUse !== null)
  const [row, ...others] = rows
  if (row === undefined)
    throw new CliError('No snapshot is in use: take one with breakwater freeze URL, or choose with --use.')
  if (others.length > 0) throw new CliError(`Say which site with --site: ${rows.map(({ site }) => site).join(', ')}.`)
  if ((await running(flags)) === undefined) return start(row.site, flags)
  if (flags.listen !== undefined)
    throw new CliError('--listen is for a Breakwater that this command starts; one runs here already.')
  const answer = await command(flags, 'POST', '/api/mode', { site: row.site, mode: 'frozen' })
  const told = { site: row.site, mode: 'frozen', snapshot: row.inUse }
  process.stdout.write(
    flags.json === true
      ? `${JSON.stringify({ ...told, ...(answer as object) }, null, 2)}\n`
      : `${row.site} is answered from its snapshot ${row.inUse}. Back: breakwater mode normal\n`,
  )
  return 0
}

/** The mode is commanded as if for the process before, so that `breakwater mode normal` takes it back as ever. */
async function start(site: string, flags: ChoosingFlags & { listen?: string }): Promise<number> {
  const data = await dataOf(flags)
  const folder = snapshotsOf(data, site)
  const { url } = readManifest(join(folder, nameOf(currentIn(folder))))
  const { file } = await loadConfig({ file: flags.config })
  keepModes(data, [{ site, mode: 'frozen', since: Date.now(), until: null }])
  const { listen, admin, config } = flags
  return serve(file === null ? [new URL(url).origin] : [], {
    data,
    ...(listen === undefined ? {} : { listen: [listen] }),
    ...(admin === undefined ? {} : { admin }),
    ...(config === undefined ? {} : { config }),
  })
}
