// What makes two forms the same one, and which of them are kept in order: hashes of the values that the rule names, so that
// nothing personal stands in an index.

import { createHash } from 'node:crypto'
import type { CollectSettings } from '../config/types.ts'
import { first } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import type { FormContent } from './content.ts'

export interface FormKeys {
  /** Null where each form is one of its own. */
  readonly key: string | null
  readonly clientKey: string | null
  readonly lane: string | null
}

/** Longer than any key a client draws: a UUID has 36 characters. */
const LONGEST_KEY = 255

export function keysOf(site: string, rule: CollectSettings, fields: Fields, content: FormContent): FormKeys {
  const given = first(fields, 'idempotency-key')
  const clientKey = given !== undefined && given !== '' && given.length <= LONGEST_KEY ? given : null
  const lane = rule.order.length === 0 ? null : hashOf(['lane', site, rule.rule, ...valuesOf(rule.order, content)])
  if (clientKey !== null) return { key: hashOf(['client', site, rule.rule, clientKey]), clientKey, lane }
  const isKeyed = rule.dedupe.some(name => content.values.get(name)?.some(value => value.trim() !== ''))
  const key = isKeyed ? hashOf(['fields', site, rule.rule, ...valuesOf(rule.dedupe, content)]) : null
  return { key, clientKey, lane }
}

/** Without case and the blanks around them: people write their address now so and now so. */
const valuesOf = (names: readonly string[], { values }: FormContent): string[] =>
  names.map(name => JSON.stringify((values.get(name) ?? []).map(value => value.trim().toLowerCase())))

/** JSON keeps the parts apart. 144 bits. */
const hashOf = (parts: string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 24)
