// The operator's own lists: who is kept out, and who is never limited or slowed. They alone ban; no measure of ours does.

import type { Config } from '../config/types.ts'
import { compileNetworks } from './networks.ts'
import type { IsInside } from './networks.ts'
import { Regions } from './regions.ts'
import { plainAddress } from './proxies.ts'

type Listing = Pick<Config, 'clients'> & Partial<Pick<Config, 'sites'>>

/** What the lists say of an address. Allowing goes before denying. */
export type Standing = 'usual' | 'denied' | 'allowed'

export class Lists {
  #denied: IsInside | null = null
  #allowed: IsInside | null = null
  #closes = false
  readonly #regions = new Regions()

  constructor(config: Listing) {
    this.configure(config)
  }

  configure({ clients, sites = [] }: Listing): void {
    this.#regions.configure({ sites })
    this.#denied = compileNetworks(clients.deny)
    this.#allowed = compileNetworks(clients.allow)
    this.#closes = clients.denied === 'close'
  }

  /** False while there is no list, so that nobody has to be asked for. */
  get areThere(): boolean {
    return this.#denied !== null || this.#allowed !== null
  }

  standing(address: string): Standing {
    if (this.#allowed?.(address) === true) return 'allowed'
    return this.#denied?.(address) === true ? 'denied' : 'usual'
  }

  /** The class of the site that is for networks which have the address. */
  regionOf(site: string, address: string): string | undefined {
    return this.#regions.of(site, address)
  }

  /** Whether a connection from this address, as the socket tells it, is closed before it has said anything. */
  closes(address: string): boolean {
    return this.#closes && this.standing(plainAddress(address)) === 'denied'
  }
}
