// Writes what is made from the code: the pages of docs/reference and the schema. Run by `npm run docs`.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generated } from './reference/all.ts'

for (const [name, text] of Object.entries(await generated())) {
  const file = fileURLToPath(new URL(`../${name}`, import.meta.url))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  console.log(`wrote ${name}`)
}
