// Who is in the cluster, and who leads. Each node says by a heartbeat that it is there; the server's clock tells who has not
// been heard of, so no node's clock matters. The leader holds a lease with a number that grows with each lease: what it
// orders carries the number, and an order with an old one is refused (fencing, as in Gray and Cheriton, "Leases", 1989).

import type { Clock } from '../base/clock.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

/** Milliseconds of the server's time: a node is lost, and a lease over, after six heartbeats that did not come. */
export const LOST_AFTER = 3000
/** A leader stops before its lease can have run out on the server: half a second for the way of the heartbeat. */
const MARGIN = 500

export interface Member {
  name: string
  isLost: boolean
  /** What of the purge log it has carried out, as `LOG SEQ`. */
  ack: string
}

/** What one heartbeat has found. */
export interface View {
  members: Member[]
  leader: string
  token: number
  log: { id: string; seq: number }
  /** Identity of the server's process. */
  run: string
  /** When the heartbeat was sent, monotonic milliseconds: the view is no older. */
  sent: number
}

interface Beaten {
  taken?: boolean
  members: { name: string; age: number; ack: string }[]
  leader: string
  leads: boolean
  token: number
  log: { id: string; seq: number }
  run: string
}

export interface MembershipParts {
  link: Pick<Link, 'run'>
  keys: Keys
  clock: Clock
  name: string
  /** Of this process: tells it from another one that has the same name. */
  incarnation: string
}

export class Membership {
  readonly #parts: MembershipParts
  #view: View | null = null
  #leadsUntil = -Infinity

  constructor(parts: MembershipParts) {
    this.#parts = parts
  }

  /** As the last heartbeat found it; null before the first. */
  get view(): View | null {
    return this.#view
  }

  /** The number of the lease where this node leads now, else null. */
  get lease(): number | null {
    return this.#parts.clock.monotonic() < this.#leadsUntil ? (this.#view?.token ?? null) : null
  }

  /** Others that are there, by name, and this one. */
  get live(): string[] {
    return (this.#view?.members ?? []).filter(({ isLost }) => !isLost).map(({ name }) => name)
  }

  /** One heartbeat. Null where another process has the name. Rejects as Link.run does. */
  async beat(ack: string, newLog: string): Promise<View | null> {
    const { link, keys, clock, name, incarnation } = this.#parts
    const sent = clock.monotonic()
    const answer = await link.run(
      'beat',
      [keys.members, keys.lease, keys.logHead],
      [name, incarnation, ack, LOST_AFTER, LOST_AFTER, newLog],
    )
    const beaten = JSON.parse(String(answer)) as Beaten
    if (beaten.taken === true) return null
    const { leader, token, log, run } = beaten
    const members = beaten.members
      .map(({ name, age, ack }) => ({ name, ack, isLost: age >= LOST_AFTER }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    this.#leadsUntil = beaten.leads ? sent + LOST_AFTER - MARGIN : -Infinity
    return (this.#view = { members, leader, token, log, run, sent })
  }

  /** Takes a lost node off the list. */
  async forget(name: string): Promise<'forgotten' | 'lives' | 'unknown'> {
    const { link, keys } = this.#parts
    return (await link.run('forget', [keys.members, keys.steps], [name, LOST_AFTER])) as
      'forgotten' | 'lives' | 'unknown'
  }

  async leave(): Promise<void> {
    const { link, keys, name, incarnation } = this.#parts
    this.#leadsUntil = -Infinity
    await link.run('leave', [keys.members, keys.lease], [name, incarnation])
  }
}
