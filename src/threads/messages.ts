// What the threads say to each other, as types. Bytes of bodies are never in here: they lie in the shared store and a
// message names their place. Between an edge and core messages are gathered for one turn of the event loop and sent as
// one array (see channel.ts), because posting costs about 5 µs whatever its size.

import type {
  ClusterAnswer,
  ClusterQuestion,
  ClusterState,
  Figures,
  FromNodes,
  NotForgotten,
  RateTake,
  Spread,
} from './cluster.ts'
import type { HandoverOrder, HandoverReport } from './handover.ts'
import type { EdgeSums } from './sums.ts'
import type { TicketSeed } from './tickets.ts'
import type { MessagePort } from 'node:worker_threads'
import type { Mode } from '../config/modes.ts'
import type { Config } from '../config/types.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Admission, RoomAnswer, RoomChange, RoomFacts, RoomQuestion, RoomState } from './rooms.ts'

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
  /**
   * Serial of the record that the edge found under `key`, 0 for none. Should there be another one by the time core reads
   * this, the edge is to look again: what it wants may have been published meanwhile.
   */
  seen?: number
  /** Its priority, 0 to 4 (3 without it), and its class (0). */
  rank?: number
  routeClass?: number
  /** What still comes is of no use to it: it waits for the end. */
  whole?: boolean
  /** Its Accept-Encoding (http/vary.ts, `normalised`), where there are other nodes. */
  codings?: string
}

export type EdgeToCore =
  /**
   * First on the channel to a new core, from an edge that knows the origins: those that commands added, drained ones. Before it is sent, the
   * edge has made FlightWord.inFlight what it truly has in flight, given up what it was filling, and it acknowledges no epoch before that.
   */
  | { type: 'hello'; origins: OriginRow[] }
  | Ask
  /** The visitor behind the question has gone; take it out of the queue. */
  | { type: 'gone'; id: AskId }
  /** A response head has come for a shared fetch: whether it may be stored, so that waiters stay or are released. */
  | {
      type: 'head'
      id: AskId
      storable: boolean
      /** Seconds to remember the key as not storable. */
      hitForMiss: number
      /** It takes a stored response's place: answer `done`. */
      confirm: boolean
    }
  /** Asks for a place of so many bytes (header, key, fields and body together). */
  | { type: 'place'; id: AskId; bytes: number }
  /**
   * The records at these places are whole: put them into the index, in the place of older ones with their keys, end the
   * shared fetch of this id if there is one, and answer `done`.
   */
  | { type: 'publish'; id: AskId; refs: Ref[] }
  /** What the shared fetch of this id brings can be followed while it comes: its head lies at this place (store/coming.ts). */
  | { type: 'coming'; id: AskId; ref: Ref }
  /** Nothing more is written to these places, the head's first, which no record came of: they are free once nobody follows. */
  | { type: 'close-coming'; refs: Ref[] }
  /** The place is not needed after all. */
  | { type: 'unplace'; ref: Ref }
  /**
   * The shared fetch has ended and brought nothing for the store. With a `reason` it failed, and one of those who wait tries
   * in its place; without a head it failed as well.
   */
  | { type: 'end'; id: AskId; reason?: ReasonCode }
  /** Take these keys (all their variants), and whatever has a tag of one of these hashes, out of the index; answer `done`. */
  | { type: 'invalidate'; id: AskId; keys: string[]; tags: number[] }
  /** An operator purges by the method PURGE: the keys of single URLs, what lies under keys that begin so, or tags by their hashes; answer `purged`. */
  | { type: 'purge'; id: AskId; urls: string[][]; below: string[]; hashes: number[]; soft: boolean }
  /** A place in the limit has become free while somebody waits (OriginWord.waiting > 0). */
  | { type: 'freed'; origin: number }
  | RoomQuestion
  /** Counts one request over all nodes; answer `rated`. */
  | { type: 'rate'; id: AskId; site: string; takes: RateTake[] }
  /** How a health probe that core ordered has ended. */
  | { type: 'probed'; origin: number; ok: boolean; status: number; ms: number; error: string }

