// What the proofs of copies for everyone came to on this edge, for the log and for whoever looks at it on the admin address.

import type { Clock } from '../base/clock.ts'
import type { ProofFound } from '../cache/proof.ts'
import type { Log } from '../threads/log.ts'
import type { ProofSum } from '../threads/sums.ts'

/** Kept until they are told, once a second: each has some 20 KiB of differences at worst. */
const MOST_PROOFS = 32
/** Differences told of one page in the log; the admin address has all of them. */
const MOST_LOGGED = 3

export class Proofs {
  readonly #clock: Clock
  readonly #log: Log
  #found: ProofSum[] = []

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  add({ why, member, learned: _learned, ...found }: ProofFound): void {
    const { site, host, target, verdict, differences } = found
    const page = host + target
    if (verdict === 'refused')
      this.#log('warn', 'copy-refused', { site, page, why, differences: differences.slice(0, MOST_LOGGED) })
    else if (member !== undefined && member.differences.length > 0)
      this.#log('info', 'copy-hides', { site, page, differences: member.differences.slice(0, MOST_LOGGED) })
    if (this.#found.length >= MOST_PROOFS) return
    this.#found.push({ at: this.#clock.now(), ...found, why: why ?? null, member: member ?? null })
  }

  /** Those since the last time. */
  take(): ProofSum[] {
    const found = this.#found
    this.#found = []
    return found
  }
}
