// The board: one piece of shared memory that every thread sees. Edges write their own rows, so no two threads contend for
// a word on a hot path; core and watch read all rows. Counters are 32-bit and wrap: a reader that looks each second adds
// the difference modulo 2^32 to its own sum, so a row would have to count 4 GiB in one second to be misread.
//
// It also carries the limiter: core (who decides) writes how many requests each origin bears, edges (who enforce) count
// what they have in flight beside it and take a permit without asking anybody while there is room.

import { counterNames } from './counters.ts'
import { CONDUCT_WORDS } from './conduct.ts'
import { RATE_BYTES } from './rates.ts'
import { SKETCH_BYTES } from './sketch.ts'
import { MAX_ROOMS, ROOM_BYTES, RoomRow } from './rooms.ts'

/** Rows for edges: 64 threads saturate any machine this is meant for. The last row is the journal's (see store/hazards.ts). */
export const MAX_EDGES = 64
/** Origins over all sites. 256 × 64 edges × 16 words = 1 MiB of board. */
export const MAX_ORIGINS = 256

/** What core tells edges about an origin. Times are milliseconds on the wall clock. */
export const OriginWord = {
  /** Requests that may be in flight now; 0 while it is down, draining or unused. */
  limit: 0,
  /** Asks that wait in core's queue for this origin's site; while above 0 nobody takes a permit past the queue. */
  waiting: 1,
  /** 1 while the origin counts as ailing: stale responses stand in at once. */
  ailing: 2,
  /** Number made from site and URL, 0 for an unused row: so a new core finds the row that an origin has had before. */
  identity: 3,
  /** Asks that wait, by class of its site, and those that were refused, which wrap: one word a class each. */
  waitingByClass: 4,
  shedByClass: 12,
  /** Requests of the class that may be in flight now; 0 where the origin's limit alone holds. */
  limitByClass: 20,
} as const

/** Classes of a site, the one of all that have no other included. */
export const MAX_CLASSES = 8

/** What an edge writes about an origin: one row an edge and origin. */
export const FlightWord = {
  /** Requests in flight from this edge. */
  inFlight: 0,
  /** Whole answers below 500. */
  good: 1,
  /** Answers of 500 and above. */
  bad: 2,
  /** Connect, first-byte and idle time-outs. */
  timeouts: 3,
  /** Refused, reset or cut-short connections. */
  resets: 4,
  /** Sum of the times to first byte, milliseconds, of good answers. */
  firstByteMs: 5,
  /** Streams (upgrades, event streams, slow readers past the spool): outside the limit, in a bound of their own. */
  streams: 6,
  /** Requests in flight by class, one word each. */
  inFlightByClass: 7,
} as const

const ORIGIN_WORDS = 4 + 3 * MAX_CLASSES
const FLIGHT_WORDS = 16
/** Latency histogram: 40 octaves-of-eight buckets cover 1 µs to 2^40 µs at ≤ 12.5% relative width. See latencyBucket. */
export const LATENCY_BUCKETS = 256

/**
 * Times to first byte for each edge and origin, from which core finds out what an origin bears: eight buckets for each
 * doubling from 0.5 ms to 33 s. Faster ones fall into the first, since there the noise is ours.
 */
export const FIRST_BYTE_BUCKETS = 128

/** What an edge writes about a class of requests to an origin, where the site has classes: good answers by time to first byte, then these. */
export const ClassWord = {
  bad: FIRST_BYTE_BUCKETS,
  timeouts: FIRST_BYTE_BUCKETS + 1,
  resets: FIRST_BYTE_BUCKETS + 2,
} as const
const CLASS_WORDS = FIRST_BYTE_BUCKETS + 4

/** A row's latencies: 0 as visitors saw them in the fast lane, 1 in the slow lane, 2 as the origin gave first bytes, 3 as requests waited for a place. */
export const Latency = { fastLane: 0, slowLane: 1, originFirstByte: 2, queue: 3 } as const
const LATENCIES = 4

