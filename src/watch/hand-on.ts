// Hands the deny list on to where keeping out is cheaper: a firewall, a CDN. Each message has the whole list and what has
// changed, so that whoever takes it can do either, and one that was missed is made good by the next. What fails is tried again.

import type { Config } from '../config/types.ts'
import type { Log } from '../threads/log.ts'
import { post, run } from './outward.ts'

/** Milliseconds to the next try; the last one again and again. */
const TRY_AGAIN = [1000, 10_000, 60_000, 300_000]

export interface DenyList {
  networks: string[]
  added: string[]
  removed: string[]
}

type Clients = Config['clients']

export class HandOn {
  readonly #log: Log
  readonly #tryAgain: readonly number[]
  /** What was handed on last; undefined before the first time. */
  #known: Set<string> | undefined
  #timer: NodeJS.Timeout | undefined
  /** Counts the lists: a try for an older one goes no further. */
  #turn = 0

  constructor(log: Log, tryAgain: readonly number[] = TRY_AGAIN) {
    this.#log = log
    this.#tryAgain = tryAgain
  }

  /** A config has come. Nothing happens while nobody takes the list, or it is the one that was handed on. */
  configure({ deny, handOn }: Clients): void {
    if (handOn.url === undefined && handOn.command === undefined) return this.end()
    const list = changeTo(new Set(deny.map(({ address, prefix }) => `${address}/${prefix}`)), this.#known)
    if (this.#known !== undefined && list.added.length + list.removed.length === 0) return
    this.end()
    void this.#try(handOn, list, 0, this.#turn)
  }

  /** No more tries. */
  end(): void {
    clearTimeout(this.#timer)
    this.#turn++
  }

  async #try(to: Clients['handOn'], list: DenyList, tries: number, turn: number): Promise<void> {
    try {
      const text = JSON.stringify(list)
      await Promise.all([to.url && post(to.url, text), to.command && run(to.command, text)])
      if (turn === this.#turn) this.#known = new Set(list.networks)
      this.#log('info', 'deny-list-handed-on', { networks: list.networks.length, tries: tries + 1 })
    } catch (error) {
      if (turn !== this.#turn) return
      const next = this.#tryAgain[Math.min(tries, this.#tryAgain.length - 1)]!
      this.#log('warn', 'deny-list-not-handed-on', { error, tries: tries + 1, tryAgainIn: next })
      this.#timer = setTimeout(() => void this.#try(to, list, tries + 1, turn), next).unref()
    }
  }
}

function changeTo(now: Set<string>, before: Set<string> = new Set()): DenyList {
  return { networks: [...now], added: [...now.difference(before)], removed: [...before.difference(now)] }
}
