// How a stored response lies in shared memory: a header of 128 bytes, the cache key, the field lines as they will be
// sent, the body, the hashes of its tags; one piece, beginning at a multiple of 64 bytes. Core alone links records, every edge reads them.
//
//   0        64             112   128   128+key      +fields  +body, to a multiple of 4
//   | words  | times         | words | key | fields     | body   | tags |
//
// A record is written by one edge into a place that nobody else knows yet, then published by core; after that only the
// words marked "live" change. So a reader that finds it in the index sees it whole.

/** Places are counted in units of this many bytes: 2^32 units reach 256 GiB. */
export const UNIT = 64
export const HEADER_BYTES = 128

/** Index of 32-bit words from the record's beginning. */
export const Word = {
  /** State below. Live. */
  state: 0,
  /** Counts up with every placement: tells a record from a later one in the same place. */
  serial: 1,
  /** Length of the place in units. */
  units: 2,
  /** Hash of the key (store/hash.ts). */
  hash: 3,
  /** Neighbours in the eviction queue. Live, core's own. */
  older: 4,
  newer: 5,
  /** 1 once it was hit since the eviction hand passed (SIEVE, NSDI 2024). Live, any edge. */
  visited: 6,
  /** Flag bits below. */
  flags: 7,
  status: 8,
  keyLength: 9,
  fieldsLength: 10,
  bodyLength: 11,
  /** The entity tag within the fields, from their beginning; length 0 for none. */
  etagAt: 12,
  etagLength: 13,
  /** Last-Modified in seconds since the epoch, 0 for none. */
  lastModified: 14,
  /** CRC-32 of key, fields and body: for the copy on disk. */
  checksum: 15,
  /** Behind the times: how many tags it has (store/purged-tags.ts). */
  tags: 28,
  /** Number of the last purge by tag before it was asked for. */
  born: 29,
  /** Early below: whether it is being fetched anew before its time. Live, any edge. */
  early: 30,
} as const

/** Index of 64-bit floats from the record's beginning; milliseconds since the Unix epoch. */
export const Time = {
  storedAt: 8,
  /** Current age = now - ageBase (RFC 9111 section 4.2.3, solved for the moment at which the age was zero). */
  ageBase: 9,
  freshUntil: 10,
  /** End of stale-while-revalidate (RFC 5861), or freshUntil. */
  revalidateUntil: 11,
  /** End of stale-if-error or of the rule's grace, or freshUntil. */
  errorUntil: 12,
  /** Until then edges may serve it stale without asking: core sets it while a refresh is in flight. Live. */
  leaseUntil: 13,
} as const

export const State = { free: 0, filling: 1, published: 2, retired: 3 } as const

/** `due`: the next request that may do so refreshes it. `done`: one did, and whatever came of it, no other one does. */
export const Early = { not: 0, due: 1, done: 2 } as const

export const Flag = {
  /** Not a response: the field names that responses to this key vary by lie in the fields' place (RFC 9111 section 4.1). */
  variesBy: 1,
  /** Not a response: the key was found not storable; go past the cache until freshUntil. */
  hitForMiss: 2,
  /** no-cache: never used without validation (RFC 9111 section 5.2.2.4). */
  noCache: 4,
  /** must-revalidate, proxy-revalidate or s-maxage: never served stale, not even when the origin fails. */
  mustRevalidate: 8,
  /** The entity tag is weak. */
  weakEtag: 16,
  /** Has Last-Modified or an entity tag. */
  validator: 32,
  immutable: 64,
  /** Taken out by a soft purge: serve stale where allowed, validate at the next request. Live. */
  purged: 128,
  /** Text that came without a content coding and is worth one: compressed copies of it may stand beside it (Flag.coded). */
  mayBeCoded: 256,
  /** Not a response: the compressed body of one, whose key and serial stand in the key. It is good for as long as that one is. */
  coded: 512,
  /** The body lies in a file; in its place stands which one (store/on-disk.ts). */
  onDisk: 1024,
} as const

/** Bytes from the record's beginning to its tags, 4 bytes each. */
export const tagsAt = (keyLength: number, fieldsLength: number, bodyLength: number): number =>
  (HEADER_BYTES + keyLength + fieldsLength + bodyLength + 3) & ~3

/** Bytes that a record of these lengths takes; `tags` is their number. */
export const bytesFor = (keyLength: number, fieldsLength: number, bodyLength: number, tags: number): number =>
  tags === 0
    ? HEADER_BYTES + keyLength + fieldsLength + bodyLength
    : tagsAt(keyLength, fieldsLength, bodyLength) + tags * 4
