// Forms as they lie on the cluster's server, and back: what the journal has on disk, encrypted where that is, with the number that it
// is bound to.

import type { CopyState, FormCopy, TakenCopy } from '../cluster/form-copies.ts'
import type { Seal } from '../base/seal.ts'
import type { FormState } from '../threads/forms.ts'
import type { Row } from './rows.ts'

/** What is said of a form in plain words, there as on disk. */
interface Meta {
  readonly number: number
  readonly at: number
  readonly site: string
  readonly rule: string
  readonly file: string | null
  readonly bytes: number
  readonly key: string | null
  readonly clientKey: string | null
  readonly digest: string
  readonly lane: string | null
}

/** A form that was another node's, opened. */
export interface Opened extends Omit<Meta, 'number' | 'digest'> {
  readonly receipt: string
  readonly owner: string
  readonly state: CopyState
  readonly head: string
  readonly body: Buffer
  readonly digest: Buffer
}

const STATES: Partial<Record<FormState, CopyState>> = {
  waiting: 'waiting',
  retry: 'waiting',
  'in-flight': 'sent',
  unknown: 'sent',
  'set-aside': 'aside',
}

/** How a copy is marked; undefined for a form that has ended, or is another's, and has none. */
export const copyStateOf = (state: FormState): CopyState | undefined => STATES[state]

/** A row of the table of forms, as the server gets it. */
export function copyFrom(row: Row, receipt: string, state: CopyState, lane: string | null): FormCopy {
  const { number, at, site, rule, file, bytes, key, clientKey } = row as unknown as Meta
  const digest = Buffer.from(row['digest'] as Uint8Array).toString('base64')
  const meta: Meta = { number, at, site, rule, file, bytes, key, clientKey, digest, lane }
  return { receipt, state, meta: JSON.stringify(meta), head: bytesOf(row['head']), body: bytesOf(row['body']) }
}

export const fileOf = ({ meta }: FormCopy): string | null => (JSON.parse(meta) as Meta).file

/** Throws where it was encrypted with another key. */
export function openedFrom(copy: TakenCopy, seal: Seal): Opened {
  const { number, digest, ...meta } = JSON.parse(copy.meta) as Meta
  const { receipt, owner, state } = copy
  const head = seal.open(copy.head, `head ${number}`).toString()
  return {
    ...{ ...meta, receipt, owner, state, head },
    ...{ body: seal.open(copy.body, `body ${number}`), digest: Buffer.from(digest, 'base64') },
  }
}

const bytesOf = (stored: unknown): Buffer =>
  typeof stored === 'string' ? Buffer.from(stored) : Buffer.from(stored as Uint8Array)
