// What edges, the forms thread and watch say to each other about collected forms. Unlike responses a form travels in the
// message, as latin1 text (which is posted as plain bytes, where a Buffer would take its whole pool along), up to
// FORM_IN_MEMORY; a larger body lies in a file of the data directory that the edge has synced before.

import type { ReasonCode } from '../reasons.ts'
import type { AskId } from './messages.ts'

/** Bytes of a body that may travel in a message: all forms without files. 512 at once on each edge are 32 MiB. */
export const FORM_IN_MEMORY = 64 * 1024

/** Every state of a collected form. Their order is their number on disk: new ones come last. */
export const FORM_STATES = [
  'waiting',
  'in-flight',
  'delivered',
  'rejected',
  'retry',
  'unknown',
  'set-aside',
  'erased',
] as const
export type FormState = (typeof FORM_STATES)[number]

/** The request as it came, with what is needed to send it later. */
export interface FormHead {
  readonly scheme: 'http' | 'https'
  readonly host: string
  /** The visitor's address, for Forwarded. */
  readonly client: string
  readonly method: string
  readonly target: string
  /** Flat list of the header fields that are kept. */
  readonly fields: string[]
}

export interface Form {
  readonly site: string
  /** Name of the rule that took it. */
  readonly rule: string
  readonly head: FormHead
  /** The body as latin1, empty where it lies in a file. */
  readonly body: string
  /** Name of a synced file in the folder of bodies. */
  readonly file: string | null
  readonly bytes: number
  /** Hash of what makes two forms the same one, or null where each is one of its own. */
  readonly key: string | null
  /** The client's own Idempotency-Key, to be passed on. With it the body has to be the same too. */
  readonly clientKey: string | null
  /** Forms of one lane are sent one after the other; null for any order. */
  readonly lane: string | null
}

/** What a visitor may know of a form. Times in wall-clock milliseconds. */
export interface ReceiptView {
  readonly site: string
  readonly state: FormState
  readonly at: number
  readonly changed: number
  /** Why it was rejected, in the origin's or our words; null otherwise. */
  readonly reason: string | null
}

/** How sending a form has ended. `unsent`: the origin has seen nothing of it. `lost`: it was sent and no answer came. */
export type SendResult =
  | { type: 'answered'; status: number; location: string | null; text: string; retryAfter: number | null }
  | { type: 'unsent'; reason: ReasonCode }
  | { type: 'lost'; reason: ReasonCode }

export type EdgeToForms =
  | { type: 'take'; id: AskId; form: Form }
  | { type: 'receipt'; id: AskId; receipt: string }
  /** So many places at the site's origins are held for forms; those not used within two seconds are given back. */
  | { type: 'places'; id: AskId; site: string; places: number }
  | { type: 'ended'; number: number; result: SendResult }

export type FormsToEdge =
  /** On disk, synced. `again`: the same form was taken before, under this receipt. */
  | { type: 'taken'; id: AskId; receipt: string; again: boolean }
  | { type: 'not-taken'; id: AskId; reason: ReasonCode }
  | { type: 'receipt'; id: AskId; view: ReceiptView | null }
  /** Asks for places beside what visitors need. */
  | { type: 'places'; id: AskId; site: string; most: number }
  /** Send it, under a place that is held. `ask` is the target of a probe: then a GET goes out in place of the form. */
  | { type: 'send'; number: number; receipt: string; form: Form; ask: string | null; wantsText: boolean }
