// What an edge sums up of the requests that it has answered, and tells once a second by way of the supervisor to watch.

import type { ReasonCode } from '../reasons.ts'

/** What requests are for, as far as method and path tell. */
export type RouteKind = 'page' | 'asset' | 'api' | 'write'

/** What became of the requests to one route over some time. A route is a method and a path whose numbers and names are left open. */
export interface RouteSums {
  site: string
  method: string
  /** `/news/*` */
  route: string
  kind: RouteKind
  /** Names of the rules that match these requests. */
  rules: readonly string[]
  /** Requests by outcome. */
  outcomes: Record<string, number>
  /** Bytes of bodies that visitors were sent. */
  bytes: number
  /** Milliseconds that requests waited for a place at the origin, and that origins worked for them. */
  queuedMs: number
  originMs: number
  /** Requests that reached an origin. */
  originRequests: number
}

/** What became of an origin's answers to GETs for one site, as far as they were looked at. */
export interface BlockerSums {
  site: string
  /** HTML pages; else whatever else. */
  page: boolean
  answers: number
  /** Of these, the ones that were not stored. */
  blocked: number
  blockers: Blocker[]
}

/** What is behind answers that were not stored. */
export interface Blocker {
  reason: ReasonCode
  /** Null where it lies in no part of the messages. */
  kind: 'cookie' | 'request field' | 'response field' | 'rule' | null
  name: string | null
  /** What a field says. */
  value: string | null
  count: number
  /** A target that was asked for. */
  example: string
}

/** What two fetches of a page for nobody in particular came to, when a spike rule wanted one copy of it for everyone. */
export interface ProofSum {
  /** Wall clock, milliseconds. */
  at: number
  site: string
  host: string
  target: string
  verdict: 'armed' | 'armed with holes' | 'refused'
  /** Why there is no copy; null where there is one. */
  why: string | null
  /** Names of fields of forms that each visitor gets for themselves. */
  holes: readonly string[]
  /** What differs that must not. */
  differences: readonly Differing[]
  /** The page with the site's test session; null where there is none. */
  member: { status: number; differences: readonly Differing[] } | null
}

interface Differing {
  one: string
  other: string
  /** What stands before it in both. */
  after: string
}

/** What an edge has summed up since the last time. */
export interface EdgeSums {
  routes: RouteSums[]
  blockers: BlockerSums[]
  proofs: ProofSum[]
}
