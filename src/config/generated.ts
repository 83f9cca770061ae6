// The files that are made from the table and kept in the repository: a test compares them, `npm run docs` writes them.

import { configReference } from './reference.ts'
import { configSchema } from './schema.ts'

/** File name, from the top of the repository, to text. */
export const generated = (): Record<string, string> => ({
  'docs/reference/config.md': configReference(),
  'schema/breakwater.schema.json': `${JSON.stringify(configSchema(), null, 2)}\n`,
})
