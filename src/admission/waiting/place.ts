// What a visitor is told of their place: how many are in front, how long that will take, when to ask again. All of it is read
// from the board.

import type { Random } from '../../base/random.ts'
import { RoomPhase, RoomWord } from '../../board/rooms.ts'
import type { RoomRow } from '../../board/rooms.ts'

export type State = 'before' | 'gathering' | 'drawing' | 'waiting' | 'called'

export interface Place {
  readonly state: State
  /** People in front. */
  readonly ahead: number
  /** Seconds until their turn, from and to; null where nobody can tell. */
  readonly estimate: readonly [from: number, to: number] | null
  /** Seconds until the room opens, 0 for one that is open. */
  readonly opensIn: number
  /** Seconds until the next poll. */
  readonly next: number
}

/** Polls, seconds: the first is what a called visitor waits at most, the second what keeps a place from going stale (ABSENT). */
const SOONEST = 2
const LATEST = 30
/** So many polls within the expected wait. */
const POLLS = 20
/** Called in a second, while nobody was yet. */
const UNKNOWN_PACE = 4
/** Polls of one moment spread by this share to both sides. */
const JITTER = 0.2
/** The interval told lies so far around the expected wait: what arrivals, absences and sessions vary by. */
const LEAST = 0.8
const MOST = 1.3
/** Nobody is told of more than a day: the ticket does not live longer. */
const LONGEST = 86_400

/** The place of who stands at `position`; undefined for who has none yet. `now` is milliseconds since the epoch. */
export function placeAt(row: RoomRow, position: number | undefined, now: number, random: Random): Place {
  const opensIn = secondsToOpening(row, now)
  const state = stateAt(row, position)
  const ahead = position === undefined || state !== 'waiting' ? 0 : row.presentBefore(position)
  const rate = row.get(RoomWord.rate) / 1000
  const wait = state !== 'waiting' ? opensIn : rate > 0 ? ahead / rate : Infinity
  const jitter = 1 + JITTER * (2 * random.next() - 1)
  // Before the first was called nobody knows the pace; who stands in front is to be there when it begins.
  const expected = rate > 0 ? wait : Math.max(opensIn, ahead / UNKNOWN_PACE)
  const pause = Math.min(LATEST, Math.max(SOONEST, expected / POLLS)) * jitter
  // Who counts down wants to be there when it opens, but not all in the same instant.
  const next = opensIn > 0 ? Math.min(pause, opensIn + random.next() * SOONEST) : pause
  return {
    ...{ state, ahead, opensIn },
    estimate: state === 'waiting' && rate > 0 ? interval(ahead / rate, (ahead + 1) / rate) : null,
    next: Math.round(Math.min(LATEST, Math.max(SOONEST, next)) * 10) / 10,
  }
}

/** Until the first poll, seconds, spread over this: what core's bound for tickets never asked for goes by (board/rooms.ts). */
const FIRST = [6, 10] as const

/** The same for who has just been given a ticket: who never asks for it is known soon. */
export const withFirstPoll = (place: Place, random: Random): Place => {
  const soonest = FIRST[0] + (FIRST[1] - FIRST[0]) * random.next()
  return { ...place, next: Math.round(Math.min(place.next, soonest) * 10) / 10 }
}

/** The same for who was called, but found the places taken: so many stand in front. */
export const placeAtFront = (ahead: number, random: Random): Place => ({
  ...{ state: 'waiting', ahead, opensIn: 0, estimate: null },
  next: SOONEST + random.next(),
})

/** The same for who stands behind all others, whenever they come: it is worth asking seldom. */
export const placeAtBack = (row: RoomRow, random: Random): Place => ({
  ...{ state: 'waiting', ahead: row.presentBefore(row.get(RoomWord.next)), opensIn: 0, estimate: null },
  next: Math.round(10 * (LATEST - SPREAD * random.next())) / 10,
})

/** The position of one who has a number of a node by itself: behind all whom every node knows of. */
export const behindAll = (row: RoomRow, number: number): number => row.get(RoomWord.next) + number

/** Seconds. */
const SPREAD = 10

function stateAt(row: RoomRow, position: number | undefined): State {
  const phase = row.get(RoomWord.phase)
  if (phase === RoomPhase.before) return 'before'
  if (phase === RoomPhase.gathering) return 'gathering'
  if (phase === RoomPhase.drawing) return 'drawing'
  return position !== undefined && position < row.get(RoomWord.serving) ? 'called' : 'waiting'
}

function secondsToOpening(row: RoomRow, now: number): number {
  const opens = row.get(RoomWord.opens) >>> 0
  return opens === 0 ? 0 : Math.max(0, opens - Math.floor(now / 1000))
}

/**
 * From when the last one in front may be called to when they themselves are, in whole units of what people say: 5 s, minutes,
 * 5 minutes.
 */
function interval(soonest: number, latest: number): readonly [number, number] | null {
  if (soonest > LONGEST) return null
  const unit = latest < 60 ? 5 : latest < 1800 ? 60 : 300
  const from = Math.floor((soonest * LEAST) / unit) * unit
  return [from, Math.max(from + unit, Math.ceil((latest * MOST) / unit) * unit)]
}
