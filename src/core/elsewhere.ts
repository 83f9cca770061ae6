// What flights have to do with other nodes: which of them wait for one that fetches for all, and which fetch for others themselves.

import { nodesKey } from '../store/keys.ts'
import type { Flight, Visitor } from './flight.ts'

/** Other nodes, as far as fetches go (cluster/fetches.ts). Keys are written as on every node. */
export interface OtherNodes {
  /**
   * True: `answer` is called once, with whether it is stored here now. False: nobody is asked. `codings`: what whoever needs it
   * accepts.
   */
  claim(key: string, answer: (isStored: boolean) => void, codings: string | undefined): boolean
  ended(key: string, isStored: boolean): void
  cancel(key: string): void
}

export class Elsewhere {
  /** Null on a machine by itself. */
  others: OtherNodes | null = null

  /** Asks them for a page that nothing is known of here: one may fetch it, or have it. False: nobody is asked. */
  ask(flight: Flight, { codings }: Visitor, answer: (isStored: boolean) => void): boolean {
    if (this.others?.claim(nodesKey(flight.key), answer, codings) !== true) return false
    flight.among = 'asked'
    return true
  }

  /** They have answered, or are waited for no more: from now on this node fetches it for all. False: nobody had been asked, or it was settled before. */
  settle(flight: Flight): boolean {
    if (flight.among !== 'asked') return false
    flight.among = 'fetching'
    return true
  }

  /** They are waited for no more. */
  cancel(flight: Flight): void {
    this.others?.cancel(nodesKey(flight.key))
  }

  /** What was fetched for all has come, or never will. */
  end(flight: Flight, isStored: boolean): void {
    if (flight.among === 'fetching') this.others?.ended(nodesKey(flight.key), isStored)
    flight.among = null
  }
}
