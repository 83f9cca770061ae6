// Requests that are counted over all nodes, each on the server: where a rule asks that no more than its rate gets through, wherever visitors
// come. All that are asked for while one question is under way are the next question; and nobody waits long for it, since each node can go by
// its part of the rate instead.

import { createHash } from 'node:crypto'
import type { RateTake, RateTaken } from '../threads/cluster.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

/** Milliseconds that a request waits for the server. */
const PATIENCE = 300
/** Requests in one question: at some 10 µs each the server is held up for 3 ms. More wait for the next one. */
const MOST_ASKED = 256
/** Requests that may wait for the next question; more are counted by this node alone. At some 300 bytes each 3 MiB. */
const MOST_WAITING = 8192

export interface RatesParts {
  link: Pick<Link, 'run'>
  keys: Keys
  /** Whether the server answers, as far as is known. */
  isJoined: () => boolean
}

interface Asking {
  takes: readonly RateTake[]
  done: (taken: RateTaken | null) => void
}

interface Line {
  waiting: Asking[]
  isBusy: boolean
}

export class SharedRates {
  readonly #parts: RatesParts
  /** By site, whose keys lie together. */
  readonly #lines = new Map<string, Line>()

  constructor(parts: RatesParts) {
    this.#parts = parts
  }

  /** Counts one request for each of these windows, or for none of them; null where nobody can tell now. Never rejects. */
  take(site: string, takes: readonly RateTake[]): Promise<RateTaken | null> {
    const line = this.#lines.get(site) ?? { waiting: [], isBusy: false }
    this.#lines.set(site, line)
    if (!this.#parts.isJoined() || line.waiting.length >= MOST_WAITING) return Promise.resolve(null)
    return new Promise(done => {
      line.waiting.push({ takes, done })
      if (!line.isBusy) void this.#work(site, line)
    })
  }

  async #work(site: string, line: Line): Promise<void> {
    line.isBusy = true
    // Those who came in this turn of the loop go together.
    await Promise.resolve()
    while (line.waiting.length > 0) await this.#ask(site, line.waiting.splice(0, MOST_ASKED))
    line.isBusy = false
  }

  async #ask(site: string, asking: readonly Asking[]): Promise<void> {
    const { link, keys } = this.#parts
    const windows = asking.flatMap(({ takes }) => takes)
    const names = windows.map(({ key }) => keys.rate(site, nameOf(key)))
    const args = asking.flatMap(({ takes }) => [
      takes.length,
      ...takes.flatMap(({ interval, burst }) => [interval, burst]),
    ])
    const late = setTimeout(() => asking.forEach(({ done }) => done(null)), PATIENCE)
    try {
      const answers = (await link.run('rates', names, args)) as number[][]
      for (const [i, { done }] of asking.entries()) done(takenOf(answers[i]))
    } catch {
      for (const { done } of asking) done(null)
    } finally {
      clearTimeout(late)
    }
  }
}

/** Who is counted is nobody's business on the server, and may be long. */
const nameOf = (key: string): string => createHash('sha256').update(key).digest('base64url').slice(0, 22)

function takenOf(answer: readonly number[] | undefined): RateTaken | null {
  const [first, wait = 0] = answer ?? []
  if (first === undefined) return null
  return first < 0 ? { refused: -first - 1, wait } : { ahead: [...answer!] }
}
