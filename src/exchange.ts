// The exchange: one request and its answer on their way through the rooms. It is the only thing that rooms share; each
// room reads what the rooms before it found out and writes its own findings beside it.

import type { Duplex } from 'node:stream'
import type { Outcome } from './board/counters.ts'
import type { Fields } from './http/fields.ts'
import type { ReasonCode } from './reasons.ts'
import type { Settings, SiteConfig } from './config/types.ts'

/** A body on its way. Exactly one sink is attached, once; nothing flows before that. */
export interface Body {
  /** Bytes, where the framing tells it beforehand. */
  readonly length: number | undefined
  pipe(sink: Sink): void
  /** Asks the source to hold back; a few chunks may still come. */
  pause(): void
  resume(): void
  /** Nobody wants the rest. The sink hears nothing more. */
  cancel(why: Error): void
}

/** Where a body goes. After `end` or `fail` nothing more comes. */
export interface Sink {
  data(chunk: Uint8Array): void
  end(trailers: Fields): void
  /** The body was cut short; what came is not the whole. */
  fail(why: Error): void
}

/** What goes back to the visitor. */
export interface Answer {
  status: number
  /** End-to-end fields only; framing (Content-Length of a known body, Transfer-Encoding) is the listener's. */
  fields: Fields
  body: Body | Uint8Array | null
  /** With status 101 only: the origin's side of the upgraded connection, and the bytes it sent after its head. */
  upgrade?: { socket: Duplex; head: Uint8Array }
  /** On answers that came from an origin server, and only on those. */
  origin?: FromOrigin
}

/** What the cache has to know of an answer beyond what is passed on. Wall clock, milliseconds since the epoch. */
export interface FromOrigin {
  /** As received, hop-by-hop fields included. */
  readonly fields: Fields
  readonly requestedAt: number
  readonly receivedAt: number
  /** What the cache itself has found against storing it, beside what RFC 9111 says. */
  readonly unfit?: Extract<ReasonCode, 'copy-differs' | 'copy-unproven' | 'body-over-bound'>
}

/** Who asks, as the client room found it. */
export interface Client {
  /** The address behind trusted proxies: IPv4 or IPv6 text, no port. */
  address: string
  /** The scheme the visitor used, as far as trusted proxies tell. */
  scheme: 'http' | 'https'
  /** On the operator's list of those who are never limited. */
  isAllowed?: boolean
  /** The class of the site that is for their network. */
  region?: string | undefined
}

/** What admission granted: the right to send one request to one origin. Freed once, by whoever ends the request. */
export interface Permit {
  readonly origin: number
  /** The question to core that it answers, 0 when the place was taken without asking. */
  readonly ask: number
  /** The class of the site that it counts for, 0 for all that have none. */
  readonly routeClass: number
  /** The origin's work has ended; the place in the limit is free. Further calls do nothing. */
  free(): void
  /** The response goes on without end (upgrade, event stream): leaves the limit for the bound of streams. False when that is full. */
  leaveLimit(): boolean
}

/** A visitor of a site with a waiting room. */
export interface Visit {
  /** What the request carried for the room, by the names of its cookies. */
  readonly brought: Readonly<Record<string, string | undefined>>
  /** The number of the session, -1 for one who goes by the room; undefined while nobody had to know. */
  admitted: number | undefined
  /** Others wait in the room that it comes to. */
  readonly hasQueue: boolean
  /** Its client does not look like people (client/conduct.ts): it stands in the queue from when it has shown its ticket. */
  isDoubtful: boolean
  /** Set-Cookie values, set outside of the cache alone. */
  readonly cookies: string[]
}

/** A response whose body still comes, on behalf of another request for the same. Exactly one of the two is called, once. */
export interface Coming {
  /** Where its head lies; good until the event loop goes on. */
  readonly ref: number
  /** Its body from the beginning; `length` where it is known. */
  follow(length: number | undefined): Body
  /** It is not wanted. */
  drop(): void
}

export interface Exchange {
  /** Monotonic milliseconds when the head was whole. */
  readonly startedAt: number
  readonly method: string
  /** Origin-form request target, the exact bytes as text (latin1). The cache room takes ignored query parameters out of it. */
  target: string
  /** Validated and lower-cased Host with its port, RFC 9110 section 7.2. */
  readonly host: string
  /** As received, less what may not come from outside (Breakwater-* fields). */
  fields: Fields
  /** Taken from the connection. */
  readonly peer: { address: string; port: number; secure: boolean; answered?: number }
  readonly httpVersion: '1.0' | '1.1' | '2.0'
  body: Body | null
  /** The protocol that the client wants to change to, where it said so (RFC 9110 section 7.8). */
  readonly upgrade: string | undefined
  /** Passes an interim response on (RFC 9110 section 15.2). */
  inform(status: number, fields: Fields): void
  /** Aborts when the visitor is gone before the answer is whole. */
  readonly gone: AbortSignal

