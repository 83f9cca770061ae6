// What edges, the forms thread and watch say to each other about collected forms. Unlike responses a form travels in the
// message, as latin1 text (which is posted as plain bytes, where a Buffer would take its whole pool along), up to
// FORM_IN_MEMORY; a larger body lies in a file of the data directory that the edge has synced before.

import type { ReasonCode } from '../reasons.ts'
import type { LearntForm } from './learnt.ts'
import type { AskId } from './messages.ts'

/** Bytes of a body that may travel in a message: all forms without files. 512 at once on each edge are 32 MiB. */
export const FORM_IN_MEMORY = 64 * 1024

/** From this slot on edges are of the process before this one: they bring forms, and send none. Beyond any board's. */
export const FORMER = 1024

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
  'moved',
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
  /** On which page the form stood and which fields hold its tokens, as JSON, where they may be put in anew. */
  readonly ticket?: string
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

/** Whose session the form's page is asked for in, as it is sent: nobody's new one, the visitor's, or it is not asked for. */
export type RepairWay = 'no' | 'fresh' | 'visitor'

export type EdgeToForms =
  | { type: 'take'; id: AskId; form: Form }
  | { type: 'receipt'; id: AskId; receipt: string }
  /** So many places at the site's origins are held for forms. */
  | { type: 'places'; id: AskId; site: string; places: number }
  | { type: 'ended'; number: number; result: SendResult }
  /** What pages that passed ask of their forms. */
  | { type: 'learnt'; forms: LearntForm[] }

export type FormsToEdge =
  /** On disk, synced. `again`: the same form was taken before, under this receipt. */
  | { type: 'taken'; id: AskId; receipt: string; again: boolean }
  | { type: 'not-taken'; id: AskId; reason: ReasonCode }
  | { type: 'receipt'; id: AskId; view: ReceiptView | null }
  /** The same, as other edges or an earlier process have seen it. */
  | { type: 'learnt'; forms: LearntForm[] }
  /** So many of the places that are held are not needed. */
  | { type: 'release'; site: string; places: number }
  /** Asks for places beside what visitors need. */
  | { type: 'places'; id: AskId; site: string; most: number }
  /** Send it, under a place that is held. `ask` is the target of a probe: then a GET goes out in place of the form. */
  | {
      type: 'send'
      number: number
      receipt: string
      form: Form
      ask: string | null
      wantsText: boolean
      repair: RepairWay
    }

/** What watch asks for a person. `which` names forms by their receipts, or all in one state. */
export type JournalCommand =
  | { do: 'list' | 'export'; after: number; most: number; state: FormState | null }
  | { do: 'show'; receipt: string }
  | { do: 'pause' | 'resume' | 'replay'; site: string | null }
  | { do: 'retry' | 'set-aside'; which: { receipts: string[] } | { state: FormState } }
  /** `email`: every form in which a field has this address. */
  | { do: 'erase'; which: { receipts: string[] } | { state: FormState } | { email: string } }
  | { do: 'verify' }

export type WatchToForms = { type: 'command'; id: AskId; command: JournalCommand }

export type FormsToWatch =
  | { type: 'done'; id: AskId; value: unknown }
  | { type: 'not-done'; id: AskId; status: 404 | 409 | 422 | 503; message: string }
  | { type: 'status'; status: JournalStatus }

/** A form as people see it who work with the journal. */
export interface FormView {
  readonly receipt: string
  readonly number: number
  readonly site: string
  readonly state: FormState
  readonly tries: number
  /** ISO 8601; null where the form was erased. */
  readonly received: string | null
  readonly changed: string
  readonly status: number
  readonly reason: string | null
  readonly rule: string | null
  readonly target: string | null
  readonly bytes: number | null
}

/** A form with what is in it. Text that is not UTF-8 is given as base64; a large body by its file. */
export interface WholeFormView extends FormView {
  readonly method: string
  readonly host: string
  readonly client: string
  readonly fields: string[]
  readonly contentType: string
  /** The fields of the form by their names; one that came several times has a list. Files are not among them. */
  readonly values: Record<string, string | readonly string[]>
  readonly body: string | null
  readonly base64: string | null
  readonly file: string | null
}

/** How forms are copied to the server of the cluster. */
export interface CopyStatus {
  /** `copied`: forms are acknowledged with a copy there; `alone`: on this disk alone; `refused`: not at all. */
  readonly state: 'copied' | 'alone' | 'refused'
  /** Why they are not copied now. */
  readonly why: string | null
  /** How a copy is known to be safe (cluster/copy-way.ts), and at how many replicas besides; null before the server was asked. */
  readonly way: string | null
  readonly replicas: number
  /** Acknowledged with a copy, and without one; taken over from other nodes; since this thread began. */
  readonly kept: number
  readonly alone: number
  readonly takenOver: number
}

/** How the journal of forms is; told each second. */
export interface JournalStatus {
  /** False while the disk keeps it closed; `why` says what the disk said. Null where no rule collects anything. */
  readonly open: boolean | null
  readonly why: string | null
  /** Forms in each state, all sites. */
  readonly forms: Record<FormState, number>
  /** Forms that are not ended. */
  readonly waiting: number
  readonly most: number
  readonly bytes: number
  readonly mostBytes: number
  readonly free: number
  /** With less free than this nothing is taken. */
  readonly spare: number
  /** Seconds since the oldest open form was taken; null without one. */
  readonly oldest: number | null
  readonly paused: string[]
  /** The second copy on the cluster's server; null on a machine by itself, and where the config wants none. */
  readonly copy: CopyStatus | null
  /** Since this thread began. */
  readonly accepted: number
  readonly refused: number
}