/** Words that stand once on the board. */
export const GlobalWord = {
  /** The epoch that core has announced last (see store/epochs.ts). */
  epoch: 0,
  /** Seconds since the epoch when core last ran its tick: how edges see that it stalls. */
  coreTick: 1,
  /** Slots of edges ever used are below this: readers look through so many rows. An edge that died may come back in another slot. */
  slots: 2,
  /** Counts the changes of what stands in the rows of sites (see modes.ts). */
  modes: 3,
  /** The delays of the event loops of the threads that are there once, microseconds, worst of the last second (see pulse.ts). */
  mainDelay: 4,
  coreDelay: 5,
  journalDelay: 6,
  formsDelay: 7,
  watchDelay: 8,
  /** Nodes of the cluster, lost ones too; 0 on a machine by itself. */
  nodes: 9,
  /** Until when shares of limits hold, in seconds of the machine's monotonic clock (board/lease.ts); 0 for without end. */
  sharesUntil: 10,
} as const
const GLOBAL_WORDS = 16

/** Rows for sites: a config has 1000 at most, so each of two configs in a row finds room for its own. 64 KiB of board. */
export const MAX_SITE_ROWS = 2048

/** What stands on the board of a site. */
export const SiteWord = {
  /** The name as two hashes, 0 for an unused row. */
  name: 0,
  nameToo: 1,
  /** The mode that was commanded, its place in the table of modes and one; 0: the config's. */
  mode: 2,
  /** Seconds since the epoch when it was commanded, and when it ends; 0: it does not end by itself. */
  modeSince: 3,
  modeUntil: 4,
  /** The snapshot that is in use, seconds since the epoch when it was taken; 0: none. */
  snapshot: 5,
} as const
const SITE_WORDS = 8

const EDGE_COUNTERS = 64
const EDGE_WORDS = EDGE_COUNTERS + 16 + LATENCIES * LATENCY_BUCKETS
/** Words of an edge's row after the counters. */
export const EdgeWord = {
  /** The epoch this edge has acknowledged. */
  epoch: EDGE_COUNTERS,
  /** 1 from before the edge's first look into the store until its thread ends: core waits for its acknowledgements. */
  alive: EDGE_COUNTERS + 1,
  /** Event-loop delay, microseconds, worst of the last second. */
  loopDelay: EDGE_COUNTERS + 2,
  /** Used heap, KiB. */
  heap: EDGE_COUNTERS + 3,
} as const

/** Sites whose answers are counted apart; those beyond share the last row. 256 × 64 edges × 4 words = 256 KiB. */
export const MAX_SCORES = 256
/** What an edge counts of a site: its Apdex (see scores.ts). */
export const ScoreWord = { satisfied: 0, tolerating: 1, frustrated: 2 } as const
const SCORE_WORDS = 4

/** Words of the sketch of visitors: key and period, then the sketches (see visitors.ts). */
const VISITOR_WORDS = 4
/** Seconds of one sketch. */
export const SKETCH_SECONDS = 5
/** Five minutes, and the one being filled: 61 × 64 KiB = 3.8 MiB, of which a quiet site touches little. */
export const SKETCHES = 61
/** 2^16 registers of a byte: a standard error of 1.04 / sqrt(2^16) = 0.4%, so 2% are five of them. */
export const REGISTERS = 2 ** 16

