// How clients and their networks behave, in shared memory, for all edges together: what a score is made from (doubt.ts). A row is
// 64 bytes; the table is bounded, and whoever was least active makes room. Only requests that need the origin are noted, so a hit
// pays nothing. Sums fade: half is gone after ten seconds of the short ones, after a minute of the long ones.
//
// Rows are evidence and not accounts: two edges may write one at the same instant, and a lost count changes nothing that matters.

import type { Conduct, Surroundings } from './doubt.ts'
import { mixed } from './rates.ts'

const WAYS = 4
const ROW = 16
/** 65,536 clients are 4 MiB, 8,192 networks 512 KiB, of which only what is used takes memory. */
const CLIENT_ROWS = 65_536
const NETWORK_ROWS = 8192
/** Paths are told apart by hash: a new one shares its place with a known one in a busy site, which makes it look usual. */
const PATHS = 4096
/** Seconds for which paths are gathered before they count as known: the half of an hour before, and the one now. */
const PATHS_FOR = 1800
/** Until so many requests were seen in the half-hour before, no path is unusual. */
const PATHS_KNOWN_FROM = 1000

const HEADER = 16
const Header = {
  pressedUntil: 0,
  clientBits: 1,
  networkBits: 2,
  perNetwork: 3,
  pathsBegan: 4,
  pathsOf: 5,
  pathsBefore: 6,
  /** What hashes begin with: a reader needs the writers'. */
  seed: 7,
  /** Clients that asked for anything in the last minute. */
  clients: 8,
} as const
const CROWD_AT = HEADER
const CLIENTS_AT = CROWD_AT + ROW
const NETWORKS_AT = CLIENTS_AT + CLIENT_ROWS * ROW
const PATHS_AT = NETWORKS_AT + NETWORK_ROWS * ROW
export const CONDUCT_WORDS = PATHS_AT + 2 * PATHS

const Word = {
  /** Hash of the key, with its kind in the second and third bit; 0 for a free row. */
  mark: 0,
  high: 1,
  low: 2,
  /** When it last faded, in steps of 2 s; when it was first seen, seconds. */
  step: 3,
  since: 4,
  /** Sums, in 64ths. The first fades fast. */
  asked: 5,
  total: 6,
  light: 7,
  parts: 8,
  cookies: 9,
  given: 10,
  heeded: 11,
  early: 12,
  odd: 13,
  /** Until when it was told to wait, and when one of its requests was last let on: hundredths of a second. */
  told: 14,
  admitted: 15,
} as const
export type Sum = 'asked' | 'total' | 'light' | 'parts' | 'cookies' | 'given' | 'heeded' | 'early' | 'odd'

const UNIT = 64
const STEP = 2
const FAST = 2 ** (-STEP / 10)
const SLOW = 2 ** (-STEP / 60)
/** Beyond so many steps nothing is left of any sum. */
const ALL = 600

/** Pressure holds so long after it was last seen: seconds. */
const PRESSED_FOR = 30
/** Of the requests that need the origin, so many have found it full lately, and this share of all. */
const PRESSED_FROM = 20
const PRESSED_SHARE = 0.2

/** What is left of a single request after a minute. */
const ACTIVE = 0.5
/** From so many clients on it is a crowd. Whoever is nearly alone, a load test or a proxy for all, takes nothing from anybody. */
const MANY = 50

export const ClientKind = { ipv4: 1, ipv6: 2 } as const

/** A client: an IPv4 address (`high` 0), or the first 64 bits of an IPv6 one. */
export interface ClientKey {
  readonly kind: (typeof ClientKind)[keyof typeof ClientKind]
  readonly high: number
  readonly low: number
}

/** A client as the table has it. */
export interface KnownClient extends ClientKey {
  readonly conduct: Conduct
  readonly network: Conduct
}

/** Place of a row, in words. */
export type RowAt = number

interface Bits {
  readonly bits: number
  readonly sum: number
  readonly most: number
  readonly all: number
  readonly rows: number
}

export class ConductTable {
  readonly #words: Int32Array<SharedArrayBuffer>