export type CoreToEdge =
  /** Send the request to this origin. The place in the limit is already counted in this edge's FlightWord.inFlight. */
  | { type: 'fetch'; id: AskId; origin: number; routeClass?: number }
  /** The fetch you waited for has been published: look into the store again. */
  | { type: 'look'; id: AskId }
  /** What you wait for still comes, and may be had from this place on: hold it before you look at the next message. */
  | { type: 'follow'; id: AskId; ref: Ref }
  /** Somebody waits for what this fetch brings: answer `coming` if its body still comes. */
  | { type: 'wanted'; id: AskId }
  /** Serve the stale response that you have. */
  | { type: 'stale'; id: AskId; reason: 'revalidating' | 'ailing' | 'shed' }
  | { type: 'refuse'; id: AskId; reason: ReasonCode; retryAfter: number }
  /** The answer to `place`; 0 when no room could be made. */
  | { type: 'placed'; id: AskId; ref: Ref }
  /** What you said under this id, and wait for, has been done: every edge finds the store so. */
  | { type: 'done'; id: AskId }
  /** The answer to `purge`, when every edge has it, or has not said so in time (see CoreToWatch). */
  | ({ type: 'purged'; id: AskId; purged: number | null; edges: number; silent: number } & Partial<Spread>)
  /** Acknowledge on the board (EdgeWord.epoch) that no reference older than this epoch is in use. */
  | { type: 'epoch'; epoch: number }
  | { type: 'origins'; origins: OriginRow[] }
  /** What all nodes seal session tickets with. */
  | { type: 'tickets'; seeds: readonly TicketSeed[] }
  /** The waiting rooms there are. */
  | { type: 'rooms'; rooms: RoomFacts[] }
  | RoomAnswer
  | FromNodes
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

/** Watch asks core for an operator. Each question is answered once, with its id. */
export type WatchToCore =
  /** `site` is the site's name, or null where there is one site only. The origin keeps its place on the board until removed. */
  | { type: 'origin-add'; id: AskId; site: string | null; url: string }
  /** No new requests to it; those in flight end by themselves. */
  | { type: 'origin-drain'; id: AskId; site: string | null; url: string }
  /** Drained first; its place on the board is free once nothing is in flight. */
  | { type: 'origin-remove'; id: AskId; site: string | null; url: string }
  /**
   * Purges every stored response whose key begins with one of these: takes it out of the index, or, `soft`, leaves it to be
   * served until a new one has come. Answered `purged` when it is done, on every edge and on disk.
   */
  | { type: 'purge'; id: AskId; below: string[]; soft: boolean }
  /** The same for single URLs: the keys of each, all variants. */
  | { type: 'purge-keys'; id: AskId; urls: string[][]; soft: boolean }
  /** The same for all that has a tag of one of these hashes (store/purged-tags.ts). */
  | { type: 'purge-tags'; id: AskId; hashes: number[]; soft: boolean }
  /**
   * Puts a site (null where there is one only) into a mode, until then (wall clock, milliseconds) or, for null, another command. `why` is
   * for the log.
   */
  | { type: 'mode'; id: AskId; of: string | null; mode: Mode; until: number | null; why: string }
  /** Puts a snapshot of a site into use, 0 for none; answered `mode-set`. */
  | { type: 'snapshot'; id: AskId; of: string; version: number }
  /** How a waiting room of a site is to call in place of what the config says; null: as the config says. Answered `admission-set`. */
  | { type: 'admission'; id: AskId; of: string; room: string; admission: Admission | null }
  /** Changes how fast visitors come into a waiting room; site and room are null where there is one only. */
  | { type: 'waiting-room'; id: AskId; of: string | null; room: string | null; change: RoomChange }
  /** A lost node is gone for good: what it held is free. Answered `cluster-forgotten`. */
  | { type: 'cluster-forget'; id: AskId; node: string }
  | ({ id: AskId } & ClusterQuestion)
  /** Sent each second; what comes back is what operators see. `figures` are for the other nodes. */
  | { type: 'status'; id: AskId; figures?: Figures }

export type CoreToWatch =
  | { type: 'done'; id: AskId; origins: OriginRow[] }
  /** So many responses were purged, or so many of the URLs had something stored; null by tags, which nobody counts. So many edges have acknowledged it, and so many not in time. */
  | ({ type: 'purged'; id: AskId; purged: number | null; edges: number; silent: number } & Partial<Spread>)
  /** It stands on the board. */
  | { type: 'mode-set'; id: AskId }
  | { type: 'admission-set'; id: AskId }
  | { type: 'cluster-forgotten'; id: AskId }
  | ({ id: AskId } & ClusterAnswer)
  /** The room goes by it. */
  | { type: 'room-changed'; id: AskId; rooms: RoomState[] }
  | { type: 'not-done'; id: AskId; code: NotDone; message: string }
  | { type: 'status'; id: AskId; status: CoreStatus }

