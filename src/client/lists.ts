// The operator's own lists: who is kept out, and who is never limited or slowed. They alone ban; no measure of ours does.

import type { Config } from '../config/types.ts'
import { compileNetworks } from './networks.ts'
import type { IsInside } from './networks.ts'
import { plainAddress } from './proxies.ts'

/** What the lists say of an address. Allowing goes before denying. */
export type Standing = 'usual' | 'denied' | 'allowed'

export class Lists {
  #denied: IsInside | null = null
  #allowed: IsInside | null = null
  #closes = false

  constructor(config: Pick<Config, 'clients'>) {
    this.configure(config)
  }

  configure({ clients }: Pick<Config, 'clients'>): void {
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

  /** Whether a connection from this address, as the socket tells it, is closed before it has said anything. */
  closes(address: string): boolean {
    return this.#closes && this.standing(plainAddress(address)) === 'denied'
  }
}