  /** `at` is in bytes; `seed` the process's own, so that nobody outside can choose addresses that push each other out. */
  constructor(memory: SharedArrayBuffer, at: number, seed?: number) {
    this.#words = new Int32Array(memory, at, CONDUCT_WORDS)
    if (seed !== undefined) Atomics.store(this.#words, Header.seed, seed)
  }

  get #seed(): number {
    return Atomics.load(this.#words, Header.seed)
  }

  /** The row of a client, made where there is none; faded to `now` (shared microseconds). */
  client(key: ClientKey, now: number): RowAt {
    return this.#row(CLIENTS_AT, CLIENT_ROWS, key.kind, key.high, key.low, now)
  }

  /** The row of its network: /24 of IPv4, /48 of IPv6. */
  network({ kind, high, low }: ClientKey, now: number): RowAt {
    const mask = kind === ClientKind.ipv4 ? ~0xff : ~0xffff
    return this.#row(NETWORKS_AT, NETWORK_ROWS, kind, high, low & mask, now)
  }

  add(row: RowAt, sum: Sum, amount = 1): void {
    Atomics.add(this.#words, row + Word[sum], Math.round(amount * UNIT))
  }

  /** Hundredths of a second until it may come again, as it was told; 0 or less when that is over or nothing was told. */
  toldFor(row: RowAt, now: number): number {
    const told = Atomics.load(this.#words, row + Word.told)
    return told === 0 ? 0 : (told - hundredths(now)) | 0
  }

  wasTold(row: RowAt): boolean {
    return Atomics.load(this.#words, row + Word.told) !== 0
  }

  tell(row: RowAt, seconds: number, now: number): void {
    Atomics.store(this.#words, row + Word.told, (hundredths(now) + Math.round(seconds * 100)) | 0 || 1)
  }

  forgetTold(row: RowAt): void {
    Atomics.store(this.#words, row + Word.told, 0)
  }

  /** Lets a request of it on unless one was within `seconds`; else the seconds until one will be. */
  admit(row: RowAt, seconds: number, now: number): number {
    const last = Atomics.load(this.#words, row + Word.admitted)
    const wait = last === 0 ? 0 : seconds - ((hundredths(now) - last) | 0) / 100
    if (wait > 0) return wait
    Atomics.store(this.#words, row + Word.admitted, hundredths(now) || 1)
    return 0
  }

  conduct(row: RowAt, now: number): Conduct {
    const of = (sum: Sum): number => Math.max(0, Atomics.load(this.#words, row + Word[sum])) / UNIT
    const since = Atomics.load(this.#words, row + Word.since)
    return {
      ...{ asked: of('asked'), total: of('total'), light: of('light'), parts: of('parts'), cookies: of('cookies') },
      given: of('given'),
      ...{ heeded: of('heeded'), early: of('early'), odd: of('odd'), seconds: Math.max(0, seconds(now) - since) },
    }
  }

  /** One more request needs the origin; `isFull`: it found every place taken. */
  press(isFull: boolean, now: number): void {
    this.#fade(CROWD_AT, now)
    this.add(CROWD_AT, 'asked')
    if (!isFull) return
    // In the crowd's own row `light` is what met a full origin; it fades as fast as `asked`.
    this.add(CROWD_AT, 'light')
    const { asked, light } = this.conduct(CROWD_AT, now)
    if (light >= PRESSED_FROM && light >= PRESSED_SHARE * asked)
      Atomics.store(this.#words, Header.pressedUntil, seconds(now) + PRESSED_FOR)
  }

  /** The origin has been short of places within the last half minute, and there are others for whom they would be kept. */
  isPressed(now: number): boolean {
    const until = Atomics.load(this.#words, Header.pressedUntil)
    return until > seconds(now) && this.#many >= MANY
  }

  /** Clients of the last minute: as counted when last surveyed, or those who came since. */
  get #many(): number {
    const newcomers = Atomics.load(this.#words, CROWD_AT + Word.parts) / UNIT
    return Math.max(newcomers, Atomics.load(this.#words, Header.clients))
  }

  /** Notes a path, and says whether it was not asked for in the half-hour before. */
  isOdd(path: string, now: number): boolean {
    const words = this.#words
    const second = seconds(now)
    const began = Atomics.load(words, Header.pathsBegan)
    if (second - began >= PATHS_FOR && Atomics.compareExchange(words, Header.pathsBegan, began, second) === began)
      this.#turnPaths(second - began < 2 * PATHS_FOR)
    let hash = this.#seed
    for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193)
    const at = PATHS_AT + (mixed(hash) & (PATHS - 1))
    Atomics.add(words, at, 1)
    Atomics.add(words, Header.pathsOf, 1)
    return Atomics.load(words, Header.pathsBefore) >= PATHS_KNOWN_FROM && Atomics.load(words, at + PATHS) === 0
  }

  /** What holds for all: entropies, and what a typical network asks for in a minute. */
  get surroundings(): Surroundings {
    const of = (word: number): number => Atomics.load(this.#words, word) / 1000
    return { clientBits: of(Header.clientBits), networkBits: of(Header.networkBits), perNetwork: of(Header.perNetwork) }
  }

  /** Looks through the table, every few seconds, by one thread: entropies of requests over clients and over networks. */
  survey(now: number): void {
    const clients = this.#bits(CLIENTS_AT, CLIENT_ROWS, now)
    Atomics.store(this.#words, Header.clients, clients.rows)
    const networks = this.#bits(NETWORKS_AT, NETWORK_ROWS, now)
    Atomics.store(this.#words, Header.clientBits, Math.round(clients.bits * 1000))
    Atomics.store(this.#words, Header.networkBits, Math.round(networks.bits * 1000))
    // Without the loudest: it would be typical by itself where it asks for nearly all.
    const perNetwork = networks.all > 1 ? (networks.sum - networks.most) / (networks.all - 1) : 0
    Atomics.store(this.#words, Header.perNetwork, Math.min(2 ** 31 - 1, Math.round(perNetwork * 1000)))
  }

  /** Every client that has asked for anything of late. */
  *clients(now: number): Generator<KnownClient> {
    for (let row = CLIENTS_AT; row < NETWORKS_AT; row += ROW) {
      if (Atomics.load(this.#words, row) === 0) continue
      this.#fade(row, now)
      const conduct = this.conduct(row, now)
      if (conduct.total + conduct.early < 0.1) continue
      const kind = kindIn(this.#words[row]!)
      const key = { kind, high: this.#words[row + Word.high]!, low: this.#words[row + Word.low]! }
      yield { ...key, conduct, network: this.conduct(this.network(key, now), now) }
    }
  }

  /** Entropy of requests over the rows, their sum, the most of one row, how many rows have any, and how many are active. */
  #bits(from: number, rows: number, now: number): Bits {
    let [sum, logs, most, all, active] = [0, 0, 0, 0, 0]
    for (let row = from; row < from + rows * ROW; row += ROW) {
      if (Atomics.load(this.#words, row) === 0) continue
      this.#fade(row, now)
      const total = Atomics.load(this.#words, row + Word.total) / UNIT
      if (total <= 0) continue
      sum += total
      all++
      most = Math.max(most, total)
      if (total >= ACTIVE) active++
      logs += total * Math.log2(total)
    }
    return { bits: sum === 0 ? 0 : Math.max(0, Math.log2(sum) - logs / sum), sum, most, all, rows: active }
  }

  #row(from: number, rows: number, kind: number, high: number, low: number, now: number): RowAt {
    const hash = (mixed(Math.imul(mixed(this.#seed ^ high) ^ low, 0x9e3779b1) ^ kind) & ~7) | (kind << 1) | 1
    const words = this.#words
    const bucket = from + ((hash >>> 3) & (rows / WAYS - 1)) * WAYS * ROW
    let victim = bucket
    let least = Infinity
    for (let row = bucket; row < bucket + WAYS * ROW; row += ROW) {
      const mark = Atomics.load(words, row)
      if (mark === hash && words[row + Word.low] === low && words[row + Word.high] === high) {
        this.#fade(row, now)
        return row
      }
      const active = mark === 0 ? -1 : Atomics.load(words, row + Word.total) * SLOW ** this.#steps(row, now)
      if (active < least) [victim, least] = [row, active]
    }
    for (let word = 0; word < ROW; word++) Atomics.store(words, victim + word, 0)
    Atomics.store(words, victim + Word.high, high)
    Atomics.store(words, victim + Word.low, low)
    Atomics.store(words, victim + Word.step, stepOf(now))
    Atomics.store(words, victim + Word.since, seconds(now))
    Atomics.store(words, victim, hash)
    // In the crowd's own row `parts` are clients that came.
    if (from === CLIENTS_AT) this.add(CROWD_AT, 'parts')
    return victim
  }

  #steps(row: RowAt, now: number): number {
    return Math.min(ALL, Math.max(0, stepOf(now) - Atomics.load(this.#words, row + Word.step)))
  }

  /** One of the threads that come in a step makes the sums fade. */
  #fade(row: RowAt, now: number): void {
    const steps = this.#steps(row, now)
    if (steps === 0) return
    const words = this.#words
    const last = Atomics.load(words, row + Word.step)
    if (Atomics.compareExchange(words, row + Word.step, last, stepOf(now)) !== last) return
    const [fast, slow] = [FAST ** steps, SLOW ** steps]
    for (let word: number = Word.asked; word <= Word.odd; word++) {
      const value = Atomics.load(words, row + word)
      // In the crowd's row the second sum is compared with the first.
      const isFast = word === Word.asked || (row === CROWD_AT && word === Word.light)
      Atomics.store(words, row + word, Math.floor(value * (isFast ? fast : slow)))
    }
  }

  #turnPaths(isNext: boolean): void {
    const words = this.#words
    for (let at = PATHS_AT; at < PATHS_AT + PATHS; at++)
      Atomics.store(words, at + PATHS, isNext ? Atomics.exchange(words, at, 0) : Atomics.exchange(words, at, 0) * 0)
    const seen = Atomics.exchange(words, Header.pathsOf, 0)
    Atomics.store(words, Header.pathsBefore, isNext ? seen : 0)
  }
}

const kindIn = (mark: number): ClientKey['kind'] => ((mark >> 1) & 3) as ClientKey['kind']
const seconds = (us: number): number => Math.floor(us / 1e6) % 2 ** 31
const stepOf = (us: number): number => Math.floor(seconds(us) / STEP)
const hundredths = (us: number): number => Math.floor(us / 1e4) | 0
