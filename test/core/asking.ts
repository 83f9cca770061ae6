// What the tests of flights and permits share: one site with one origin, a real board and store, and edges that are told
// what core decides.

import { ManualClock } from '../../src/base/clock.ts'
import { seeded } from '../../src/base/random.ts'
import { FlightWord, GlobalWord } from '../../src/board/board.ts'
import { Flights } from '../../src/core/flights.ts'
import { Ledger } from '../../src/core/ledger.ts'
import { Permits } from '../../src/core/permits.ts'
import type { Ask, CoreToEdge } from '../../src/threads/messages.ts'
import { SmallStore } from './store-parts.ts'

export const WAIT = 5000

export class Asking {
  readonly clock = new ManualClock(1_000_000)
  readonly store = new SmallStore(1)
  readonly ledger: Ledger
  readonly permits: Permits
  readonly flights: Flights
  readonly told: { slot: number; message: CoreToEdge }[] = []
  #id = 0

  constructor({ limit = 8, length = 512, isAiling = false, wait = WAIT } = {}) {
    const { board, shelf } = this.store
    board.global[GlobalWord.slots] = 3
    this.ledger = new Ledger(board)
    this.permits = new Permits(this.ledger, seeded(1), this.clock, {
      length,
      wait,
      overloaded: WAIT,
      patience: WAIT,
    })
    this.bear(limit, isAiling)
    this.flights = new Flights({
      clock: this.clock,
      send: (slot, message) => this.told.push({ slot, message }),
      permits: site => (site === 'main' ? this.permits : undefined),
      store: shelf,
    })
  }

  bear(limit: number, isAiling = false): void {
    this.ledger.set(0, 'limit', limit)
    this.permits.bear([{ index: 0, limit, isOpen: limit > 0, isAiling }])
  }

  /** Asks from the edge in `slot`; returns the question's number. */
  ask(slot: number, key: string | null, more: Partial<Ask> = {}): number {
    const id = ++this.#id
    const ask: Ask = { type: 'ask', id, site: 'main', key, intent: 'fetch', stale: 0, staleWhileRevalidate: false }
    this.flights.ask(slot, { ...ask, ...more })
    return id
  }

  /** The edge's request at the origin is over: the place is free again. */
  free(slot: number): void {
    Atomics.sub(this.store.board.flight(slot, 0), FlightWord.inFlight, 1)
    this.permits.serve()
  }

  get inFlight(): number {
    return this.ledger.inFlight(0)
  }

  pass(ms: number): void {
    this.clock.advance(ms)
    this.permits.expire(this.clock.monotonic())
    this.flights.expire()
  }

  /** What became of each question so far: "fetch", "look", "stale: shed", "refuse: queue-full". */
  outcome(id: number): string | undefined {
    const found = this.told.findLast(
      ({ message }) => 'id' in message && message.id === id && message.type !== 'wanted',
    )?.message
    if (found?.type === 'refuse' || found?.type === 'stale') return `${found.type}: ${found.reason}`
    return found?.type
  }

  /** How many questions came to each outcome. */
  outcomes(ids: readonly number[]): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const id of ids) {
      const outcome = this.outcome(id) ?? 'waits'
      counts[outcome] = (counts[outcome] ?? 0) + 1
    }
    return counts
  }
}
