// What the threads say to each other, as types. Bytes of bodies are never in here: they lie in the shared store and a
// message names their place. Between an edge and core messages are gathered for one turn of the event loop and sent as
// one array (see channel.ts), because posting costs about 5 µs whatever its size.

import type { Config } from '../config/types.ts'
import type { ReasonCode } from '../reasons.ts'

/** A place in the store: 64-byte units from its beginning, 0 for none. See store/layout.ts. */
export type Ref = number
/** An edge's own number for a question, so that the answer finds it; unique within the edge's life. */
export type AskId = number

/** An edge asks core. `key` is the cache key where others may share the fetch. */
export interface Ask {
  type: 'ask'
  id: AskId
  site: string
  key: string | null
  /** `validate` and `refresh` have a stored response at hand, which `stale` names. */
  intent: 'pass' | 'fetch' | 'validate' | 'refresh'
  /** The stored response at hand may stand in while it is refreshed, or while the origin ails (its place), else 0. */
  stale: Ref
  /** May the stale one be served at once while another fetch refreshes it (stale-while-revalidate)? */
  staleWhileRevalidate: boolean
}

export type EdgeToCore =
  | Ask
  /** The visitor behind the question has gone; take it out of the queue. */
  | { type: 'gone'; id: AskId }
  /** A response head has come for a shared fetch: whether it may be stored, so that waiters stay or are released. */
  | { type: 'head'; id: AskId; storable: boolean; /** seconds to remember the key as not storable */ hitForMiss: number }
  /** Asks for a place of so many bytes (header, key, fields and body together). */
  | { type: 'place'; id: AskId; bytes: number }
  /** The record at this place is whole: put it into the index, in the place of an older one with its key. */
  | { type: 'publish'; id: AskId; refs: Ref[] }
  /** The place is not needed after all. */
  | { type: 'unplace'; ref: Ref }
  /** The shared fetch has ended; `published` tells whether waiters find it in the store. */
  | { type: 'end'; id: AskId; published: boolean }
  /** Take these keys (all their variants) out of the index; answer `invalidated` when done. */
  | { type: 'invalidate'; id: AskId; keys: string[] }
  /** A place in the limit has become free while somebody waits (OriginWord.waiting > 0). */
  | { type: 'freed'; origin: number }
  /** How a health probe that core ordered has ended. */
  | { type: 'probed'; origin: number; ok: boolean; status: number; ms: number; error: string }

export type CoreToEdge =
  /** Send the request to this origin. The place in the limit is already counted in this edge's FlightWord.inFlight. */
  | { type: 'fetch'; id: AskId; origin: number }
  /** The fetch you waited for has been published: look into the store again. */
  | { type: 'look'; id: AskId }
  /** Serve the stale response that you have. */
  | { type: 'stale'; id: AskId; reason: 'revalidating' | 'ailing' | 'shed' }
  | { type: 'refuse'; id: AskId; reason: ReasonCode; retryAfter: number }
  /** The answer to `place`; 0 when no room could be made. */
  | { type: 'placed'; id: AskId; ref: Ref }
  | { type: 'invalidated'; id: AskId }
  /** Acknowledge on the board (EdgeWord.epoch) that no reference older than this epoch is in use. */
  | { type: 'epoch'; epoch: number }
  | { type: 'origins'; origins: OriginRow[] }
  /** Send one health probe; its place in the limit is kept beside the limit. */
  | { type: 'probe'; origin: number }

/** An origin as core keeps it. The index is its place on the board for the process's life. */
export interface OriginRow {
  index: number
  site: string
  /** scheme://host:port */
  url: string
  state: 'up' | 'down' | 'draining'
}

/** Supervisor to every thread. */
export type Order =
  | { type: 'config'; config: Config }
  /** Finish what is in flight, take nothing new, then exit. */
  | { type: 'drain'; within: number }
  /** A new core stands at the other end of this port; what was asked of the old one is lost. */
  | { type: 'core'; port: import('node:worker_threads').MessagePort }
  /** A new edge stands at the other end (for core). */
  | { type: 'edge'; slot: number; port: import('node:worker_threads').MessagePort }
  /** The edge in this slot has died: its permits, questions and hazards are void (for core). */
  | { type: 'edge-gone'; slot: number }
  | { type: 'journal'; port: import('node:worker_threads').MessagePort }

/** Every thread to the supervisor. */
export type Report =
  | { type: 'ready'; detail: Record<string, unknown> }
  | { type: 'log'; level: 'info' | 'warn' | 'error'; event: string; detail: Record<string, unknown> }
  | { type: 'drained' }
  | { type: 'config-applied' }

/** What every worker thread is started with. */
export interface Birth {
  role: 'edge' | 'core' | 'journal' | 'watch'
  slot: number
  config: Config
  board: SharedArrayBuffer
  store: StoreMemory
  /** To core (edges, watch), or null where there is none. */
  core: import('node:worker_threads').MessagePort | null
}

/** The store's shared memory, as handed to each thread. */
export interface StoreMemory {
  /** All of one size; see store/segments.ts. */
  segments: SharedArrayBuffer[]
  index: SharedArrayBuffer
  hazards: SharedArrayBuffer
}
