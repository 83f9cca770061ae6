// How often each key has been seen, in shared memory, for all edges together: the generic cell rate algorithm (GCRA, ITU-T
// I.371, also "leaky bucket as a meter"). Of a key it needs one number alone, the moment at which all it took is paid off (the
// theoretical arrival time, TAT). Key and moment share one word of 64 bits, so that one compare-and-swap decides: no lock, and no
// two edges ever give the same place twice. Nothing is here before a limit is configured; the pages of the table are the
// system's until somebody writes to them.
//
//   63 ········· 42  41 ······························· 0
//   mark of the key  TAT, microseconds modulo 2^42 (50.9 days)
//
// A key that is not there counts as one that took nothing. Whoever needs it puts it in with nothing taken, and looks at the
// whole bucket again before taking anything: of two edges that put the same key in at once the later one sees both, and
// removes the one that is behind by compare-and-swap before it takes from the other (see #settle and #isAlone).

/** Entries of a bucket: 64 bytes, one line of the processor's cache. */
const WAYS = 8
/** 65,536 buckets of 8: 524,288 keys in 4 MiB. */
const BUCKETS = 65_536
/** Bytes of the table on the board. */
export const RATE_BYTES = BUCKETS * WAYS * 8

const RANGE = 2 ** 42
const HALF = RANGE / 2
/** No window is longer (config/kinds/rate.ts): a moment further ahead is one that lies 50 days back. */
const LONGEST = 86_400 * 1e6
const EMPTY = 0n
/** Tries before a request goes uncounted: only edges that push each other out of one full bucket at each try come so far. */
const MOST_TRIES = 64

/** Index of the upper half of a 64-bit word, in words of 32 bits. */
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0
const LOW = 1 - HIGH

/** Where a key lies, and what it is told from others by: one in 500,000 keys shares its place with another (8 of 2^22). */
export interface RateKey {
  readonly bucket: number
  /** 22 bits, never 0. */
  readonly mark: number
}

/** A rate: one request each `interval` microseconds in the long run, and at most `burst` microseconds' worth at once. Whole numbers. */
export interface Rate {
  readonly interval: number
  readonly burst: number
}

/** `count` requests in `ms` milliseconds, all of which may come at once; rounded down by less than a microsecond a request. */
export function rateOf(count: number, ms: number): Rate {
  const interval = Math.ceil((ms * 1000) / count)
  return { interval, burst: interval * count }
}

export class RateTable {
  readonly #words: BigUint64Array<SharedArrayBuffer>
  readonly #halves: Uint32Array<SharedArrayBuffer>
  readonly #buckets: number
  readonly #seed: number
  /** One word, seen whole and in halves. */
  readonly #whole = new BigUint64Array(1)
  readonly #parts = new Uint32Array(this.#whole.buffer)

  /** `seed` is the process's own, so that nobody outside can choose keys that fall together; `buckets` a power of two. */
  constructor(memory: SharedArrayBuffer, at: number, seed: number, buckets: number = BUCKETS) {
    this.#words = new BigUint64Array(memory, at, buckets * WAYS)
    this.#halves = new Uint32Array(memory, at, buckets * WAYS * 2)
    this.#buckets = buckets
    this.#seed = seed
  }

