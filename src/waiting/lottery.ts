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

/** Tickets whose keys begin with the same 12 bits are sorted together: 250 of a million, which takes half a millisecond. */
const BUCKET_BITS = 12

/** Draws in steps, so that a million tickets (about 5 µs each) hold nobody up: the root, then the keys, then the order. */
export class Draw {
  readonly #seed: string
  readonly #tickets: readonly string[]
  readonly #hash = createHash('sha256')
  readonly #keys: string[] = []
  readonly #buckets: number[][] = Array.from({ length: 2 ** BUCKET_BITS }, () => [])
  readonly #order: Uint32Array
  #hashed = 0
  #bucket = 0
  #placed = 0
  #root = ''
  #key: Buffer = Buffer.alloc(0)

  constructor(seed: string, tickets: readonly string[]) {
    this.#seed = seed
    this.#tickets = tickets
    this.#order = new Uint32Array(tickets.length)
  }

  /** Of the list of tickets; empty until the first steps are done. */
  get root(): string {
    return this.#root
  }

  /** Index of the ticket on each place, once every step is done. */
  get order(): Uint32Array {
    return this.#order
  }

  /** Goes on with the next `count` tickets, or a few more; true when all is done. */
  step(count: number): boolean {
    if (this.#root === '') this.#hashOn(count)
    else if (this.#keys.length < this.#tickets.length) this.#drawOn(count)
    else this.#sortOn(count)
    return this.#root !== '' && this.#placed === this.#tickets.length
  }

  #hashOn(count: number): void {
    const end = Math.min(this.#tickets.length, this.#hashed + count)
    for (; this.#hashed < end; this.#hashed++) this.#hash.update(`${this.#tickets[this.#hashed]!}\n`)
    if (end < this.#tickets.length) return
    this.#root = this.#hash.digest('hex')
    this.#key = Buffer.from(this.#seed + this.#root, 'hex')
  }

  #drawOn(count: number): void {
    const end = Math.min(this.#tickets.length, this.#keys.length + count)
    for (let i = this.#keys.length; i < end; i++) {
      const key = createHmac('sha256', this.#key).update(this.#tickets[i]!).digest('latin1')
      this.#keys.push(key)
      const first = (key.charCodeAt(0) << 8) | key.charCodeAt(1)
      this.#buckets[first >> (16 - BUCKET_BITS)]!.push(i)
    }
  }

  #sortOn(count: number): void {
    const keys = this.#keys
    for (const until = this.#placed + count; this.#placed < until && this.#bucket < this.#buckets.length;) {
      const sorted = this.#buckets[this.#bucket]!.sort((a, b) =>
        keys[a]! < keys[b]! ? -1 : keys[a] === keys[b] ? a - b : 1,
      )
      this.#order.set(sorted, this.#placed)
      this.#placed += sorted.length
      this.#buckets[this.#bucket++] = []
    }
  }
}

/** The same at once: the tickets in the order drawn. */
export function drawnOrder(seed: string, tickets: readonly string[]): string[] {
  const draw = new Draw(seed, tickets)
  while (!draw.step(Infinity));
  return Array.from(draw.order, index => tickets[index]!)
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
