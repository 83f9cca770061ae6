// What stands in the tables of the journal, as the program has it.

import type { Seal } from '../base/seal.ts'
import { FORM_STATES } from '../threads/forms.ts'
import type { Form, FormHead } from '../threads/forms.ts'
import type { Progress } from './states.ts'

/** A form's place in its life. */
export interface ProgressRow extends Progress {
  readonly number: number
  readonly site: string
  readonly changed: number
}

/** A form as it is kept. */
export interface KeptForm extends Form {
  readonly at: number
}

/** A row of `page`; content is null where the form was erased. */
export interface PageRow extends ProgressRow {
  readonly at: number | null
  readonly rule: string | null
  readonly head: FormHead | null
  readonly bytes: number | null
}

function headOf({ number, head }: Row, seal: Seal): FormHead {
  const text = typeof head === 'string' ? head : seal.open(head as Uint8Array, `head ${number as number}`).toString()
  return JSON.parse(text) as FormHead
}

/** As SQLite gives it. */
export type Row = Record<string, unknown>

export const progressOf = (row: Row): ProgressRow => ({
  number: row['number'] as number,
  site: row['site'] as string,
  state: FORM_STATES[row['state'] as number]!,
  tries: row['tries'] as number,
  due: row['due'] as number,
  changed: row['changed'] as number,
  status: row['status'] as number,
  reason: row['reason'] as string | null,
})

export const formOf = (row: Row, seal: Seal): KeptForm => ({
  at: row['at'] as number,
  site: row['site'] as string,
  rule: row['rule'] as string,
  head: headOf(row, seal),
  body: seal.open(row['body'] as Uint8Array, `body ${row['number'] as number}`).toString('latin1'),
  file: row['file'] as string | null,
  bytes: row['bytes'] as number,
  key: row['key'] as string | null,
  clientKey: row['clientKey'] as string | null,
  lane: null,
})

export const pageRowOf = (row: Row, seal: Seal): PageRow => ({
  ...progressOf(row),
  at: row['at'] as number | null,
  rule: row['rule'] as string | null,
  head: row['head'] === null ? null : headOf(row, seal),
  bytes: row['bytes'] as number | null,
})
