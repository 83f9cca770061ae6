// The keys that session tickets are sealed with (RFC 5077, RFC 8446 section 4.6.1), the same on all edges, so that a visitor who comes back to
// another edge need not shake hands anew; and the same on all nodes, where they have seeds in common. What is sealed now has one key; tickets
// of the period before are taken too, since one that has just begun would else turn a whole crowd's away at once.

import { hkdfSync, randomFillSync } from 'node:crypto'
import type { Server } from 'node:tls'
import { ticketPeriod } from '../threads/tickets.ts'
import type { TicketSeed } from '../threads/tickets.ts'

/** What OpenSSL takes of each. */
const PART = 16
const TICKET_KEY_BYTES = 3 * PART
/** Bytes of chance that are drawn at once, for 256 tickets: a draw costs as much as all else that is done here for one. */
const DRAWN = 256 * PART

export interface TicketKey {
  readonly whole: Buffer
  /** Stands in front of the ticket, in plain. */
  readonly name: Buffer
  readonly hmac: Buffer
  readonly aes: Buffer
}

/** The key of a period, from a secret (HKDF, RFC 5869). */
export function ticketKey(secret: Uint8Array, period: number): TicketKey {
  const whole = Buffer.from(hkdfSync('sha256', secret, '', `session tickets ${period}`, TICKET_KEY_BYTES))
  const part = (n: number): Buffer => whole.subarray(n * PART, (n + 1) * PART)
  return { whole, name: part(0), hmac: part(1), aes: part(2) }
}

/**
 * Which keys hold in a period, the one to seal with first: the nodes' where they have one for it, else this process's own. Another node's clock may
 * be ahead, so the next one of the nodes is taken as well.
 */
export function keysIn(now: number, own: Uint8Array, shared: readonly TicketSeed[]): TicketKey[] {
  const ofNodes = [now, now - 1, now + 1].flatMap(period =>
    shared.filter(each => each.period === period).map(({ seed }) => ticketKey(Buffer.from(seed, 'base64'), period)),
  )
  const ofThis = [now, now - 1].map(period => ticketKey(own, period))
  return shared.some(({ period }) => period === now) ? [...ofNodes, ...ofThis] : [...ofThis, ...ofNodes]
}

/** What node:tls wants of a key: whether there is one (2: and the visitor is to get a ticket with another), its parts, and what a new ticket begins with. */
type Found = [how: 0 | 1 | 2, hmac: Buffer, aes: Buffer, name: Buffer, iv: Buffer]

/** Undocumented, but as old as node:tls; without it OpenSSL knows one key alone. */
interface TicketContext {
  enableTicketKeyCallback?: () => void
  onticketkeycallback?: (name: Buffer, iv: Buffer, isNew: boolean) => Found
}

export class Tickets {
  readonly #own: Uint8Array
  #shared: readonly TicketSeed[] = []
  #period = NaN
  #keys: TicketKey[] = []
  readonly #chance = Buffer.alloc(DRAWN)
  #used = DRAWN

  constructor(own: Uint8Array) {
    this.#own = own
  }

  /** All nodes have these seeds. */
  share(seeds: readonly TicketSeed[]): void {
    this.#shared = seeds
    this.#period = NaN
  }

  /** True where other keys hold now. Both in milliseconds, `now` by the wall clock. */
  turn(now: number, length: number): boolean {
    const period = ticketPeriod(now, length)
    if (period === this.#period) return false
    this.#period = period
    this.#keys = keysIn(period, this.#own, this.#shared)
    return true
  }

  /** To be called for each server, and again whenever other keys hold. */
  install(server: Server): void {
    const { context } = (server as unknown as { _sharedCreds?: { context: TicketContext } })._sharedCreds ?? {}
    if (context?.enableTicketKeyCallback === undefined) return server.setTicketKeys(this.#keys[0]!.whole)
    context.onticketkeycallback = (name, iv, isNew) => this.#find(name, iv, isNew)
    context.enableTicketKeyCallback()
  }

  #find(name: Buffer, iv: Buffer, isNew: boolean): Found {
    const first = this.#keys[0]!
    const key = isNew ? first : this.#keys.find(each => each.name.equals(name))
    const { hmac, aes } = key ?? first
    return [key === undefined ? 0 : key === first ? 1 : 2, hmac, aes, first.name, isNew ? this.#draw(iv) : iv]
  }

  /** No bytes of chance are given out twice. */
  #draw(iv: Buffer): Buffer {
    if (this.#used === DRAWN) {
      randomFillSync(this.#chance)
      this.#used = 0
    }
    this.#used += this.#chance.copy(iv, 0, this.#used)
    return iv
  }
}
