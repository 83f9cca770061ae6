// The modes of the sites, one for all nodes: what is commanded on one of them holds on every one. While the server does not answer a
// command holds where it was given, and the others hear of it when it is back; of two commands the later one holds, by the server's clock.

import { randomUUID } from 'node:crypto'
import { clockAhead } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import type { SharedMode } from '../threads/cluster.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

/** A mode as it was commanded. Wall clock of this node, milliseconds; `until` null: until another command. */
export interface CommandedMode {
  mode: string
  until: number | null
  why: string
}

export interface ModesHost {
  /** What is commanded here now, by site. */
  modes(): ({ site: string; since: number } & CommandedMode)[]
  setMode(site: string, commanded: CommandedMode): void
}

export interface ModesParts {
  link: Pick<Link, 'run'>
  keys: Keys
  clock: Clock
  name: string
  host: ModesHost
}

interface Said {
  site: string
  mode: string
  /** By the server's clock. 0: no end. */
  until: number
  since: number
  why: string
  node: string
  rev: number
}

export class SharedModes {
  readonly #parts: ModesParts
  readonly #newTable = randomUUID()
  /** Not told yet, with the time at which it was commanded here. */
  readonly #unsaid = new Map<string, CommandedMode & { since: number }>()
  /** The last change that was heard of, by site. */
  readonly #heard = new Map<string, Said>()
  #table = ''
  /** Milliseconds by which the server's clock is ahead of this node's. */
  #ahead = 0
  #isBusy = false
  #isAgain = false

  constructor(parts: ModesParts) {
    this.#parts = parts
  }

  /** Milliseconds by which the server's clock is ahead of this node's, as last seen. */
  get ahead(): number {
    return this.#ahead
  }

  get states(): SharedMode[] {
    return [...this.#heard.values()].map(({ site, node, why, rev }) => ({ site, node, why, rev }))
  }

  /** Somebody has commanded this here. */
  commanded(site: string, mode: CommandedMode): void {
    this.#unsaid.set(site, { ...mode, since: this.#parts.clock.now() })
    void this.round().catch(() => {})
  }

  news(text: string): void {
    if (text === 'mode') void this.round().catch(() => {})
  }

  /** Twice a second, and when something has changed. Rejects as Link.run does. */
  async round(): Promise<void> {
    this.#isAgain = this.#isBusy
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      do {
        this.#isAgain = false
        await this.#meet()
      } while (this.#isAgain)
    } finally {
      this.#isBusy = false
    }
  }

  async #meet(): Promise<void> {
    const { link, keys, clock, host } = this.#parts
    const asked = clock.monotonic()
    const heard = JSON.parse(String(await link.run('modes', [keys.modes], [this.#newTable]))) as {
      id: string
      now: number
      sites: Said[] | object
    }
    this.#ahead = clockAhead(clock, heard.now, asked)
    const sites = Array.isArray(heard.sites) ? (heard.sites as Said[]) : []
    // A server that has lost everything is told what holds here, unless another node knows better.
    const isNew = heard.id !== this.#table
    this.#table = heard.id
    if (isNew) {
      this.#heard.clear()
      for (const { site, ...mode } of host.modes()) {
        if (!this.#unsaid.has(site) && sites.every(each => each.site !== site)) await this.#say(site, mode)
      }
    }
    for (const [site, mode] of this.#unsaid) {
      await this.#say(site, mode)
      if (this.#unsaid.get(site) === mode) this.#unsaid.delete(site)
      this.#isAgain = true
    }
    if (!this.#isAgain) for (const said of sites) this.#hear(said)
  }

  async #say(site: string, { mode, until, why, since }: CommandedMode & { since: number }): Promise<void> {
    const { link, keys, name } = this.#parts
    const times = { until: until === null ? 0 : until + this.#ahead, since: since + this.#ahead }
    await link.run('mode', [keys.modes], [site, JSON.stringify({ mode, why, node: name, ...times }), keys.news])
  }

  #hear(said: Said): void {
    const { name, host } = this.#parts
    const { site, mode, until, why, node, rev } = said
    if (rev <= (this.#heard.get(site)?.rev ?? 0) || this.#unsaid.has(site)) return
    this.#heard.set(site, said)
    const end = until === 0 ? null : until - this.#ahead
    if (node !== name) host.setMode(site, { mode, until: end, why: `${why}, on ${node}` })
  }
}