/** Core tells the journal what to copy to disk. Keys are latin1. */
export type CoreToJournal =
  /** First on the channel. With `load` the store is new: read back what is on disk. Otherwise memory is the truth, and the disk is written anew. */
  | { type: 'begin'; load: boolean }
  /** Copy this record; its place is not used again before an epoch later than this is acknowledged. */
  | { type: 'stored'; ref: Ref; serial: number }
  /** What is stored under these keys is gone. */
  | { type: 'removed'; keys: string[] }
  /** So is every record up to this serial whose key begins with the prefix; or, `soft`, it was marked as purged. */
  | { type: 'purged'; prefix: string; serial: number; soft: boolean }
  /** Whatever was told before with a tag of one of these hashes is gone; or, `soft`, was marked as purged. */
  | { type: 'tagged'; hashes: number[]; soft: boolean }
  /** The body of a record that is gone: its file is to be removed. */
  | { type: 'dropped'; name: string }
  /** Answer `settled` once all told before is written; with `durable`, so that it outlives a crash of the machine too. */
  | { type: 'settle'; id: AskId; durable: boolean }
  /** Acknowledge on the journal's row of the board, as an edge does on its own. */
  | { type: 'epoch'; epoch: number }
  /** The answer to `place`: 0 where there is no room. */
  | { type: 'placed'; id: AskId; refs: Ref[] }
  /** The answer to `restore`. */
  | { type: 'restored'; id: AskId }

export type JournalToCore =
  /** Serials of an earlier process go up to this one: placements count on from there. */
  | { type: 'serial'; serial: number }
  /** Asks for places for records read from disk, of so many bytes each, in room that is free: nothing is evicted for them. */
  | { type: 'place'; id: AskId; bytes: number[] }
  /** These places hold records of an earlier process, newest first: put each into the index unless its key is there. */
  | { type: 'restore'; id: AskId; refs: Ref[] }
  | { type: 'settled'; id: AskId }
  | { type: 'copy'; copy: CopyState }

/** How the copy of the store on disk is. */
export interface CopyState {
  /** `off`: nothing is copied now, `why` tells the reason; it is tried again by itself. */
  state: 'loading' | 'copying' | 'off'
  why: string | null
  /** On disk. */
  files: number
  bytes: number
  /** Records read back at the start. */
  restored: number
  /** Records left out because the disk was too slow for them. */
  leftOut: number
}

/** Why core did not do what an operator asked for. */
export type NotDone =
  | NotForgotten
  | 'no-cluster'
  | 'bad-url'
  | 'unknown-site'
  | 'unknown-room'
  | 'which-site'
  | 'unknown-origin'
  | 'already-there'
  | 'last-origin'
  | 'full'
  | 'which-room'

/** What only core knows. The numbers that are on the board are not repeated here. */
export interface CoreStatus {
  origins: OriginRow[]
  /** Fetches that others may wait for, now in flight. */
  flights: number
  /** Requests that wait in core's queues. */
  queued: number
  store: { records: number; bytesUsed: number; bytesTotal: number; bytesOnDisk: number; evicted: number }
  /** The store's copy on disk; null while no journal has told. */
  copy: CopyState | null
  rooms: RoomState[]
  /** Null on a machine by itself. */
  cluster: ClusterState | null
}

/** A file of the public status page. */
export interface StatusFile {
  name: string
  type: string
  body: string
}

/** What is shown to a certificate authority that looks whether a name is ours (RFC 8555 section 8.3, RFC 8737), while it looks. */
export interface ChallengeAnswers {
  /** Token and text, below /.well-known/acme-challenge/. */
  http: [token: string, text: string][]
  /** The certificate to show for a name to whoever asks for the protocol acme-tls/1; PEM. */
  alpn: { name: string; chain: string; key: string }[]
}

/** What the supervisor tells watch of the process, after each change. */
export interface ProcessState {
  version: string
  pid: number
  /** Wall clock, milliseconds. */
  startedAt: number
  phase: 'starting' | 'serving' | 'draining'
  /** Where visitors are served: "0.0.0.0:8080". Empty until the first edge listens. */
  listening: string[]
  /** The same where HTTPS is served. */
  secure: string[]
  /** What the process could not do as it was told, in words: "one edge only, because …". */
  notices: string[]
  threads: ThreadRow[]
  config: ConfigState
}