  key(text: string): RateKey {
    let a = this.#seed ^ 0x243f6a88
    let b = this.#seed ^ 0x85a308d3
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      a = Math.imul(a ^ code, 0x01000193)
      b = Math.imul(b ^ code, 0x5bd1e995)
      b ^= b >>> 15
    }
    return { bucket: mixed(a ^ b) & (this.#buckets - 1), mark: mixed(b + Math.imul(a, 0x9e3779b1)) >>> 10 || 1 }
  }

  /**
   * Takes one request's worth from the key at `now` (shared microseconds, see base/clock.ts). Microseconds until all that
   * was taken is paid off when it was within the rate; else nothing is taken, and minus the microseconds until one more will be.
   */
  take(key: RateKey, rate: Rate, now: number): number {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const at = this.#settle(key, now)
      if (at === -1) continue
      const seen = Atomics.load(this.#words, at)
      if (!this.#isAlone(key, at) || !this.#holds(seen, key.mark)) continue
      const next = this.#ahead(now, rate.burst) + rate.interval
      if (next > rate.burst) return rate.burst - next
      if (this.#swap(at, seen, key.mark, now + next)) return next
    }
    return rate.interval
  }

  /** Gives back what `take` took, for a request that was refused for another reason. */
  give(key: RateKey, rate: Rate, now: number): void {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const at = this.#find(key)
      if (at === -1) return
      const seen = Atomics.load(this.#words, at)
      if (!this.#holds(seen, key.mark)) continue
      const left = this.#ahead(now, rate.burst) - rate.interval
      if (left < 0 || this.#swap(at, seen, key.mark, now + left)) return
    }
  }

  /** Microseconds until all that the key took is paid off; 0 for one that took nothing. */
  ahead(key: RateKey, rate: Rate, now: number): number {
    const at = this.#find(key)
    if (at === -1) return 0
    return this.#holds(Atomics.load(this.#words, at), key.mark) ? this.#ahead(now, rate.burst) : 0
  }

  /** The key's place, with no second one beside it; -1 when something changed meanwhile. */
  #settle(key: RateKey, now: number): number {
    const first = key.bucket * WAYS
    let best = -1
    let bestAhead = -1
    let victim = first
    let least = Infinity
    for (let at = first; at < first + WAYS; at++) {
      const high = Atomics.load(this.#halves, at * 2 + HIGH)
      const ahead = high === 0 ? -1 : aheadOf(high, Atomics.load(this.#halves, at * 2 + LOW), now, LONGEST)
      if (ahead < least) [victim, least] = [at, ahead]
      if (high >>> 10 !== key.mark) continue
      if (best !== -1) {
        const isBehind = ahead > bestAhead
        if (!this.#remove(isBehind ? best : at, isBehind ? bestAhead : ahead, key.mark, now)) return -1
        if (!isBehind) continue
      }
      ;[best, bestAhead] = [at, ahead]
    }
    if (best === -1) this.#putIn(victim, least, key.mark, now)
    return best
  }

  /** Puts the key in with nothing taken, in the place of what is empty, paid off, or nearest to it: that one is forgiven the rest. */
  #putIn(at: number, least: number, mark: number, now: number): void {
    const seen = Atomics.load(this.#words, at)
    this.#whole[0] = seen
    if (seen !== EMPTY && aheadOf(this.#parts[HIGH]!, this.#parts[LOW]!, now, LONGEST) > least) return
    this.#swap(at, seen, mark, now)
  }

  /** Takes out a second entry of the key, unless somebody has taken from it since it was `ahead` microseconds ahead. */
  #remove(at: number, ahead: number, mark: number, now: number): boolean {
    const seen = Atomics.load(this.#words, at)
    if (!this.#holds(seen, mark) || this.#ahead(now, LONGEST) !== ahead) return false
    return Atomics.compareExchange(this.#words, at, seen, EMPTY) === seen
  }

  /**
   * Whether no other entry of the bucket is of the key, asked after the entry at `at` was read: a second one that is put in
   * later is put in by somebody who sees this one, and so this word changes before anybody takes from that.
   */
  #isAlone({ bucket, mark }: RateKey, at: number): boolean {
    for (let other = bucket * WAYS; other < (bucket + 1) * WAYS; other++)
      if (other !== at && Atomics.load(this.#halves, other * 2 + HIGH) >>> 10 === mark) return false
    return true
  }

  #find({ bucket, mark }: RateKey): number {
    for (let at = bucket * WAYS; at < (bucket + 1) * WAYS; at++)
      if (Atomics.load(this.#halves, at * 2 + HIGH) >>> 10 === mark) return at
    return -1
  }

  /** Whether the word is of the key; it lies in `#parts` then, for `#ahead`. */
  #holds(word: bigint, mark: number): boolean {
    this.#whole[0] = word
    return this.#parts[HIGH]! >>> 10 === mark
  }

  #ahead(now: number, most: number): number {
    return aheadOf(this.#parts[HIGH]!, this.#parts[LOW]!, now, most)
  }

  #swap(at: number, seen: bigint, mark: number, moment: number): boolean {
    const within = moment % RANGE
    this.#parts[HIGH] = (mark << 10) | Math.floor(within / 2 ** 32)
    this.#parts[LOW] = within >>> 0
    return Atomics.compareExchange(this.#words, at, seen, this.#whole[0]!) === seen
  }
}

/** Microseconds from `now` to the moment in the word; 0 for one that is past, or further ahead than anybody may be. */
function aheadOf(high: number, low: number, now: number, most: number): number {
  let ahead = ((high & 0x3ff) * 2 ** 32 + (low >>> 0) - (now % RANGE)) % RANGE
  if (ahead >= HALF) ahead -= RANGE
  else if (ahead < -HALF) ahead += RANGE
  return ahead > 0 && ahead <= most ? ahead : 0
}

/** Every bit of the result depends on every bit of the hash. */
export function mixed(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b)
  return (h ^ (h >>> 16)) >>> 0
}
