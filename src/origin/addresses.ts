// The addresses behind an origin server's name. The system's resolver keeps no time to live, so the config says how long
// they are used; then the name is looked up anew, and an address that has vanished means that its connections have to go.

import { lookup as systemLookup } from 'node:dns/promises'
import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { Clock } from '../base/clock.ts'

/** Looks a name up: every address, in the order to try them. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>

export const systemResolve: Resolve = hostname => systemLookup(hostname, { all: true, order: 'verbatim' })

export class Addresses {
  readonly #hostname: string
  /** Milliseconds. */
  readonly #ttl: number
  readonly #clock: Clock
  readonly #resolve: Resolve
  #known: LookupAddress[] = []
  #until = -Infinity
  #pending: Promise<boolean> | null = null
  #turn = 0

  constructor(hostname: string, ttl: number, clock: Clock, resolve: Resolve) {
    this.#hostname = hostname
    this.#ttl = ttl
    this.#clock = clock
    this.#resolve = resolve
  }

  get isExpired(): boolean {
    return this.#clock.monotonic() >= this.#until
  }

  /** Looks the name up anew. True when an address that was in use is no longer among them. */
  refresh(): Promise<boolean> {
    this.#pending ??= this.#resolve(this.#hostname)
      .then(found => this.#learn(found))
      .finally(() => (this.#pending = null))
    return this.#pending
  }

  /** For net.connect. The addresses take turns in coming first, so that connections spread over them. */
  readonly lookup: LookupFunction = (_hostname, options, callback) => void this.#answer(options.all === true, callback)

  async #answer(wantsAll: boolean, callback: Parameters<LookupFunction>[2]): Promise<void> {
    const known = await this.#current()
    if (known instanceof Error) return callback(known, '')
    const turn = this.#turn++ % known.length
    const rotated = [...known.slice(turn), ...known.slice(0, turn)]
    if (wantsAll) callback(null, rotated)
    else callback(null, rotated[0]!.address, rotated[0]!.family)
  }

  /** The addresses, or why there are none. Old ones are better than none when the resolver fails. */
  async #current(): Promise<LookupAddress[] | Error> {
    try {
      if (this.#known.length === 0 || this.isExpired) await this.refresh()
    } catch (error) {
      if (this.#known.length === 0) return error as Error
    }
    return this.#known
  }

  #learn(found: LookupAddress[]): boolean {
    if (found.length === 0) throw new Error(`${this.#hostname} has no address`)
    const has = new Set(found.map(({ address }) => address))
    const isGone = this.#known.some(({ address }) => !has.has(address))
    this.#known = found
    this.#until = this.#clock.monotonic() + this.#ttl
    return isGone
  }
}
