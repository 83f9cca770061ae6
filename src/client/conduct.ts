// Notes how clients behave that need the origin, and slows those that do not look like people while the origin is short of
// places. It stands behind the cache, so a hit pays nothing for it.

import { ClientKind } from '../board/conduct.ts'
import type { ClientKey, ConductTable, RowAt, Sum } from '../board/conduct.ts'
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

/** Where what a request shows is noted. */
interface Rows {
  readonly client: RowAt
  readonly network: RowAt
  /** It brought a cookie. */
  readonly brings: boolean
}

export class Conducts {
  readonly #table: ConductTable
  readonly #now: () => number

  /** `now`: shared microseconds (base/clock.ts). */
  constructor(table: ConductTable, now: () => number) {
    this.#table = table
    this.#now = now
  }

  /** Notes a request that needs the origin; `isFull`: it will have to wait for a place there. What it meets, and its rows. */
  weigh(exchange: Exchange, isFull: boolean): { row: Rows; measure: Measure } {
    const table = this.#table
    const now = this.#now()
    const key = keyOf(exchange.client.address)
    const row: Rows = {
      client: table.client(key, now),
      network: table.network(key, now),
      brings: bringsCookie(exchange),
    }
    table.press(isFull, now)
    this.#note(exchange, row, now)
    if (!table.isPressed(now)) {
      table.admit(row.client, 0, now)
      return { row, measure: NONE }
    }
    const { score } = doubtOf(table.conduct(row.client, now), table.conduct(row.network, now), table.surroundings)
    const measure = measureFor(score)
    const wait = table.admit(row.client, measure.type === 'slowed' ? measure.seconds : 0, now)
    return { row, measure: wait === 0 ? NONE : { type: 'slowed', seconds: wait } }
  }

  /** What became of it: whether the client was told to wait or given a cookie, and whether it cost the origin anything. */
  answered(row: Rows, answer: Answer): void {
    if (answer === LOOK_AGAIN) {
      this.#add(row, 'asked', -1)
      this.#add(row, 'total', -1)
      return
    }
    if (!row.brings && first(answer.fields, 'set-cookie') !== undefined) this.#add(row, 'given')
    if (answer.status !== 503 && answer.status !== 429) return
    const seconds = Number(first(answer.fields, 'retry-after'))
    if (seconds > 0) this.#table.tell(row.client, seconds, this.#now())
  }

  #add({ client, network }: Rows, sum: Sum, amount = 1): void {
    this.#table.add(client, sum, amount)
    this.#table.add(network, sum, amount)
  }

  #note({ fields, peer, client, target }: Exchange, row: Rows, now: number): void {
    const table = this.#table
    const toldFor = table.toldFor(row.client, now)
    const hasWaited = table.wasTold(row.client) && toldFor <= LENIENT
    if (hasWaited) {
      this.#add(row, 'heeded')
      table.forgetTold(row.client)
    } else {
      this.#add(row, 'asked')
      if (toldFor > LENIENT) this.#add(row, 'early')
    }
    this.#add(row, 'total')
    if (row.brings) this.#add(row, 'cookies')
    if (isPart(first(fields, 'sec-fetch-dest'))) this.#add(row, 'parts')
    if (table.isOdd(target.split('?', 1)[0]!, now)) this.#add(row, 'odd')
    // Behind a proxy what was answered on the connection was answered to many.
    if (peer.answered !== undefined && peer.answered > 0 && peer.address.endsWith(client.address)) {
      this.#add(row, 'light', Math.min(1000, peer.answered))
      peer.answered = 0
    }
  }
}

/** Of the site or of ours. */
const bringsCookie = ({ fields, visit }: Exchange): boolean =>
  first(fields, 'cookie') !== undefined || (visit !== undefined && Object.keys(visit.brought).length > 0)

const NONE: Measure = { type: 'none' }

function keyOf(address: string): ClientKey {
  const groups = groupsOf(address)
  if (groups === undefined) return { kind: ClientKind.ipv4, high: 0, low: ipv4Number(address) | 0 }
  const word = (at: number): number => (groups[at]! << 16) | groups[at + 1]!
  return { kind: ClientKind.ipv6, high: word(0), low: word(2) }
}
