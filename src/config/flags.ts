// What the command line says, laid over what the file says.

import { resolve } from 'node:path'
import { isMap } from './kind.ts'

/** Flags and arguments, as they were typed. */
export interface CommandLine {
  readonly origins?: readonly string[] | undefined
  readonly listen?: readonly string[] | undefined
  readonly admin?: string | undefined
  readonly edges?: string | undefined
  readonly data?: string | undefined
}

/** The file's values with those of the command line in their place, and the paths that now come from the latter. */
export function withFlags(
  value: unknown,
  flags: CommandLine,
  cwd: string,
): { value: unknown; paths: readonly string[] } {
  const file = value ?? {}
  // Something else than a map is wrong as a whole; the reader will say so.
  if (!isMap(file)) return { value, paths: [] }
  const laid: Record<string, unknown> = { ...file }
  const paths: string[] = []
  const lay = (name: string, given: unknown, path = name) => {
    if (given === undefined) return
    laid[name] = given
    paths.push(path)
  }
  lay('listen', flags.listen)
  lay(
    'admin',
    flags.admin === undefined ? undefined : { ...asGroup(file['admin']), listen: flags.admin },
    'admin.listen',
  )
  lay('edges', flags.edges !== undefined && /^\d+$/.test(flags.edges) ? Number(flags.edges) : flags.edges)
  // A path that is typed means the folder it is typed in, wherever the config file lies.
  lay('data', flags.data === undefined || flags.data === '' ? flags.data : resolve(cwd, flags.data))
  lay(
    'sites',
    flags.origins === undefined || flags.origins.length === 0 ? undefined : [{ name: 'main', origins: flags.origins }],
  )
  return { value: laid, paths }
}

/** Whether both name what to shield, so that one of them would be forgotten. */
export function originsTwice(value: unknown, flags: CommandLine): boolean {
  return (flags.origins?.length ?? 0) > 0 && isMap(value) && value['sites'] !== undefined && value['sites'] !== null
}

/** Whether the option at the path was laid over by a flag. */
export const isFlag = (paths: readonly string[], path: string): boolean =>
  paths.some(flag => path === flag || path.startsWith(`${flag}.`) || path.startsWith(`${flag}[`))

const asGroup = (given: unknown): Record<string, unknown> => (isMap(given) ? given : {})
