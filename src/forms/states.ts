// The life of a collected form, as a pure state machine: what was acknowledged ends delivered, rejected, set aside for a
// person, or erased on request, and nothing else; or another node has taken it over, where the same holds. What was sent without an answer is unknown, and is never sent again by
// itself unless the origin can tell duplicates, or tells a probe that it never got it.
//
//   waiting ─send▶ in-flight ─▶ delivered · rejected · retry (again later) · unknown
//   unknown ─▶ retry (the origin knows duplicates, or a probe found nothing) · delivered (a probe found it) · set-aside

import type { FormState } from '../threads/forms.ts'

/** What is said about a form between two sendings. */
export interface Progress {
  readonly state: FormState
  /** How often it reached the origin, or may have. */
  readonly tries: number
  /** Wall clock, milliseconds: not before then. */
  readonly due: number
  /** The last status of the origin, 0 for none. */
  readonly status: number
  readonly reason: string | null
}

/** What of a rule matters here. */
export interface Patience {
  /** The origin takes the same form twice for one. */
  readonly duplicates: boolean
  /** A URL of the origin tells whether a form has arrived. */
  readonly probes: boolean
  /** So many sendings, then a person decides. */
  readonly tries: number
  /** Wall clock, milliseconds: from then on nothing is sent any more. Infinity for never. */
  readonly deadline: number
}

export type FormEvent =
  | { type: 'send' }
  | { type: 'delivered'; status: number }
  | { type: 'rejected'; status: number; reason: string }
  /** The origin said that it cannot now. */
  | { type: 'failed'; status: number; reason: string; wait: number }
  /** Nothing of it reached the origin, so it was no try. */
  | { type: 'unsent'; reason: string; wait: number }
  /** It was sent and no answer came, or this process died meanwhile. */
  | { type: 'lost'; reason: string; wait: number }
  /** A probe has ended: the origin has it, has it not, or does not tell. */
  | { type: 'probed'; found: boolean | null; wait: number }
  /** Its time is looked at. */
  | { type: 'look' }
  /** Another node has it now: this one was away for too long. */
  | { type: 'taken-over' }
  // A person's.
  | { type: 'again' }
  | { type: 'put-aside' }
  | { type: 'erase' }

/** The states in which a form will still be sent, or may be. */
export const OPEN: ReadonlySet<FormState> = new Set(['waiting', 'in-flight', 'retry', 'unknown'])

/** The state after the event; undefined where the event cannot be in this state. `now` is wall clock, milliseconds. */
export function next(from: Progress, event: FormEvent, patience: Patience, now: number): Progress | undefined {
  if (event.type === 'again' || event.type === 'put-aside' || event.type === 'erase') return byPerson(from, event, now)
  if (event.type === 'taken-over')
    return OPEN.has(from.state) || from.state === 'set-aside' ? { ...from, state: 'moved', reason: null } : undefined
  if (event.type === 'look') return looked(from, patience, now)
  if (event.type === 'probed') return from.state === 'unknown' ? probed(from, event, patience, now) : undefined
  if (event.type === 'send') {
    if (from.state !== 'waiting' && from.state !== 'retry') return undefined
    return { ...from, state: 'in-flight', tries: from.tries + 1 }
  }
  return from.state === 'in-flight' ? sent(from, event, patience, now) : undefined
}

function sent(
  from: Progress,
  event: Extract<FormEvent, { type: 'delivered' | 'rejected' | 'failed' | 'unsent' | 'lost' }>,
  patience: Patience,
  now: number,
): Progress {
  switch (event.type) {
    case 'delivered':
      return { ...from, state: 'delivered', status: event.status, reason: null }
    case 'rejected':
      return { ...from, state: 'rejected', status: event.status, reason: event.reason }
    case 'unsent':
      return { ...from, state: 'retry', tries: from.tries - 1, due: now + event.wait, reason: event.reason }
    case 'failed':
      return again({ ...from, status: event.status, reason: event.reason }, patience, now, event.wait)
    case 'lost':
      return settled({ ...from, status: 0, reason: event.reason }, patience, now, event.wait)
  }
}

/** Another try, unless there were enough of them. */
const again = (from: Progress, patience: Patience, now: number, wait: number): Progress =>
  from.tries >= patience.tries ? { ...from, state: 'set-aside' } : { ...from, state: 'retry', due: now + wait }

/** What becomes of a form of which nobody knows whether the origin has it. */
function settled(from: Progress, patience: Patience, now: number, wait: number): Progress {
  if (patience.duplicates) return again(from, patience, now, wait)
  if (patience.probes) return { ...from, state: 'unknown', due: now + wait }
  return { ...from, state: 'set-aside' }
}

function probed(
  from: Progress,
  { found, wait }: Extract<FormEvent, { type: 'probed' }>,
  patience: Patience,
  now: number,
): Progress {
  if (found === true) return { ...from, state: 'delivered', reason: null }
  if (found === false) return again(from, patience, now, wait)
  return { ...from, due: now + wait }
}

function looked(from: Progress, patience: Patience, now: number): Progress | undefined {
  if (!OPEN.has(from.state) || from.state === 'in-flight') return undefined
  if (from.state === 'unknown' && !patience.probes) return settled(from, patience, now, 0)
  return now < patience.deadline ? undefined : { ...from, state: 'set-aside', reason: from.reason ?? 'deadline' }
}

/** What is in flight is left alone until it has ended, and what is erased stays so. */
function byPerson(from: Progress, event: { type: 'again' | 'put-aside' | 'erase' }, now: number): Progress | undefined {
  if (from.state === 'in-flight' || from.state === 'erased') return undefined
  if (event.type === 'erase') return { ...from, state: 'erased', reason: null }
  if (event.type === 'put-aside')
    return OPEN.has(from.state) || from.state === 'rejected'
      ? { ...from, state: 'set-aside', reason: from.reason ?? 'by-hand' }
      : undefined
  if (from.state === 'delivered' || from.state === 'waiting' || from.state === 'moved') return undefined
  return { ...from, state: 'retry', tries: 0, due: now }
}
