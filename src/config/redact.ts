// The config without its secrets, for everything that is shown, logged or answered.

import { isMap } from './kind.ts'
import { isSecret } from './kinds/secret.ts'
import type { Config } from './types.ts'

/** A copy in which each secret is a text that names only where it came from. */
export const redactConfig = (config: Config): unknown => redacted(config)

function redacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redacted)
  if (!isMap(value)) return value
  if (isSecret(value)) return `(hidden, from ${value.from})`
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, redacted(each)]))
}
