// What threads tell each other of waiting rooms; the other messages are in messages.ts.

import type { AskId } from './messages.ts'

/** A waiting room; where its queue stands is on the board, in the row `index`. */
export interface RoomFacts {
  index: number
  site: string
  room: string
  /** Of a scheduled opening: SHA-256 of the seed, and the seed once the draw is over. */
  lottery: { opens: number; commitment: string; seed: string | null } | undefined
  /** Where several nodes have the room in common: numbers are asked for, not taken. */
  shared?: SharedRoom
}

export interface SharedRoom {
  /** Numbers that nodes gave out while they were apart, and where those stand by now. */
  epochs: readonly MergedEpoch[]
  /** For so long that a ticket of an epoch that is not among them will not be merged any more. */
  isWhole: boolean
}

/** A stretch of numbers, from 0 on, that one node gave out by itself. */
export interface Epoch {
  id: number
  count: number
  /** Nothing is added to it any more. */
  isClosed?: boolean
}

/** The same with the number that its first has for everybody. */
export interface MergedEpoch {
  id: number
  base: number
  count: number
}

/** A number for a visitor; `epoch` null: among those of all nodes. */
export interface TakenNumber {
  number: number
  epoch: number | null
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

/** What an edge asks and tells core about a room. */
export type RoomQuestion =
  /** A visitor whose number may be called wants into the waiting room's site; answer `entry`. */
  | {
      type: 'enter'
      id: AskId
      room: number
      number: number
      /** It shows a session that the edge could not judge by itself. */
      hasSession: boolean
      /** Who brings it: a fingerprint of address and User-Agent. */
      from: number
    }
  /** Somebody shows the invitation with this serial; answer `invited`. */
  | { type: 'redeem'; id: AskId; room: number; serial: number; from: number }
  /** A number in a room that several nodes have in common, where so many may wait; answer `numbered`. */
  | { type: 'number'; id: AskId; room: number; length: number }
  /** A session has shown life. */
  | { type: 'renew'; room: number; number: number }
  /** The origin has ended a session. */
  | { type: 'end-session'; room: number; number: number }

export type RoomAnswer =
  /** The answer to `enter`: admitted, so many others are before them, or the ticket is used up. */
  | { type: 'entry'; id: AskId; entry: { type: 'admitted' } | { type: 'waits'; ahead: number } | { type: 'spent' } }
  /** The answer to `number`. */
  | { type: 'numbered'; id: AskId; taken: TakenNumber | 'before' | 'full' | 'unkept' }
  /** The answer to `redeem`: the number that the invitation is for, or why there is none. */
  | { type: 'invited'; id: AskId; number: number | 'before' | 'full' | 'unkept' | 'used' }
