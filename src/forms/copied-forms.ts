// What of the journal concerns its copies on the cluster's server: forms as they go there, forms of other nodes as they come in, and
// those that are nobody's here any more.

import { randomBytes } from 'node:crypto'
import type { Seal } from '../base/seal.ts'
import type { FormCopy, TakenCopy } from '../cluster/form-copies.ts'
import type { Form } from '../threads/forms.ts'
import { removeBodies } from './bodies.ts'
import { copyFrom, copyStateOf, openedFrom } from './copied.ts'
import type { Opened } from './copied.ts'
import { progressOf } from './rows.ts'
import type { ProgressRow } from './rows.ts'
import { stateNumber } from './schema.ts'
import type { FormStore } from './store.ts'
import type { Tables } from './tables.ts'

/** As it comes into the tables; key and lane as they stand in an index. */
export type Inserted = Pick<Form, 'site' | 'rule' | 'file' | 'bytes' | 'key' | 'clientKey' | 'lane'> & {
  readonly at: number
  readonly head: string
  readonly body: Buffer
}

export interface CopiedParts {
  store: FormStore
  tables: Tables
  seal: () => Seal
  insert: (number: number, form: Inserted, digest: Uint8Array, now: number) => void
  /** Counts all forms anew. */
  count: () => void
}

export class CopiedForms {
  readonly #parts: CopiedParts

  constructor(parts: CopiedParts) {
    this.#parts = parts
  }

  /** Of a journal of its own, drawn when it was made: two machines with one name have two. */
  get identity(): string {
    const { store } = this.#parts
    const kept = store.kept('identity')
    if (kept !== undefined) return kept
    const drawn = randomBytes(8).toString('hex')
    store.keep('identity', drawn)
    return drawn
  }

  /** Names the key that content is encrypted with. */
  get mark(): string {
    return this.#parts.seal().mark
  }

  /** As the server gets it; undefined where nothing of it is kept, or it is another's. */
  of(number: number): FormCopy | undefined {
    const { store, tables } = this.#parts
    const [row, progress] = [tables.get('form', number), store.progress(number)]
    const state = progress === undefined ? undefined : copyStateOf(progress.state)
    if (row === undefined || state === undefined) return undefined
    const lane = tables.get('lane', number)?.['lane'] as string | null
    return copyFrom(row, store.receiptOf(number), state, lane)
  }

  /** Forms after this number that are not ended, those set aside among them. */
  open(after: number, most: number): ProgressRow[] {
    return this.#parts.tables.all('open', after, most).map(progressOf)
  }

  /** Throws where it was encrypted with another key. */
  opened(copy: TakenCopy): Opened {
    return openedFrom(copy, this.#parts.seal())
  }

  /** Takes forms of another node, in one commit; those that are here already are left out. One that was its own before is so again. */
  adopt(forms: readonly Opened[], now: number): number[] {
    const { store, tables, count, insert } = this.#parts
    const numbers = tables.commit(() => {
      let number = store.last
      const adopted = forms.flatMap(form => {
        const known = store.numberOf(form.receipt)
        const before = known === undefined ? undefined : store.progress(known)
        if (before !== undefined && before.state !== 'moved') return []
        const at = known ?? ++number
        if (known !== undefined) for (const name of ['eraseForm', 'eraseProgress'] as const) tables.run(name, known)
        // The same form may have been taken at both.
        const isTwice = form.key !== null && tables.get('byKey', form.key) !== undefined
        insert(at, isTwice ? { ...form, key: null } : form, form.digest, now)
        if (known === undefined) store.adopted.add(at, form)
        if (form.state === 'sent') tables.run('update', stateNumber('in-flight'), 1, now, now, 0, null, at)
        if (form.state === 'aside') tables.run('update', stateNumber('set-aside'), 1, now, now, 0, 'taken-over', at)
        return [at]
      })
      return { result: adopted, afterwards: () => undefined }
    })
    count()
    return numbers
  }

  /** Nothing of these is kept: they were acknowledged to nobody, or (`isMoved`) another node has them, which is still known. */
  drop(numbers: readonly number[], isMoved: boolean): void {
    const { store, tables, count } = this.#parts
    tables.commit(() => {
      const files = numbers.map(number => store.form(number))
      for (const number of numbers) {
        tables.run('eraseForm', number)
        if (!isMoved) tables.run('eraseProgress', number)
      }
      return { result: undefined, afterwards: () => removeBodies(store.bodies, files) }
    })
    count()
  }
}
