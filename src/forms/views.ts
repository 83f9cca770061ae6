// Forms as people and their programs see them: by receipt, with times in words, and with what is in them as text where it is text.

import type { FormView, WholeFormView } from '../threads/forms.ts'
import { valuesOf } from './fields.ts'
import type { KeptForm, PageRow } from './rows.ts'
import type { FormStore } from './store.ts'

/** Bytes of a body in a file that is given along; of a larger one its name has to do. */
const MOST_FILE = 16 * 1024 * 1024

/** Undefined where it was erased. `withFile`: what lies in a file is given as base64. */
export function wholeForm(store: FormStore, number: number, withFile: boolean): WholeFormView | undefined {
  const row = store.page(number - 1, null, 1)[0]
  const form = row?.number === number ? store.form(number) : undefined
  if (row === undefined || form === undefined) return undefined
  const view = wholeOf(viewOf(row, store.receiptOf(number)), form, store.content(form))
  const isGiven = withFile && form.file !== null && form.bytes <= MOST_FILE
  return isGiven ? { ...view, base64: store.content(form).toString('base64') } : view
}

export const viewOf = (row: PageRow, receipt: string): FormView => ({
  receipt,
  number: row.number,
  site: row.site,
  state: row.state,
  tries: row.tries,
  received: row.at === null ? null : new Date(row.at).toISOString(),
  changed: new Date(row.changed).toISOString(),
  status: row.status,
  reason: row.reason,
  rule: row.rule,
  target: row.head?.target ?? null,
  bytes: row.bytes,
})

/** `content` is what is in it, wherever that lies. */
export function wholeOf(view: FormView, { head, body, file }: KeptForm, content: Buffer): WholeFormView {
  const bytes = Buffer.from(body, 'latin1')
  const text = bytes.toString('utf8')
  const isText = Buffer.from(text).equals(bytes)
  const at = head.fields.findIndex((field, i) => i % 2 === 0 && field === 'content-type')
  return {
    ...view,
    method: head.method,
    host: head.host,
    client: head.client,
    fields: head.fields,
    contentType: at === -1 ? '' : head.fields[at + 1]!,
    values: valuesOf(head, content),
    body: file === null && isText ? text : null,
    base64: file === null && !isText ? bytes.toString('base64') : null,
    file,
  }
}
