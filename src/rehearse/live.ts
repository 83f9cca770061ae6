// A rehearsal at a site that real visitors use: it stops itself when they suffer. How they fare is told by the shield before
// the site, which counts no rehearsal among them; without one, how the crowd itself fares has to do.
import type { Second } from './watch.ts'

export interface LiveOptions {
  /** Apdex below which nobody is to fall, 0 to 1. */
  floor: number
  /** Where the shield tells how its sites fare; undefined without one. */
  stats?: string | undefined
  /** The token of the shield's admin address, where it asks for one. */
  token?: string | undefined
}

/** One second below the floor may be chance. */
const SECONDS = 3
const WITHIN_MS = 900
/** Fewer answers than these say nothing of a second. */
const FEWEST = 5

export class Guard {
  readonly #options: LiveOptions
  readonly #stop: (why: string) => void
  #below = 0
  #visitors: number | null | undefined
  #asking = false

  /** `stop` is called once, with why in a sentence. */
  constructor(options: LiveOptions, stop: (why: string) => void) {
    this.#options = options
    this.#stop = stop
  }

  /** Whether the shield tells; asked before anybody is sent. Rejects with a RangeError when it does not. */
  async check(): Promise<void> {
    if (this.#options.stats === undefined) return
    await this.#ask()
    if (this.#visitors === undefined)
      throw new RangeError(`${this.#options.stats} does not tell how visitors fare, so nothing would stop the rehearsal; name the shield's admin address with --admin`) // prettier-ignore
  }

  /** A second of the rehearsal. */
  see({ apdex, good, lost }: Second): void {
    void this.#ask()
    const crowd = good + lost < FEWEST ? null : apdex
    const worst = this.#options.stats === undefined ? crowd : (this.#visitors ?? null)
    this.#below = worst !== null && worst < this.#options.floor ? this.#below + 1 : 0
    if (this.#below !== SECONDS) return
    const whose = this.#options.stats === undefined ? 'the crowd' : 'real visitors'
    this.#stop(`the Apdex of ${whose} was ${worst!.toFixed(2)} for ${SECONDS} s, below the floor of ${this.#options.floor}`) // prettier-ignore
  }

  /** The worst site's, of the last half minute; null where too few visitors came to tell. */
  async #ask(): Promise<void> {
    const { stats, token } = this.#options
    if (stats === undefined || this.#asking) return
    this.#asking = true
    try {
      const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` }
      const response = await fetch(stats, { headers, signal: AbortSignal.timeout(WITHIN_MS) })
      const told = (await response.json()) as { apdex?: { apdex: number | null }[] }
      const known = told.apdex?.flatMap(each => each.apdex ?? [])
      if (response.ok && known !== undefined) this.#visitors = known.length === 0 ? null : Math.min(...known)
    } catch {
      // The latest answer stands; a shield that is stuck shows in the next.
    } finally {
      this.#asking = false
    }
  }
}
