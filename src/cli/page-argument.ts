// A page as people type it, by its URL; and the config that it is looked at with.

import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/types.ts'
import { CliError } from './cli-error.ts'
import { coloursFor } from './colours.ts'
import { describeErrors } from './excerpt.ts'

/** Where no scheme is typed: http. Throws CliError where it is no URL. */
export function pageArgument(typed: string): URL {
  const url = URL.parse(/^https?:\/\//.test(typed) ? typed : `http://${typed}`)
  if (url === null) throw new CliError(`"${typed}" is no URL; write it as https://www.example.org/`)
  return url
}

/** The config; where there is none, one with the URL's host as the origin, as `serve` would have it. */
export async function configFor(url: URL, file: string | undefined): Promise<Config> {
  const found = await loadConfig({ file })
  const loaded = found.file === null ? await loadConfig({ commandLine: { origins: [url.origin] } }) : found
  if (!loaded.ok) throw new CliError(describeErrors(loaded.errors, loaded.text, coloursFor(process.stderr)))
  return loaded.config
}
