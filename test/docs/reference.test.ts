// The pages that are made from the code are as the code would make them now.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { cliReference } from '../../scripts/reference/cli.ts'
import { countersReference } from '../../scripts/reference/counters.ts'
import { reasonsReference } from '../../scripts/reference/reasons.ts'

const kept = (page: string): string => readFileSync(new URL(`../../docs/reference/${page}.md`, import.meta.url), 'utf8')

test('the reference has every counter and metric (npm run docs writes it)', () => {
  assert.equal(kept('counters'), countersReference())
})

test('the reference has every reason (npm run docs writes it)', () => {
  assert.equal(kept('reasons'), reasonsReference())
})

test('the reference has every verb and flag (npm run docs writes it)', async () => {
  assert.equal(kept('cli'), await cliReference())
})
