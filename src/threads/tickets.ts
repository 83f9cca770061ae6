// What session tickets are sealed with: seeds, one for each period of time, that all edges and, in a cluster, all nodes have.

export interface TicketSeed {
  /** See ticketPeriod. */
  period: number
  /** Base64. */
  seed: string
}

/** The period that `now` (wall clock) lies in; both in milliseconds. */
export const ticketPeriod = (now: number, length: number): number => Math.floor(now / length)
