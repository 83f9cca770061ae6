// Notes the visitor behind a connection, so that active visitors can be counted: hashed once a connection, and noted again
// only as long as the connection is used. Behind a trusted proxy one connection carries many visitors, so there each head
// is looked at.

import type { Mark } from '../board/visitors.ts'
import type { Fields } from '../http/fields.ts'
import type { Peer } from './fast/hits.ts'

/** Who is here; the edge hands it in. */
export interface Visitors {
  /** Whoever was noted in this period need not be noted in it again. */
  readonly period: number
  markOf(peer: Peer, fields: Fields): Mark & { readonly isProxied: boolean }
  note(mark: Mark): void
}

export class Visit {
  readonly #visitors: Visitors
  readonly #peer: Peer
  #mark: ReturnType<Visitors['markOf']> | undefined
  #head: object | undefined
  #period = -1

  constructor(visitors: Visitors, peer: Peer) {
    this.#visitors = visitors
    this.#peer = peer
  }

  /** A request with this head came. Its fields are asked for only where somebody new may be behind it. */
  seen(head: { readonly fields: Fields }): void {
    const { period } = this.#visitors
    if (this.#mark === undefined || (this.#mark.isProxied && head !== this.#head)) {
      this.#mark = this.#visitors.markOf(this.#peer, head.fields)
      // Kept only where heads are compared: with a connection of one's own the first would live as long as that.
      if (this.#mark.isProxied) this.#head = head
    } else if (period === this.#period) return
    this.#period = period
    this.#visitors.note(this.#mark)
  }
}
