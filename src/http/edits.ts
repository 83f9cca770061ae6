// Changes to a header, as rules ask for them.

import { without } from './fields.ts'
import type { Fields } from './fields.ts'

/** A field that is set is removed first, so `remove` holds those names too, in lower case. */
export interface FieldEdits {
  /** Flat list [name, value, …]. */
  readonly set: readonly string[]
  readonly remove: ReadonlySet<string>
}

/** The fields after the edits: what is to be removed or replaced goes, then what is to be set stands at the end. */
export const edited = (fields: Fields, edits: FieldEdits | null): Fields =>
  edits === null ? fields : [...without(fields, name => edits.remove.has(name)), ...edits.set]
