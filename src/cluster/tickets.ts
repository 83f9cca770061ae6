// The seeds that nodes seal session tickets with, so that a visitor of one node takes the session up again on every other. The node that leads
// draws them; they lie on the server under the secret that all nodes have, and for no longer than they are good for. Each has its seed a whole
// period before it is used: so nodes change to it at one time, without a word, and go on while the server is away.

import { randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../threads/log.ts'
import { ticketPeriod } from '../threads/tickets.ts'
import type { TicketSeed } from '../threads/tickets.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import type { Words } from './words.ts'

/** Milliseconds between two looks. */
const LOOK_EVERY = 1000
const SEED_BYTES = 32
/** The last one, this one and the next. */
const PERIODS = 3
const WHAT = 'session tickets'

export interface TicketsHost {
  /** Every edge seals session tickets with these. */
  tickets(seeds: readonly TicketSeed[]): void
}

export interface SharedTicketsParts {
  link: Pick<Link, 'run'>
  keys: Keys
  clock: Clock
  log: Log
  host: TicketsHost
  /** Null where nodes have no secret in common: then nothing is shared. */
  words: Words | null
  /** Milliseconds for which a seed is used. */
  length: () => number
  /** Milliseconds by which the server's clock is ahead of this node's. */
  ahead: () => number
}

/** Seeds for the last period, this one and the next, those drawn anew that are missing; null where there is nothing to change. */
export function turned(seeds: readonly TicketSeed[], now: number, draw: () => string): TicketSeed[] | null {
  const kept = seeds.filter(({ period }) => Math.abs(period - now) <= 1)
  const missing = [now, now + 1].filter(period => kept.every(each => each.period !== period))
  if (missing.length === 0 && kept.length === seeds.length) return null
  return [...kept, ...missing.map(period => ({ period, seed: draw() }))]
}

export class SharedTickets {
  readonly #parts: SharedTicketsParts
  #told = ''
  #looked = -Infinity
  #isSilent = true

  constructor(parts: SharedTicketsParts) {
    this.#parts = parts
  }

  /** While this node is joined; `token` where it leads. Rejects as Link.run does. */
  async round(token: number | null): Promise<void> {
    const { clock, words, host, length, ahead } = this.#parts
    if (words === null || clock.monotonic() - this.#looked < LOOK_EVERY) return
    this.#looked = clock.monotonic()
    let seeds = this.#read(words, await this.#ask(words, []))
    const now = ticketPeriod(clock.now() + ahead(), length())
    const fresh = token === null ? null : turned(seeds ?? [], now, () => randomBytes(SEED_BYTES).toString('base64'))
    if (fresh !== null) {
      const text = words.close(JSON.stringify(fresh), WHAT)
      seeds = this.#read(words, await this.#ask(words, [token!, text, PERIODS * length()]))
    }
    const told = JSON.stringify(seeds)
    if (seeds === undefined || told === this.#told) return
    this.#told = told
    host.tickets(seeds)
  }

  async #ask(words: Words, args: readonly (string | number)[]): Promise<unknown> {
    const { link, keys } = this.#parts
    return link.run('tickets', [keys.lease, keys.tickets(words.mark)], args)
  }

  /** Undefined: none that can be read; the node that leads lays down others. */
  #read(words: Words, found: unknown): TicketSeed[] | undefined {
    if (typeof found !== 'string') return undefined
    const text = words.open(found, WHAT, why => {
      if (this.#isSilent) this.#parts.log('warn', 'session-tickets-unreadable', { why })
      this.#isSilent = false
    })
    if (text === undefined) return undefined
    this.#isSilent = true
    return JSON.parse(text) as TicketSeed[]
  }
}