export interface ThreadRow {
  role: Birth['role']
  slot: number
  state: 'starting' | 'serving' | 'waiting'
  /** How often its place was filled anew since the process started. */
  restarts: number
  /** Why the last one died. */
  lastDeath: string | null
}

export interface ConfigState {
  /** 1 for the config of the start, one more for each reload that was applied. */
  generation: number
  /** Wall clock, milliseconds. */
  appliedAt: number
  /** The last reload was refused: what was wrong with it. The config before it goes on serving. */
  refused: { at: number; errors: string[] } | null
  /** Options changed in the file that take effect at the next start only. */
  afterRestart: string[]
}

/** Supervisor to every thread. */
export type Order =
  | HandoverOrder
  | { type: 'config'; config: Config }
  /** Every edge has applied the config that came last (for core): it may part with the sites that are not in it. */
  | { type: 'config-everywhere' }
  /** Finish what is in flight, take nothing new, report `drained`, then exit. `within` is milliseconds. */
  | { type: 'drain'; within: number }
  /** A new core stands at the other end of this port; what was asked of the old one is lost. */
  | { type: 'core'; port: MessagePort }
  /** A new edge stands at the other end (for core). */
  | { type: 'edge'; slot: number; port: MessagePort }
  /**
   * The edge in this slot has died: its permits, questions and hazards are void (for core). Core takes back what the edge
   * had in flight on the board and its hazards, then reports `edge-forgotten`; only then is the slot filled again. Levels
   * only (in flight, streams, connections): sums stay, because who reads them adds differences.
   */
  | { type: 'edge-gone'; slot: number }
  /** Watch stands at the other end (for core). An older port is void. */
  | { type: 'watch'; port: MessagePort }
  /** The forms thread, or a new one, stands at the other end (for edges and watch). */
  | { type: 'forms'; port: MessagePort }
  /** The journal stands at the other end (for core). An older port is void. */
  | { type: 'journal'; port: MessagePort }
  /** How the process is (for watch). */
  | { type: 'state'; state: ProcessState }
  /** Sums of an edge (for watch). */
  | ({ type: 'sums' } & EdgeSums)
  /** The status page as watch has made it; passed on to edges. */
  | { type: 'status-page'; files: StatusFile[] }
  /** Ordered certificates in the data directory may be new, and these challenges are open; passed on to edges. */
  | { type: 'certificates'; answers: ChallengeAnswers }
  /** The answer to watch's `reload`. Errors: what is wrong with the config; none when it is applied. */
  | { type: 'reloaded'; id: AskId; errors: string[]; state: ConfigState }

/** Every thread to the supervisor. */
export type Report =
  | HandoverReport
  /** Of an edge only once it listens, with `listen: string[]` in detail; of watch with `admin: string`. */
  | { type: 'ready'; detail: Record<string, unknown> }
  | { type: 'log'; level: LogLevel; event: string; detail: Record<string, unknown> }
  | { type: 'drained' }
  | { type: 'config-applied' }
  /** Core has cleared up after the edge that died in this slot. */
  | { type: 'edge-forgotten'; slot: number }
  /** An operator asks for it, through watch. */
  | { type: 'reload'; id: AskId }
  | { type: 'drain' }
  /** Passed on to watch. */
  | ({ type: 'sums' } & EdgeSums)
  /** The status page (for edges; of watch, passed on). */
  | { type: 'status-page'; files: StatusFile[] }
  /** Of ordered certificates (for edges; of watch, passed on). */
  | { type: 'certificates'; answers: ChallengeAnswers }

export type LogLevel = 'info' | 'warn' | 'error'

/** What every worker thread is started with. */
export interface Birth {
  role: 'edge' | 'core' | 'journal' | 'forms' | 'watch'
  slot: number
  config: Config
  board: SharedArrayBuffer
  store: StoreMemory
  /** Of the data directory: what forms of copied pages are signed with. */
  formKey: Uint8Array
  /** Drawn at the start of the process: what TLS session tickets are sealed with, on every edge alike. */
  ticketSecret: Uint8Array
  /** To core (edges, watch, journal), or null where there is none. */
  core: MessagePort | null
  /** Descriptors to listen on, by address (formatListenAddress); without any the thread opens a socket. */
  sockets: Record<string, number[]>
}

/** The store's shared memory, as handed to each thread. */
export interface StoreMemory {
  /** All of one size; see store/segments.ts. */
  segments: SharedArrayBuffer[]
  index: SharedArrayBuffer
  hazards: SharedArrayBuffer
}
