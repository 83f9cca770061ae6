// What keeps the origin's answers out of the store on real traffic: for a few answers of each second, the reason and the cookie, field
// or rule behind it, summed up and told once a second.

import { responsibleFor } from '../cache/policy/responsible.ts'
import type { Answer, Exchange } from '../exchange.ts'
import { first } from '../http/fields.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Blocker, BlockerSums } from '../threads/sums.ts'

/** Answers that are looked at in one second: each takes a few microseconds, so all of them a five-thousandth of a CPU. */
const MOST_LOOKED_AT = 50
/** Told apart in one second; 50 answers cannot have many more. */
const MOST_BLOCKERS = 100
/** Characters of an example's target. */
const MOST_EXAMPLE = 120

interface Sums extends BlockerSums {
  byName: Map<string, Blocker>
}

export class Blockers {
  readonly #sums = new Map<string, Sums>()
  #looked = 0

  /** An origin has answered a GET, and this became of it. */
  decided(exchange: Exchange, answer: Answer, reason: ReasonCode, isStored: boolean): void {
    if (exchange.method !== 'GET' || this.#looked >= MOST_LOOKED_AT) return
    this.#looked++
    const sums = this.#of(exchange.site.name, isPage(answer))
    sums.answers++
    if (isStored) return
    sums.blocked++
    const { target } = exchange
    const found = responsibleFor(reason, exchange.fields, answer.origin?.fields ?? [], exchange.settings)
    const behind = found.length > 0 ? found : [undefined]
    for (const each of behind) {
      const name = `${reason} ${each?.kind ?? ''} ${each?.name ?? ''}`
      const known = sums.byName.get(name)
      if (known !== undefined) known.count++
      else if (sums.byName.size < MOST_BLOCKERS) sums.byName.set(name, blocker(reason, each, target))
    }
  }

  /** What has come since the last time. */
  take(): BlockerSums[] {
    const told = [...this.#sums.values()].map(({ byName, ...sums }) => ({ ...sums, blockers: [...byName.values()] }))
    this.#sums.clear()
    this.#looked = 0
    return told
  }

  #of(site: string, page: boolean): Sums {
    const name = `${site} ${page}`
    const known = this.#sums.get(name)
    if (known !== undefined) return known
    const sums = { site, page, answers: 0, blocked: 0, blockers: [], byName: new Map<string, Blocker>() }
    this.#sums.set(name, sums)
    return sums
  }
}

const isPage = ({ fields }: Answer): boolean => /^text\/html\b/i.test(first(fields, 'content-type') ?? '')

type Found = ReturnType<typeof responsibleFor>[number]

const blocker = (reason: ReasonCode, found: Found | undefined, target: string): Blocker => ({
  ...{ reason, kind: found?.kind ?? null, name: found?.name ?? null, value: found?.value ?? null },
  ...{ count: 1, example: target.slice(0, MOST_EXAMPLE) },
})