const WORD = 4
const EDGES_AT = GLOBAL_WORDS
const ORIGINS_AT = EDGES_AT + MAX_EDGES * EDGE_WORDS
const FLIGHTS_AT = ORIGINS_AT + MAX_ORIGINS * ORIGIN_WORDS
const SITES_AT = FLIGHTS_AT + MAX_EDGES * MAX_ORIGINS * FLIGHT_WORDS
/** The table of rates (rates.ts), on a boundary of 64 bytes. */
const RATES_AT = Math.ceil((SITES_AT + MAX_SITE_ROWS * SITE_WORDS) / 16) * 16
/** Where the table of rates begins, in bytes. */
export const RATES_OFFSET = RATES_AT * WORD
const SCORE_NAMES_AT = RATES_AT + RATE_BYTES / WORD
const SCORES_AT = SCORE_NAMES_AT + MAX_SCORES
const VISITORS_AT = SCORES_AT + MAX_EDGES * MAX_SCORES * SCORE_WORDS
const SKETCHES_AT = VISITORS_AT + VISITOR_WORDS
/** How many connections each address has open (sketch.ts): 64 parts of 64 KiB, taken by the system only where written. */
const COUNTS_AT = SKETCHES_AT + (SKETCHES * REGISTERS) / WORD
/** Where they begin, in bytes. */
export const COUNTS_OFFSET = COUNTS_AT * WORD
/** 128 words for each edge and origin are 8 MiB of addresses, of which only what is used takes memory. */
const FIRST_BYTES_AT = COUNTS_AT + (MAX_EDGES * SKETCH_BYTES) / WORD
/** A word that says whether the key of tickets is there, eight of key, and one to fill up. */
const KEY_WORDS = 10
const KEY_AT = FIRST_BYTES_AT + MAX_EDGES * MAX_ORIGINS * FIRST_BYTE_BUCKETS
/** How clients behave (conduct.ts): 4.6 MiB of addresses, of which only what is used takes memory. */
const CONDUCT_AT = KEY_AT + KEY_WORDS
/** Where that begins, in bytes. */
export const CONDUCT_OFFSET = CONDUCT_AT * WORD
/** 132 words for each edge, origin and class are 66 MiB of addresses; memory only where a site has classes. */
const CLASSES_AT = CONDUCT_AT + CONDUCT_WORDS
/** The waiting rooms (rooms.ts) come last: nearly all of their bytes are never touched. */
const ROOMS_AT = CLASSES_AT + MAX_EDGES * MAX_ORIGINS * MAX_CLASSES * CLASS_WORDS
const TOTAL_WORDS = ROOMS_AT + (MAX_ROOMS * ROOM_BYTES) / WORD

