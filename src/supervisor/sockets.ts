// Listening sockets that this process has not opened itself: they came from the process before it, or from a service manager. Closing a
// socket resets whoever waits to be accepted on it, so such a socket is never closed and opened anew: its descriptor goes from
// process to process. Each edge gets sockets of its own out of this store.

import { readlinkSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { formatListenAddress } from '../config/kinds/network.ts'
import type { ListenAddress } from '../config/kinds/network.ts'
import type { Listening } from '../threads/handover.ts'

/** A socket's descriptors in this process: the system counts them, and the socket lasts until the last one is closed. */
export interface Passed {
  address: ListenAddress
  descriptors: number[]
  /** A service manager opened it, so no other socket can be opened beside it. */
  isForeign: boolean
}

interface Group {
  readonly identity: string
  readonly address: ListenAddress
  readonly isForeign: boolean
  readonly spare: number[]
}

/**
 * Of a socket of a service manager, each process gets so many descriptors: one for each edge, and some for the edges that take the
 * place of those that died.
 */
const COPIES = Math.max(16, 2 * availableParallelism())

export class Sockets {
  readonly #groups: Group[]
  readonly #identityOf: (descriptor: number) => string

  constructor(passed: readonly Passed[] = [], identityOf: (descriptor: number) => string = socketBehind) {
    this.#identityOf = identityOf
    this.#groups = passed.map(({ address, descriptors, isForeign }) => ({
      ...{ identity: identityOf(descriptors[0]!), address, isForeign },
      spare: [...descriptors],
    }))
  }

  /** Whether there is a socket for the address. */
  has(address: ListenAddress): boolean {
    return this.#of(address).length > 0
  }

  /** Addresses of sockets that none of these is. */
  unwanted(addresses: readonly ListenAddress[]): ListenAddress[] {
    return this.#groups.map(group => group.address).filter(each => !addresses.some(address => isSame(each, address)))
  }

  /**
   * Descriptors for the place `index` of `many` that listen on the address; no other place gets them. Empty where it is to open a
   * socket itself; null where it cannot, since a service manager has the address and no descriptor is left.
   */
  deal(address: ListenAddress, index: number, many: number): number[] | null {
    const groups = this.#of(address)
    const own = groups.filter((_, at) => at % many === index)
    const mine = own.length > 0 || groups.length === 0 ? own : [groups[index % groups.length]!]
    const dealt = mine.map(({ spare }) => spare.pop()).filter(each => each !== undefined)
    return dealt.length === 0 && groups.some(({ isForeign }) => isForeign) ? null : dealt
  }

  /** Everything for the next process: what the threads listen on now, and what nobody took. */
  handOn(listening: readonly Listening[]): Passed[] {
    const found = new Map<string, Passed>()
    const add = (address: ListenAddress, descriptor: number): void => {
      const identity = this.#identityOf(descriptor)
      const isForeign = this.#groups.some(group => group.identity === identity && group.isForeign)
      if (!found.has(identity))
        found.set(identity, { address, descriptors: Array<number>(isForeign ? COPIES : 1).fill(descriptor), isForeign })
    }
    for (const { address, descriptor } of listening) add(address, descriptor)
    for (const { address, spare } of this.#groups) if (spare.length > 0) add(address, spare[0]!)
    return [...found.values()]
  }

  #of(address: ListenAddress): Group[] {
    return this.#groups.filter(group => isSame(group.address, address))
  }
}

/** A service manager's socket for every address of the machine is an IPv6 one, which takes IPv4 as well. */
const isSame = (a: ListenAddress, b: ListenAddress): boolean =>
  a.port === b.port && (formatListenAddress(a) === formatListenAddress(b) || (isAny(a) && isAny(b)))

const isAny = ({ host }: ListenAddress): boolean => host === '0.0.0.0' || host === '::'

/** Two descriptors with the same are one socket. Where the system does not tell, each stands for itself. */
function socketBehind(descriptor: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return String(descriptor)
  }
}
