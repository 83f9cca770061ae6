// This node's share of what each origin bears. What it holds now and what it wants goes to the server, which gives it what
// nobody else holds (scripts/share.lua). Where the server does not answer, it holds what it had: the sum stays what it was. But a share is
// a lease: who could not renew it for half of `cluster.hold` falls back by itself to its floor, a part that is never given to another, and
// after the whole of it the rest is given to others.

import { machineMicroseconds } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import type { OriginShare } from '../threads/cluster.ts'
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
  /** Nothing is sent any more on the shares of now from then on, monotonic milliseconds; null where they hold without end. */
  sharesEnd(at: number | null): void
}

export interface SharesParts {
  link: Pick<Link, 'run'>
  keys: Keys
  name: string
  incarnation: string
  host: SharesHost
  clock: Clock
  /** Milliseconds after which others may have what was not renewed. */
  hold: number
}

interface Table {
  site: string
  url: string
  seq: number
  /** Identity of the server's table that was seen last, and the nodes that had a row there. */
  table: string
  known: string[]
  max: number
  /** What stays this node's own in any case; null before the server has said. */
  floor: number | null
  /** What lost nodes hold of it. */
  kept: OriginShare['kept']
  /** The most that was wanted at once since it was told last. */
  wanted: number
}

interface Answer {
  late?: boolean
  share: number
  max: number
  known: string[]
  table: string
  floor: number
  /** An empty list is an empty object in what Lua writes. */
  kept: OriginShare['kept'] | object
}

export class Shares {
  readonly #parts: SharesParts
  readonly #tables = new Map<string, Table>()
  /** When what is held now was renewed, by both clocks; null while nothing but floors is held. */
  #renewed: { monotonic: number; wall: number } | null = null

  constructor(parts: SharesParts) {
    this.#parts = parts
  }

  /** As operators see them. */
  get states(): OriginShare[] {
    return this.#parts.host.origins().map(need => {
      const { max = need.max, kept = [] } = this.#tables.get(keyOf(need)) ?? {}
      return { site: need.site, origin: need.url, share: need.share, max, kept }
    })
  }

  /** A few times a second: what is wanted between two rounds counts too; and what could not be renewed is given up. */
  sample(): void {
    this.#fence()
    for (const need of this.#parts.host.origins()) {
      const table = this.#tableOf(need)
      table.wanted = Math.max(table.wanted, need.wanted)
    }
  }

  /** Tells what is held and wanted, and takes what is given. Rejects as Link.run does. */
  async round(live: readonly string[]): Promise<void> {
    const needs = this.#parts.host.origins()
    const { clock, hold, host } = this.#parts
    // From before it was asked for: on the server it runs out later.
    const from = { monotonic: clock.monotonic(), wall: clock.now() }
    for (const need of needs) await this.#ask(need, live)
    this.#renewed = from
    host.sharesEnd(from.monotonic + hold / 2)
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

  /** By whichever clock goes faster: one that stood still while the machine did is no proof. */
  #fence(): void {
    const { clock, hold, host } = this.#parts
    if (this.#renewed === null) return
    const { monotonic, wall } = this.#renewed
    if (Math.max(clock.monotonic() - monotonic, clock.now() - wall) < hold / 2) return
    this.#renewed = null
    for (const need of host.origins()) {
      const floor = this.#tableOf(need).floor ?? 0
      if (floor < need.share) host.share(need.site, need.url, floor)
    }
    host.sharesEnd(null)
  }

  async #ask(need: OriginNeed, live: readonly string[]): Promise<void> {
    const { link, keys, name, incarnation, host, hold } = this.#parts
    const { site, url, max, share: limit, inFlight } = need
    const table = this.#tableOf(need)
    const demand = Math.max(table.wanted, need.wanted)
    table.wanted = 0
    const seen = { table: table.table, known: table.known }
    const wish = {
      name,
      incarnation,
      seq: ++table.seq,
      limit,
      inFlight,
      demand,
      max,
      ...seen,
      live,
      settle: SETTLE,
      hold,
    }
    const text = await link.run('share', [keys.shares(site, url)], [JSON.stringify(wish)])
    const answer = JSON.parse(String(text)) as Answer
    if (answer.late === true) return
    ;[table.table, table.known, table.max, table.floor] = [answer.table, answer.known, answer.max, answer.floor]
    table.kept = Array.isArray(answer.kept) ? (answer.kept as OriginShare['kept']) : []
    if (answer.share !== limit) host.share(site, url, answer.share)
  }

  async #giveUp({ site, url }: Table, name = this.#parts.name): Promise<void> {
    const { link, keys } = this.#parts
    await link.run('give-up', [keys.shares(site, url)], [name])
  }

  #tableOf({ site, url, max }: OriginNeed): Table {
    const key = keyOf({ site, url })
    const table = this.#tables.get(key) ?? {
      ...{ site, url, seq: firstCount(), table: '', known: [] },
      ...{ max, floor: null, kept: [], wanted: 0 },
    }
    this.#tables.set(key, table)
    return table
  }
}

/** A core that takes the place of another one goes on counting above it: a count goes up by less than one a millisecond. */
const firstCount = (): number => Math.floor(machineMicroseconds() / 1000)

const keyOf = ({ site, url }: { site: string; url: string }): string => `${site} ${url}`
