// Changes to a header, as rules ask for them.

import type { FieldEdits } from '../config/settings.ts'
import { without } from './fields.ts'
import type { Fields } from './fields.ts'

/** The fields after the edits: what is to be removed or replaced goes, then what is to be set stands at the end. */
export const edited = (fields: Fields, edits: FieldEdits | null): Fields =>
  edits === null ? fields : [...without(fields, name => edits.remove.has(name)), ...edits.set]
