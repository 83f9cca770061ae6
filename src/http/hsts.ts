// Strict-Transport-Security (RFC 6797): over TLS a site tells browsers never to ask it in plain again.

import { without } from './fields.ts'
import type { FieldEdits } from './edits.ts'

const NAME = 'strict-transport-security'

/** For how long, in milliseconds, and for what; undefined for a site that says nothing of it. */
export interface Strictness {
  readonly maxAge: number | undefined
  readonly includeSubDomains: boolean
  readonly preload: boolean
}

/** The field's value, whose times are whole seconds (section 6.1). */
export function strictTransport({ maxAge, includeSubDomains, preload }: Strictness): string | undefined {
  if (maxAge === undefined) return undefined
  const more = `${includeSubDomains ? '; includeSubDomains' : ''}${preload ? '; preload' : ''}`
  return `max-age=${Math.floor(maxAge / 1000)}${more}`
}

/** These edits, and the field in the place of any other of its name: browsers go by the first alone (section 8.1). */
export function withStrictTransport(edits: FieldEdits | null, value: string): FieldEdits {
  return {
    set: [...without([...(edits?.set ?? [])], name => name === NAME), 'Strict-Transport-Security', value],
    remove: new Set([...(edits?.remove ?? []), NAME]),
  }
}
