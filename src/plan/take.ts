// A word of another node, done here as if it had been commanded here. What lies on the server is no more than text to this node, so it is read
// as carefully as what comes by the admin address.

import type { EventConfig } from '../config/types.ts'
import type { Planner } from './planner.ts'
import { isSealed, reachesOut } from './seal.ts'
import type { PlanStore, Run } from './store.ts'
import { hasUndo } from './task.ts'
import type { State } from './task.ts'
import type { Word } from './told.ts'

/** What the names of words begin with. */
export const EVENT = 'event '
export const CANCELLED = 'cancelled '
export const RUN = 'run '

/** A word from another node, or of this node's own when it comes back. */
export interface HeardWord extends Word {
  node: string
  seal: string
}

export interface RunWord {
  event: string
  /** As it was written, where it was added by command; null for one of the config. */
  given: Record<string, unknown> | null
  start: number
  end: number
  by: Run['by']
  stopped: boolean
}

const UNREAD = 'it is not understood'

/** Null where it is done, else why not. `secret`: what all nodes have in common. */
export function take(word: HeardWord, secret: string | undefined, store: PlanStore, planner: Planner): string | null {
  const said = parsed(word.text)
  const name = word.name.slice(word.name.indexOf(' ') + 1)
  if (said === undefined) return UNREAD
  const read = (given: unknown): EventConfig | string => eventOf(given, word, secret, planner)
  if (word.name.startsWith(RUN)) return takeRun(name, said as unknown as RunWord, read, store, planner)
  return word.name.startsWith(CANCELLED) ? takeCancelled(name, said, store) : takeEvent(name, said, read, store)
}

function takeCancelled(name: string, { entry }: Record<string, unknown>, store: PlanStore): string | null {
  if (typeof entry !== 'string') return UNREAD
  store.keepCancelled(name, entry)
  return null
}

type Read = (given: unknown) => EventConfig | string

function takeEvent(name: string, said: Record<string, unknown>, read: Read, store: PlanStore): string | null {
  const { given, revision } = said
  if (given === null) {
    store.removeEvent(name)
    return null
  }
  const event = read(given)
  if (typeof event === 'string') return event
  if (event.name !== name || typeof revision !== 'number') return UNREAD
  store.keepEvent({ name, given: given as Record<string, unknown>, revision })
  return null
}

function takeRun(key: string, said: RunWord, read: Read, store: PlanStore, planner: Planner): string | null {
  const { event: name, given, start, end, by, stopped } = said
  if (![start, end].every(Number.isSafeInteger) || typeof stopped !== 'boolean') return UNREAD
  if (store.knows(key)) {
    if (stopped) planner.stopAt(key, end)
    return null
  }
  const ofConfig = planner.events.all.find(each => each.from === 'config' && each.event.name === name)?.event
  const event = given === null ? (ofConfig ?? `there is no event ${name} in the config of this node`) : read(given)
  if (typeof event === 'string') return event
  const states = event.steps.map((_, n) => stateOf(`${key} ${n}`, hasUndo(event.steps[n]!), store))
  planner.takePart({ key, event, start, end, stopped, by: by === 'hand' ? 'hand' : 'plan' }, states)
  return null
}

/** How far a step is that this node has had no part in. */
function stateOf(step: string, isToBeUndone: boolean, { told }: PlanStore): State {
  if (told.mark('do', step) === undefined) return 'skipped'
  return isToBeUndone && told.mark('undo', step)?.state === 'ended' ? 'undone' : 'done'
}

/** As it takes place, or why it does not here. */
function eventOf(given: unknown, word: HeardWord, secret: string | undefined, planner: Planner): EventConfig | string {
  if (typeof given !== 'object' || given === null) return UNREAD
  const event = planner.events.legible(given as Record<string, unknown>)
  if (typeof event === 'string' || !reachesOut(event) || isSealed(secret, word, word.seal)) return event
  return 'it runs programs or calls webhooks, and is not sealed under the cluster.secret of this node'
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