  // What the rooms find out, in their order.
  site: SiteConfig
  settings: Settings
  /** What the rules make of a request for another target of the same host with the same header; a GET without a method. */
  settingsOf(this: void, target: string, method?: string): Settings
  client: Client
  /** Cache key, set by the cache room where the request may be answered from the store. */
  key: string | undefined
  /** What admission should know: may others wait for this fetch, and is there a stale response to fall back on? */
  intent: Intent
  /** A stored response that may stand in: its place in the store, and whether it may be served while another is fetched. */
  stale: { readonly ref: number; readonly whileRevalidate: boolean } | undefined
  /** Serial of what the cache room found under `key`, 0 for nothing; undefined where it did not look. */
  seen: number | undefined
  permit: Permit | undefined
  /** With FOLLOW: what may be followed. */
  coming?: Coming
  /** It has looked at what comes and cannot use it before it is whole. */
  wantsWhole?: boolean
  /** How many purges by tag there had been when it was last sent on from the cache room. */
  purges: number
  /** Fields that tell the visitor what is left of a rate limit (RateLimit, RateLimit-Policy), once it was counted. */
  quota: Fields | undefined
  /** What the waiting room knows of the visitor; undefined where there is none to be passed. */
  visit: Visit | undefined
  /** Milliseconds that it waited for a place at the origin, and for the origin's first byte; undefined where it did neither. */
  queuedMs?: number
  originMs?: number
  /** What the page said of the form that is posted, as JSON: signed here, and posted by the visitor's own hand. */
  ticket?: string
  outcome: Outcome
  /** Why it came to this outcome, for Cache-Status detail, log and explain. */
  reason: ReasonCode | undefined
}

/**
 * `pass`: for this visitor alone. `fetch`: others may wait for it, and it may wait for others. `refresh`: nobody waits for
 * it; a stored response is served meanwhile. `validate`: as fetch, with a stored response at hand.
 */
export type Intent = 'pass' | 'fetch' | 'validate' | 'refresh'

/** The rest of the line after a room. */
export type Next = (exchange: Exchange) => Promise<Answer>
/** One room: does its part, calls `next` once or answers itself, and may change the answer on its way back. */
export type Room = (exchange: Exchange, next: Next) => Promise<Answer>

/** Folds the rooms into one function, once, when the config loads. The last room never calls next. */
export function foldLine(rooms: Room[]): Next {
  return rooms.reduceRight<Next>((next, room) => exchange => room(exchange, next), endOfLine)
}

const endOfLine: Next = () => Promise.reject(new Error('the last room called next'))

/** What every exchange of our own has in common, which no visitor has sent: nobody hears of it on its way, and no room has seen it. */
export const UNSENT = Object.freeze({
  ...{ body: null, upgrade: undefined, inform: () => {} },
  ...{ key: undefined, stale: undefined, seen: undefined, permit: undefined, purges: 0, quota: undefined },
  ...{ visit: undefined, reason: undefined },
})

/** For whom nobody waits who could go. */
export const NEVER_GONE: Exchange['gone'] = new AbortController().signal

/** Nobody reads it: it flows into the store alone. */
export function drain(body: Answer['body']): void {
  if (body !== null && !(body instanceof Uint8Array)) body.pipe({ data: () => {}, end: () => {}, fail: () => {} })
}

/** Admission's word to the cache room: the fetch this request waited for has been published, so look into the store again. */
export const LOOK_AGAIN: Answer = Object.freeze({ status: 0, fields: [], body: null })
/** Admission's word to the cache room: serve the stale response you have. `exchange.reason` tells why. */
export const SERVE_STALE: Answer = Object.freeze({ status: 0, fields: [], body: null })

/** Admission's word to the cache room: what this request waits for still comes, and may be followed: `exchange.coming`. */
export const FOLLOW: Answer = Object.freeze({ status: 0, fields: [], body: null })

/** A body that is all here. */
export class BytesBody implements Body {
  readonly length: number
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.length = bytes.length
    this.#bytes = bytes
  }

  pipe(sink: Sink): void {
    if (this.#bytes.length > 0) sink.data(this.#bytes)
    sink.end([])
  }

  pause(): void {
    // It flows in one piece.
  }

  resume(): void {
    // As above.
  }

  cancel(): void {
    // Nothing is held.
  }
}
