// Every file that is made from the code and kept in the repository: `npm run docs` writes them, a test compares them.

import { generated as ofConfig } from '../../src/config/generated.ts'
import { cliReference } from './cli.ts'
import { countersReference } from './counters.ts'
import { reasonsReference } from './reasons.ts'

/** File name, from the top of the repository, to text. */
export const generated = async (): Promise<Record<string, string>> => ({
  ...ofConfig(),
  'docs/reference/cli.md': await cliReference(),
  'docs/reference/counters.md': countersReference(),
  'docs/reference/reasons.md': reasonsReference(),
})
