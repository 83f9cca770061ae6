// What another node has commanded may be a program. So that whoever writes to the cluster's server cannot make a node run one, the
// word is sealed under the secret that all nodes have (`cluster.secret`).

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { EventConfig } from '../config/types.ts'
import type { Word } from './told.ts'

type Sealed = Pick<Word, 'name' | 'text'>

/** Empty without a secret. */
export const sealOf = (secret: string | undefined, { name, text }: Sealed): string =>
  secret === undefined ? '' : createHmac('sha256', secret).update(`breakwater event\n${name}\n${text}`).digest('hex')

export function isSealed(secret: string | undefined, word: Sealed, seal: string): boolean {
  if (secret === undefined) return false
  const [due, said] = [sealOf(secret, word), seal].map(text => Buffer.from(text)) as [Buffer, Buffer]
  return due.length === said.length && timingSafeEqual(due, said)
}

/** It starts programs, or asks others for something in our name. */
export const reachesOut = ({ steps }: EventConfig): boolean =>
  steps.some(({ run, webhook, undo }) => [run, webhook, undo.run, undo.webhook].some(each => each !== undefined))
