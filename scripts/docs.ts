// Writes what is made from the tables: docs/reference/config.md and schema/breakwater.schema.json. Run by `npm run docs`.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generated } from '../src/config/generated.ts'

for (const [name, text] of Object.entries(generated())) {
  const file = fileURLToPath(new URL(`../${name}`, import.meta.url))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  console.log(`wrote ${name}`)
}
