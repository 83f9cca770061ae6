// Notes how clients behave that need the origin, and slows those that do not look like people while the origin is short of
// places. It stands behind the cache, so a hit pays nothing for it.

import { ClientKind } from '../board/conduct.ts'
import type { ClientKey, ConductTable, RowAt } from '../board/conduct.ts'
import { doubtOf, measureFor } from '../board/doubt.ts'
import type { Measure } from '../board/doubt.ts'
import { LOOK_AGAIN } from '../exchange.ts'
import type { Answer, Exchange } from '../exchange.ts'
import { first } from '../http/fields.ts'
import { groupsOf, ipv4Number } from './address.ts'

/** A wait that was told is over for whoever comes so much earlier: clocks differ. Hundredths of a second. */
const LENIENT = 50

/** What a browser says that it loads for a page, and not as one (Fetch Metadata). */
const isPart = (destination: string | undefined): boolean =>
  destination !== undefined && destination !== 'document' && destination !== 'iframe' && destination !== 'frame'

export class Conducts {
  readonly #table: ConductTable
  readonly #now: () => number

  /** `now`: shared microseconds (base/clock.ts). */
  constructor(table: ConductTable, now: () => number) {
    this.#table = table
    this.#now = now
  }

  /** Notes a request that needs the origin; `isFull`: it will have to wait for a place there. What it meets, and its client's row. */
  weigh(exchange: Exchange, isFull: boolean): { row: RowAt; measure: Measure } {
    const table = this.#table
    const now = this.#now()
    const key = keyOf(exchange.client.address)
    const [row, network] = [table.client(key, now), table.network(key, now)]
    table.press(isFull, now)
    this.#note(exchange, row, network, now)
    if (!table.isPressed(now)) {
      table.admit(row, 0, now)
      return { row, measure: NONE }
    }
    const { score } = doubtOf(table.conduct(row, now), table.conduct(network, now), table.surroundings)
    const measure = measureFor(score)
    const wait = table.admit(row, measure.type === 'slowed' ? measure.seconds : 0, now)
    return { row, measure: wait === 0 ? NONE : { type: 'slowed', seconds: wait } }
  }

  /** What became of it: whether the client was told to wait, and whether it cost the origin anything. */
  answered(row: RowAt, answer: Answer): void {
    if (answer === LOOK_AGAIN) {
      this.#table.add(row, 'asked', -1)
      this.#table.add(row, 'total', -1)
    } else if (answer.status === 503 || answer.status === 429) {
      const seconds = Number(first(answer.fields, 'retry-after'))
      if (seconds > 0) this.#table.tell(row, seconds, this.#now())
    }
  }

  #note({ fields, peer, client, target, visit }: Exchange, row: RowAt, network: RowAt, now: number): void {
    const table = this.#table
    const toldFor = table.toldFor(row, now)
    const hasWaited = table.wasTold(row) && toldFor <= LENIENT
    if (hasWaited) {
      table.add(row, 'heeded')
      table.forgetTold(row)
    } else {
      table.add(row, 'asked')
      if (toldFor > LENIENT) table.add(row, 'early')
    }
    table.add(row, 'total')
    table.add(network, 'total')
    if (first(fields, 'cookie') !== undefined || (visit !== undefined && Object.keys(visit.brought).length > 0))
      table.add(row, 'cookies')
    if (isPart(first(fields, 'sec-fetch-dest'))) table.add(row, 'parts')
    if (table.isOdd(target.split('?', 1)[0]!, now)) table.add(row, 'odd')
    // Behind a proxy what was answered on the connection was answered to many.
    if (peer.answered !== undefined && peer.answered > 0 && peer.address.endsWith(client.address)) {
      table.add(row, 'light', Math.min(1000, peer.answered))
      peer.answered = 0
    }
  }
}

const NONE: Measure = { type: 'none' }

function keyOf(address: string): ClientKey {
  const groups = groupsOf(address)
  if (groups === undefined) return { kind: ClientKind.ipv4, high: 0, low: ipv4Number(address) | 0 }
  const word = (at: number): number => (groups[at]! << 16) | groups[at + 1]!
  return { kind: ClientKind.ipv6, high: word(0), low: word(2) }
}
