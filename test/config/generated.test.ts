// The reference and the schema agree with the table, and the schema with itself.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CONFIG_ERRORS, CONFIG_WARNINGS } from '../../src/config/errors.ts'
import { generated } from '../../src/config/generated.ts'
import { rows } from '../../src/config/rows.ts'
import { configSchema } from '../../src/config/schema.ts'

for (const [name, text] of Object.entries(generated())) {
  test(`${name} is what the table makes (npm run docs writes it)`, () => {
    assert.equal(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'), text)
  })
}

test('the reference has every option, error and warning', () => {
  const page = generated()['docs/reference/config.md']!
  for (const { path } of rows()) assert.ok(page.includes(`# \`${path}\`\n`), path)
  for (const code of [...Object.keys(CONFIG_ERRORS), ...Object.keys(CONFIG_WARNINGS)])
    assert.ok(page.includes(`\n- \`${code}\``), code)
})

test('every reference in the schema has its definition, and every pattern takes the default beside it', () => {
  const schema = configSchema()
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { $ref, pattern, default: preset } = node as Record<string, unknown>
    if (typeof $ref === 'string') assert.ok($ref.slice('#/$defs/'.length) in (schema['$defs'] as object), $ref)
    if (typeof pattern === 'string' && typeof preset === 'string') assert.match(preset, new RegExp(pattern, 'u'))
    Object.values(node).forEach(walk)
  }
  walk(schema)
})
