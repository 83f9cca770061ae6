// This node's share of what each origin bears. What it holds now and what it wants goes to the server, which gives it what
// nobody else holds (scripts/share.lua). Where the server does not answer, it holds what it had: the sum stays what it was.

import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

/** Milliseconds in which nodes have found a server that came back, and have told what they hold. */
const SETTLE = 3000

/** An origin as it is here and now. */
export interface OriginNeed {
  site: string
  url: string
  /** What all nodes together may have in flight there. */
  max: number
  /** What this node may have, and has. */
  share: number
  inFlight: number
  /** In flight, and waiting for a place. */
  wanted: number
}

export interface SharesHost {
  origins(): OriginNeed[]
  share(site: string, url: string, share: number): void
}

export interface SharesParts {
  link: Pick<Link, 'run'>
  keys: Keys
  name: string
  incarnation: string
  host: SharesHost
}

interface Table {
  site: string
  url: string
  seq: number
  /** Identity of the server's table that was seen last, and the nodes that had a row there. */
  table: string
  known: string[]
  max: number
  /** The most that was wanted at once since it was told last. */
  wanted: number
}

interface Answer {
  late?: boolean
  share: number
  max: number
  known: string[]
  table: string
}

export class Shares {
  readonly #parts: SharesParts
  readonly #tables = new Map<string, Table>()

  constructor(parts: SharesParts) {
    this.#parts = parts
  }

  /** As operators see them. */
  get states(): { site: string; origin: string; share: number; max: number }[] {
    return this.#parts.host.origins().map(need => {
      const max = this.#tables.get(keyOf(need))?.max ?? need.max
      return { site: need.site, origin: need.url, share: need.share, max }
    })
  }

  /** A few times a second: what is wanted between two rounds counts too. */
  sample(): void {
    for (const need of this.#parts.host.origins()) {
      const table = this.#tableOf(need)
      table.wanted = Math.max(table.wanted, need.wanted)
    }
  }

  /** Tells what is held and wanted, and takes what is given. Rejects as Link.run does. */
  async round(live: readonly string[]): Promise<void> {
    const needs = this.#parts.host.origins()
    for (const need of needs) await this.#ask(need, live)
    const there = new Set(needs.map(keyOf))
    for (const [key, table] of this.#tables) {
      if (there.has(key)) continue
      await this.#giveUp(table)
      this.#tables.delete(key)
    }
  }

  /** Another process has this node's name, and what it held. */
  drop(): void {
    for (const { site, url } of this.#parts.host.origins()) this.#parts.host.share(site, url, 0)
  }

  /** Nothing is in flight any more, and nothing will be. */
  async leave(): Promise<void> {
    this.drop()
    for (const table of this.#tables.values()) await this.#giveUp(table)
  }

  /** A node that is gone for good holds nothing any more. */
  async forget(name: string): Promise<void> {
    for (const table of this.#tables.values()) await this.#giveUp(table, name)
  }

  async #ask(need: OriginNeed, live: readonly string[]): Promise<void> {
    const { link, keys, name, incarnation, host } = this.#parts
    const { site, url, max, share: limit, inFlight } = need
    const table = this.#tableOf(need)
    const demand = Math.max(table.wanted, need.wanted)
    table.wanted = 0
    const seen = { table: table.table, known: table.known }
    const wish = { name, incarnation, seq: ++table.seq, limit, inFlight, demand, max, ...seen, live, settle: SETTLE }
    const text = await link.run('share', [keys.shares(site, url)], [JSON.stringify(wish)])
    const answer = JSON.parse(String(text)) as Answer
    if (answer.late === true) return
    ;[table.table, table.known, table.max] = [answer.table, answer.known, answer.max]
    if (answer.share !== limit) host.share(site, url, answer.share)
  }

  async #giveUp({ site, url }: Table, name = this.#parts.name): Promise<void> {
    const { link, keys } = this.#parts
    await link.run('give-up', [keys.shares(site, url)], [name])
  }

  #tableOf({ site, url, max }: OriginNeed): Table {
    const key = keyOf({ site, url })
    const table = this.#tables.get(key) ?? { site, url, seq: 0, table: '', known: [], max, wanted: 0 }
    this.#tables.set(key, table)
    return table
  }
}

const keyOf = ({ site, url }: { site: string; url: string }): string => `${site} ${url}`
