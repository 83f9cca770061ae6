// Who goes by a waiting room without a session: networks of the config, and crawlers that can be told from those who only
// say so. The name of a crawler's address has to lie in a domain of the config and to lead back to that address: only the
// domain's owner can make both true.

import { BlockList, isIP } from 'node:net'
import { first } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import type { WaitingRoomConfig } from '../../config/types.ts'
import type { Clock } from '../../base/clock.ts'

/** The two questions to the DNS. Both reject or give nothing where there is no answer. */
export interface Resolver {
  /** Names of an address. */
  reverse(address: string): Promise<string[]>
  /** Addresses of a name, of both families. */
  addresses(name: string): Promise<string[]>
}

/** Addresses remembered: about 150 bytes each. When it is full, remembering starts anew. */
const REMEMBERED = 10_000
/** Milliseconds for which an answer holds. */
const HOLDS = 3_600_000
/** Names of one address that are looked at. */
const MOST_NAMES = 4
/** What every well-behaved crawler says of itself; nobody else is looked up. */
const CRAWLER = /bot|crawl|spider|slurp|facebookexternalhit/i

export class Bypass {
  readonly #resolver: Resolver
  readonly #clock: Clock
  readonly #known = new Map<string, { names: Promise<string[]>; at: number }>()
  readonly #lists = new WeakMap<WaitingRoomConfig, BlockList>()

  constructor(resolver: Resolver, clock: Clock) {
    this.#resolver = resolver
    this.#clock = clock
  }

  async goesBy(settings: WaitingRoomConfig, address: string, fields: Fields): Promise<boolean> {
    const { networks, crawlers } = settings.bypass
    if (networks.length > 0 && this.#listOf(settings).check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')) return true
    if (crawlers.length === 0 || !CRAWLER.test(first(fields, 'user-agent') ?? '')) return false
    const names = await this.#namesOf(address)
    return names.some(name => crawlers.some(domain => name === domain || name.endsWith(`.${domain}`)))
  }

  /** Names of the address that lead back to it. */
  #namesOf(address: string): Promise<string[]> {
    const now = this.#clock.monotonic()
    const known = this.#known.get(address)
    if (known !== undefined && now - known.at < HOLDS) return known.names
    if (this.#known.size >= REMEMBERED) this.#known.clear()
    const names = this.#confirm(address)
    this.#known.set(address, { names, at: now })
    return names
  }

  async #confirm(address: string): Promise<string[]> {
    const names = await this.#resolver.reverse(address).catch((): string[] => [])
    const checked = names.slice(0, MOST_NAMES).map(async name => {
      const back = await this.#resolver.addresses(name).catch((): string[] => [])
      return back.includes(address) ? [name.toLowerCase().replace(/\.$/, '')] : []
    })
    return (await Promise.all(checked)).flat()
  }

  #listOf(settings: WaitingRoomConfig): BlockList {
    const known = this.#lists.get(settings)
    if (known !== undefined) return known
    const list = new BlockList()
    for (const { address, prefix, family } of settings.bypass.networks) list.addSubnet(address, prefix, family)
    this.#lists.set(settings, list)
    return list
  }
}
