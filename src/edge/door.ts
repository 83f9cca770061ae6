// Who may come in: each connection is judged by its address before anything is read of it. Proxies that are trusted, and whoever
// is on the allow list, stand for many or for the operator and may have as many connections as there are.

import { GlobalWord, MAX_EDGES, COUNTS_OFFSET } from '../board/board.ts'
import type { Board } from '../board/board.ts'
import { ConnectionCounts } from '../board/sketch.ts'
import { clientOf } from '../client/address.ts'
import type { Lists } from '../client/lists.ts'
import { compileNetworks } from '../client/networks.ts'
import type { IsInside } from '../client/networks.ts'
import { plainAddress } from '../client/proxies.ts'
import type { Config } from '../config/types.ts'
import type { Entry } from '../listener/fast/lane.ts'

export class Door {
  readonly #lists: Lists
  readonly #counts: ConnectionCounts
  readonly #slots: () => number
  /** How many connections an address may have; undefined: as many as there are. */
  #most: number | undefined
  #trusted: IsInside | null = null

  constructor(config: Config, lists: Lists, board: Board, slot: number, seed: number) {
    this.#lists = lists
    this.#counts = new ConnectionCounts(board.memory, COUNTS_OFFSET, MAX_EDGES, slot, seed)
    this.#slots = () => Math.max(Atomics.load(board.global, GlobalWord.slots), slot + 1)
    this.#counts.clear()
    this.configure(config)
  }

  configure({ limits, proxies }: Config): void {
    this.#most = limits.connectionsPerAddress
    this.#trusted = compileNetworks(proxies.trusted)
  }

  /** For a connection from this address, as its socket tells it. */
  enter(address: string): Entry {
    if (this.#lists.closes(address)) return 'denied'
    if (this.#most === undefined) return FREE
    const plain = plainAddress(address)
    if (this.#trusted?.(plain) === true || this.#lists.standing(plain) === 'allowed') return FREE
    const client = clientOf(plain)
    const leave = () => this.#counts.remove(client)
    if (this.#counts.add(client, this.#slots()) <= this.#most) return { leave }
    leave()
    return 'too many'
  }
}

/** Counted by nobody. */
const FREE = { leave: undefined }