/** Views over the board's memory. Every thread makes its own from the same SharedArrayBuffer. */
export class Board {
  readonly memory: SharedArrayBuffer
  readonly words: Int32Array<SharedArrayBuffer>

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(TOTAL_WORDS * WORD)) {
    this.memory = memory
    if (counterNames.length > EDGE_COUNTERS) throw new RangeError('the board has room for 64 counters an edge')
    this.words = new Int32Array(memory, 0, ROOMS_AT)
  }

  get global(): Int32Array<SharedArrayBuffer> {
    return this.words.subarray(0, GLOBAL_WORDS)
  }

  /** The row of the edge in `slot`: counters by counterIndex, then EdgeWord. */
  edge(slot: number): Int32Array<SharedArrayBuffer> {
    return this.#section(EDGES_AT + slot * EDGE_WORDS, EDGE_WORDS)
  }

  /** A latency histogram of the edge in `slot`; `which` from Latency. */
  latency(slot: number, which: number): Int32Array<SharedArrayBuffer> {
    return this.#section(EDGES_AT + slot * EDGE_WORDS + EDGE_COUNTERS + 16 + which * LATENCY_BUCKETS, LATENCY_BUCKETS)
  }

  /** What core says of the origin: OriginWord. */
  origin(index: number): Int32Array<SharedArrayBuffer> {
    return this.#section(ORIGINS_AT + index * ORIGIN_WORDS, ORIGIN_WORDS)
  }

  /** Good answers of the origin to the edge in `slot`, by `firstByteBucket`. */
  firstBytes(slot: number, index: number): Int32Array<SharedArrayBuffer> {
    const at = FIRST_BYTES_AT + (slot * MAX_ORIGINS + index) * FIRST_BYTE_BUCKETS
    return this.#section(at, FIRST_BYTE_BUCKETS)
  }

  /** How the origin answered the edge in `slot` in requests of a class: times to first byte by `firstByteBucket`, then ClassWord. */
  ofClass(slot: number, index: number, routeClass: number): Int32Array<SharedArrayBuffer> {
    const row = (slot * MAX_ORIGINS + index) * MAX_CLASSES + routeClass
    return this.#section(CLASSES_AT + row * CLASS_WORDS, CLASS_WORDS)
  }

  /** What the edge in `slot` says of the origin: FlightWord. */
  flight(slot: number, index: number): Int32Array<SharedArrayBuffer> {
    return this.#section(FLIGHTS_AT + (slot * MAX_ORIGINS + index) * FLIGHT_WORDS, FLIGHT_WORDS)
  }

  /** What is said of the site in this row: SiteWord. */
  site(row: number): Int32Array<SharedArrayBuffer> {
    return this.#section(SITES_AT + row * SITE_WORDS, SITE_WORDS)
  }

  /** Which site has which row of scores: a number made from its name, 0 for a free row. */
  get scoreNames(): Int32Array<SharedArrayBuffer> {
    return this.#section(SCORE_NAMES_AT, MAX_SCORES)
  }

  /** What the edge in `slot` says of a site's answers: ScoreWord. */
  score(slot: number, index: number): Int32Array<SharedArrayBuffer> {
    return this.#section(SCORES_AT + (slot * MAX_SCORES + index) * SCORE_WORDS, SCORE_WORDS)
  }

  get visitors(): Int32Array<SharedArrayBuffer> {
    return this.#section(VISITORS_AT, VISITOR_WORDS)
  }

  /** All sketches, one behind the other, REGISTERS bytes each. */
  get sketches(): Uint8Array<SharedArrayBuffer> {
    return new Uint8Array(this.memory, SKETCHES_AT * WORD, SKETCHES * REGISTERS)
  }

  /** What core and edges say of a waiting room: RoomWord. */
  room(index: number): RoomRow {
    return new RoomRow(this.memory, ROOMS_AT * WORD + index * ROOM_BYTES)
  }

  /** The key of tickets: 32 bytes behind a word that is 1 once core has put them there. */
  get signingKey(): Int32Array<SharedArrayBuffer> {
    return this.#section(KEY_AT, KEY_WORDS)
  }

  #section(at: number, length: number): Int32Array<SharedArrayBuffer> {
    return new Int32Array(this.memory, at * WORD, length)
  }
}

/**
 * The bucket of a duration in microseconds: exact below 8, then eight buckets for each doubling, so a bucket is at most
 * 12.5% wide. 255 holds everything above 2^34 µs (4.7 hours).
 */
export function latencyBucket(us: number): number {
  if (us < 8) return us | 0
  const whole = us >= 0x7fffffff ? 0x7fffffff : us | 0
  const octave = 31 - Math.clz32(whole)
  return (octave - 2) * 8 + ((whole >> (octave - 3)) & 7)
}

const FIRST_BYTE_FROM = latencyBucket(512)

/** The bucket of a time to first byte in milliseconds. */
export const firstByteBucket = (ms: number): number =>
  Math.min(FIRST_BYTE_BUCKETS - 1, Math.max(0, latencyBucket(ms * 1000) - FIRST_BYTE_FROM))

/** The middle of the bucket, milliseconds. */
export const firstByteMs = (bucket: number): number =>
  (bucketStart(bucket + FIRST_BYTE_FROM) + bucketStart(bucket + FIRST_BYTE_FROM + 1)) / 2000

/** The lowest duration, in microseconds, that falls into the bucket. */
export function bucketStart(bucket: number): number {
  if (bucket < 8) return bucket
  const octave = (bucket >> 3) + 2
  return (8 + (bucket & 7)) * 2 ** (octave - 3)
}
