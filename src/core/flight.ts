// What flights.ts keeps: visitors, the flights they wait for, and the part that each of them has in one.

import { withoutCredentials } from '../store/keys.ts'
import type { AskId, Ref } from '../threads/messages.ts'
import type { Claim, Permits } from './permits.ts'

/** A request that somebody at an edge waits for. */
export interface Visitor {
  readonly slot: number
  readonly id: AskId
  /** A stored response that may stand in, or 0. */
  readonly stale: Ref
  /** It waits for the end, whatever may be followed before. */
  readonly wantsWhole: boolean
  /** The content codings that it accepts, where other nodes may be asked. */
  readonly codings: string | undefined
  readonly permits: Permits
  /** As its claim has them (permits.ts). */
  readonly rank: number
  readonly routeClass: number
  readonly isPatient: boolean
}

export interface Flight {
  readonly key: string
  readonly permits: Permits
  readonly waiters: Set<Waiter>
  readonly fetchers: Set<Fetcher>
  /** Who is in the queue for it; null while it flies. */
  leader: Visitor | null
  claim: Claim | null
  takeovers: number
  /** The stale response that edges may serve meanwhile. */
  leased: Ref
  /** Another node may fetch it or have it, and was asked; or this one fetches it for all. */
  among: 'asked' | 'fetching' | null
  /** Its key was invalidated after it was sent: what it brings is old already. */
  isVoid: boolean
  /** The fetcher whose response is handed on while it comes, once it was asked for that, and the place of its head once it said so. */
  shared: { readonly by: Fetcher; ref: Ref } | null
}

export interface Waiter {
  readonly as: 'waiter'
  readonly visitor: Visitor
  readonly flight: Flight
  until: number
  /** It waited its time and may wait it once more. */
  isLate: boolean
  /** Its own place in the queue, for a late one. */
  claim: Claim | null
}

export interface Fetcher {
  readonly as: 'fetcher'
  readonly visitor: Visitor
  readonly flight: Flight
  headCame: boolean
  /** What it brings may be stored, as its head says. */
  isStorable: boolean
  /** Its visitor has gone. */
  isDeserted: boolean
}

export type Role = Waiter | Fetcher | { as: 'leader'; flight: Flight } | { as: 'alone'; visitor: Visitor; claim: Claim }

/** The key without what tells variants and flights of their own apart (store/keys.ts): that comes behind a newline. */
export const primaryKey = (key: string): string => key.split('\n', 1)[0]!

export const bytesOf = (key: string): Uint8Array => Buffer.from(key, 'latin1')

/**
 * Another number once anything was put under the flight's key, or, with credentials, under the key of what the flight may bring: the page of a
 * logged-in visitor is fetched apart from others', but may be for all.
 */
export function serialsOf(store: { serialOf(key: Uint8Array): number }, flight: string): number {
  const stored = withoutCredentials(flight)
  const serial = store.serialOf(bytesOf(stored))
  return stored === flight ? serial : serial + store.serialOf(bytesOf(flight))
}

/** A flight that nobody has joined yet. */
export function newFlight(key: string, permits: Permits, leased: Ref): Flight {
  const [waiters, fetchers] = [new Set<Waiter>(), new Set<Fetcher>()]
  return {
    key,
    permits,
    waiters,
    fetchers,
    leader: null,
    claim: null,
    takeovers: 0,
    leased,
    among: null,
    isVoid: false,
    shared: null,
  }
}
