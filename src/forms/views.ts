// Forms as people and their programs see them: by receipt, with times in words, and with what is in them as text where it is text.

import type { FormView, WholeFormView } from '../threads/forms.ts'
import { valuesOf } from './fields.ts'
import type { KeptForm, PageRow, ProgressRow } from './rows.ts'
import type { FormStore } from './store.ts'

/** Bytes of a body in a file that is given along; of a larger one its name has to do. */
const MOST_FILE = 16 * 1024 * 1024

/** With what is in it; what lies in a file is given as base64. */
export function wholeForm(store: FormStore, row: ProgressRow, form: KeptForm): WholeFormView {
  const { at, rule, head, bytes } = form
  const content = store.content(form)
  const view = wholeOf(viewOf({ ...row, at, rule, head, bytes }, store.receiptOf(row.number)), form, content)
  return form.file !== null && bytes <= MOST_FILE ? { ...view, base64: content.toString('base64') } : view
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
