// The events there are: those of the config and those that people added, which are kept on disk. Adding, changing and cancelling
// them, with a clear answer to whoever asked for something that cannot be.

import { eventContradictions } from '../config/events.ts'
import { surroundingsIn } from '../config/surroundings.ts'
import { pathText } from '../config/path.ts'
import { readAlone } from '../config/read.ts'
import { blankStep, event as eventGroup } from '../config/table/event.ts'
import type { EventConfig } from '../config/types.ts'
import { nextOccurrence } from './occurrences.ts'
import { zonedText } from '../base/zoned.ts'
import { reachesOut } from './seal.ts'
import type { PlanStore } from './store.ts'

export interface Planned {
  event: EventConfig
  from: 'config' | 'hand'
  /** Counts the changes of one that was added by hand; 0 for those of the config. */
  revision: number
  cancelled: boolean
}

/** Why something was not done. */
export class NotDone extends Error {
  override readonly name = 'NotDone'
  readonly code: 'not-understood' | 'unknown-event' | 'taken' | 'past' | 'of-the-config' | 'changed-meanwhile' | 'state'

  constructor(code: NotDone['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** As many as the config may have, once more. */
const MOST_BY_HAND = 200

export class Events {
  readonly #store: PlanStore
  #config: readonly EventConfig[] = []
  #sites: readonly string[] = []
  #untold: string | null = null
  #all: Planned[] = []

  constructor(store: PlanStore) {
    this.#store = store
  }

  /** The config in force: its events, the names of its sites, and why no event that reaches out can be told to other nodes, if none can. */
  configure(events: readonly EventConfig[], sites: readonly string[], untold: string | null = null): void {
    this.#config = events
    this.#sites = sites
    this.#untold = untold
    this.#gather()
  }

  /** The store was changed. */
  refreshed(): void {
    this.#gather()
  }

  get all(): readonly Planned[] {
    return this.#all
  }

  /** Throws NotDone where there is none. */
  named(name: string): Planned {
    const found = this.#all.find(({ event }) => event.name === name)
    if (found !== undefined) return found
    const names = this.#all.map(({ event }) => event.name).join(', ')
    throw new NotDone(
      'unknown-event',
      `There is no event ${name}. ${names === '' ? 'None is planned.' : `There are: ${names}.`}`,
    )
  }

  /** As it takes place: without steps of its own it puts its site into a spike. */
  whole = (event: EventConfig): EventConfig => (event.steps.length > 0 ? event : { ...event, steps: SPIKE })

  siteOf = ({ site }: EventConfig): string => site ?? this.#sites[0] ?? 'main'

  /** What was sent, as it takes place; or all that is wrong with it, in words. */
  legible(given: Record<string, unknown>): EventConfig | string {
    const read = this.#read(given)
    return typeof read === 'string' ? read : this.whole(read)
  }

  /** What was sent, as an event. Throws NotDone with all that is wrong with it. */
  read(given: Record<string, unknown>, now: number): EventConfig {
    const value = this.#read(given)
    if (typeof value === 'string') throw new NotDone('not-understood', value)
    if (this.#untold !== null && reachesOut(value)) throw new NotDone('state', this.#untold)
    if (nextOccurrence(value, now) === undefined) {
      const over = nextOccurrence(value, -Infinity)!
      throw new NotDone(
        'past',
        `It is over already: it would have ended ${zonedText(over.end, value.zone)}. Now it is ${zonedText(now, value.zone)}.`,
      )
    }
    return value
  }

  #read(given: Record<string, unknown>): EventConfig | string {
    const { value, problems } = readAlone(
      eventGroup,
      given,
      surroundingsIn('/', () => {}),
    )
    const all = [...problems, ...(value === undefined ? [] : eventContradictions(value, this.#sites, []))]
    const said = all.map(
      ({ path, message, expected }) =>
        `${pathText(path)}: ${message}${expected === undefined ? '' : `, expected ${expected}`}`,
    )
    return value === undefined || said.length > 0 ? `${said.join('. ')}.` : value
  }

  /** Throws NotDone. */
  add(given: Record<string, unknown>, now: number): Planned {
    const event = this.read(given, now)
    const there = this.#all.find(each => each.event.name === event.name)
    if (there !== undefined && !there.cancelled)
      throw new NotDone(
        'taken',
        `There is an event ${event.name} already: change it with edit, or give this one another name.`,
      )
    if (there?.from === 'config') throw ofTheConfig(event.name)
    if (this.#store.events.length >= MOST_BY_HAND)
      throw new NotDone('state', `There are ${MOST_BY_HAND} events already: cancel those that are over.`)
    this.#keep(event.name, given, 1)
    return this.named(event.name)
  }

  /** The members of `changes` take the place of those there are; null takes one away. Throws NotDone. */
  edit(name: string, changes: Record<string, unknown>, revision: number | null, now: number): Planned {
    const { from } = this.named(name)
    if (from === 'config') throw ofTheConfig(name)
    const kept = this.#store.events.find(each => each.name === name)!
    if (revision !== null && revision !== kept.revision)
      throw new NotDone(
        'changed-meanwhile',
        `Somebody has changed ${name} meanwhile: it is at revision ${kept.revision}, not ${revision}. Look at it again.`,
      )
    const merged = Object.entries({ ...kept.given, ...changes }).filter(([, value]) => value !== null)
    const given: Record<string, unknown> = Object.fromEntries(merged)
    if ('for' in changes && !('until' in changes)) delete given['until']
    if ('until' in changes && !('for' in changes)) delete given['for']
    const event = this.read(given, now)
    if (event.name !== name && this.#all.some(each => each.event.name === event.name))
      throw new NotDone('taken', `There is an event ${event.name} already.`)
    if (event.name !== name) this.#store.removeEvent(name)
    this.#keep(event.name, given, kept.revision + 1)
    return this.named(event.name)
  }

  /** Throws NotDone. */
  cancel(name: string): Planned {
    const found = this.named(name)
    if (found.from === 'config') this.#store.keepCancelled(name, JSON.stringify(found.event))
    else this.#store.removeEvent(name)
    this.#gather()
    return { ...found, cancelled: true }
  }

  #keep(name: string, given: Record<string, unknown>, revision: number): void {
    this.#store.keepEvent({ name, given, revision })
    this.#gather()
  }

  /** One of the config goes before one of the same name by hand; a cancelled entry of the config is back when it is changed. */
  #gather(): void {
    const cancelled = this.#store.cancelled
    const ofConfig = this.#config.map((event): Planned => {
      return {
        event: this.whole(event),
        from: 'config',
        revision: 0,
        cancelled: cancelled.get(event.name) === JSON.stringify(this.whole(event)),
      }
    })
    const byHand = this.#store.events.flatMap(({ name, given, revision }): Planned[] => {
      const { value } = readAlone(
        eventGroup,
        given,
        surroundingsIn('/', () => {}),
      )
      if (value === undefined || this.#config.some(each => each.name === name)) return []
      return [{ event: this.whole(value), from: 'hand', revision, cancelled: false }]
    })
    this.#all = [...ofConfig, ...byHand]
  }
}

const ofTheConfig = (name: string): NotDone =>
  new NotDone('of-the-config', `${name} stands in the config file: change it there.`)

const SPIKE: EventConfig['steps'] = [{ ...blankStep, mode: 'spike' }]
