// What threads tell each other of waiting rooms; the messages themselves are in messages.ts.

/** A waiting room; where its queue stands is on the board, in the row `index`. */
export interface RoomFacts {
  index: number
  site: string
  room: string
  /** Of a scheduled opening: SHA-256 of the seed, and the seed once the draw is over. */
  lottery: { opens: number; commitment: string; seed: string | null } | undefined
}

/** What only core knows of a waiting room; how its queue stands is on the board, in the row `index`. */
export interface RoomState {
  index: number
  site: string
  room: string
  /** By an operator: visitors a second in place of the config's, and that nobody comes in. Left out where the config holds. */
  commanded: { rate?: number; isPaused?: boolean }
}

/** What an operator says of a waiting room; `rate` null: the config's again. */
export type RoomChange = { rate: number | null } | { isPaused: boolean }

/** In place of a waiting room's settings; undefined leaves what the config says, null is `auto`. */
export interface Admission {
  /** When it opens, wall clock in milliseconds; null: as the config says. */
  opens: number | null
  sessions: number | null | undefined
  rate: number | null | undefined
}
