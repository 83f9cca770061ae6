// The draw of a scheduled opening, such that anybody can check it afterwards: SHA-256 of the seed is published before, the
// order is that of HMAC(seed ‖ root, ticket), where the root is the SHA-256 of the list of tickets, and seed and list are
// published after. Whoever knew the seed could not know the list, and whoever knows the list cannot change the seed.

import { createHash, createHmac } from 'node:crypto'

/** What is published once the draw is over. `tickets` are the codes in the order in which they were given out. */
export interface Drawn {
  readonly site: string
  readonly room: string
  /** SHA-256 of the seed's bytes, in hexadecimal, as published before. */
  readonly commitment: string
  /** 32 bytes in hexadecimal. */
  readonly seed: string
  /** SHA-256 of the tickets, each followed by a line feed, in hexadecimal. */
  readonly root: string
  readonly tickets: readonly string[]
  /** For each place, from the first on, the ticket drawn for it. */
  readonly order: readonly string[]
}

export const commitmentTo = (seed: string): string => createHash('sha256').update(seed, 'hex').digest('hex')

export function rootOf(tickets: readonly string[]): string {
  const hash = createHash('sha256')
  for (const ticket of tickets) hash.update(`${ticket}\n`)
  return hash.digest('hex')
}

/** Draws in steps, so that a million tickets (3 µs each) hold nobody up. */
export class Draw {
  readonly root: string
  readonly #seed: string
  readonly #tickets: readonly string[]
  readonly #keys: string[] = []

  constructor(seed: string, tickets: readonly string[]) {
    this.root = rootOf(tickets)
    this.#seed = seed
    this.#tickets = tickets
  }

  /** Goes on with the next `count` tickets; true when all are done. */
  step(count: number): boolean {
    const key = Buffer.from(this.#seed + this.root, 'hex')
    const end = Math.min(this.#tickets.length, this.#keys.length + count)
    for (let i = this.#keys.length; i < end; i++)
      this.#keys.push(createHmac('sha256', key).update(this.#tickets[i]!).digest('latin1'))
    return end === this.#tickets.length
  }

  /** Index of the ticket on each place, once every step is done. */
  order(): Uint32Array {
    const keys = this.#keys
    return Uint32Array.from(keys.keys()).sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a] === keys[b] ? a - b : 1))
  }
}

/** The same at once: the tickets in the order drawn. */
export function drawnOrder(seed: string, tickets: readonly string[]): string[] {
  const draw = new Draw(seed, tickets)
  draw.step(tickets.length)
  return [...draw.order()].map(index => tickets[index]!)
}

/** What is wrong with a published draw, as sentences; none when it is as it was promised. */
export function faultsOf(drawn: Drawn): string[] {
  const faults: string[] = []
  if (commitmentTo(drawn.seed) !== drawn.commitment)
    faults.push('The seed is not the one that was promised: its SHA-256 is not the commitment.')
  if (rootOf(drawn.tickets) !== drawn.root)
    faults.push('The list of tickets is not the one of which the root was made.')
  if (new Set(drawn.tickets).size !== drawn.tickets.length) faults.push('A ticket stands twice in the list.')
  const order = drawnOrder(drawn.seed, drawn.tickets)
  const wrong = order.findIndex((ticket, place) => ticket !== drawn.order[place])
  if (wrong !== -1)
    faults.push(`Place ${wrong + 1} belongs to ticket ${order[wrong]}, not to ${drawn.order[wrong] ?? 'nobody'}.`)
  if (drawn.order.length > order.length) faults.push('The order has more tickets than the list.')
  return faults
}
