// One waiting room as this node shares it with the others. Numbers are asked for in batches: all who come while one is under way
// are the next, in the order in which they came. Ten times a second the node says who of those in front is there, and hears how
// far the calling has come. While the server does not answer, who comes gets a number of an epoch of this node's own, which stands
// behind the others as soon as it is back.

import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Log } from '../threads/log.ts'
import type { RoomStanding } from '../threads/cluster.ts'
import type { Epoch, MergedEpoch, RoomState, TakenNumber } from '../threads/rooms.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

/** Milliseconds that a visitor waits for the server. */
const PATIENCE = 500
/** As long as tickets live, and an hour, milliseconds. */
const EPOCHS_KEPT = 25 * 3_600_000
/** Sessions that one round renews or brings back; more wait for the next. */
const MOST_RENEWED = 4096

/** What a node says of the room. */
export interface RoomReport {
  /** Numbers below these it knows as given out, and as called. */
  next: number
  serving: number
  /** The positions that the bits tell of. */
  from: number
  upTo: number
  bits: Buffer
  /** Counted at the board's offsets from `serving` on. */
  present: readonly number[]
  /** Visitors a second, sessions at once; `isGuess`: the rate is what this node's part of the origin bears. */
  rate: number
  sessions: number
  isGuess: boolean
  isOpen: boolean
  idle: number
  longest: number
}

/** What it hears. */
export interface RoomView {
  isSettled: boolean
  /** The server's clock, milliseconds since the epoch, and this node's monotonic one when it was asked. */
  time: number
  asked: number
  next: number
  serving: number
  /** Positions below have been called for certain. */
  reached: number
  active: number
  awaited: number
  returning: number
  /** How many were called, ever. */
  called: number
  nodes: number
  /** Of all nodes. */
  present: number[]
  epochs: MergedEpoch[]
  /** What an operator said on any node; null where that is no news. */
  commanded: Commanded | null
}

type Commanded = RoomState['commanded']

/** What core has of the room. */
export interface RoomHost {
  report(): RoomReport
  heard(view: RoomView): void
  /** A stretch of this node's own has its place: numbers from `base` on are of visitors who are here. */
  merged(epoch: MergedEpoch): void
  /** Numbers of sessions that are known here. */
  inside(): number[]
  ended(number: number): void
}

export interface Wanting {
  number: number
  position: number
  hasSession: boolean
  from: number
  idle: number
  longest: number
  sessions: number
  isShut: boolean
}

/** `left`: milliseconds after which the session is over in any case. `apart`: nobody can tell now. */
export type Entered =
  { type: 'in'; left: number } | { type: 'waits'; ahead: number } | { type: 'spent' } | { type: 'apart' }

/** A draw as a node knows it, or would begin it. */
export interface KnownDraw {
  opens: number
  /** 32 bytes in hexadecimal. */
  seed: string
  from?: number
  isKnown: boolean
}

export interface RoomLineParts {
  link: Pick<Link, 'run'>
  keys: Keys
  clock: Clock
  random: Random
  log: Log
  name: string
  incarnation: string
  site: string
  room: string
  host: RoomHost
  /** Epochs of a process before, that had not been merged. */
  epochs: readonly Epoch[]
}

type Asking = (taken: TakenNumber) => void

export class RoomLine {
  readonly #parts: RoomLineParts
  readonly #keys: string[]
  #asking: Asking[] = []
  #isTaking = false
  #isApart = true
  /** The number of the table that was heard of last. */
  #knows = ''
  /** Given out here while nobody else knew: the last one goes on while it is apart. */
  #epochs: Epoch[]
  #renewed = new Set<number>()
  #had: number[] = []
  #isBusy = false
  #commands = -1
  /** What an operator has said here, and the server has not been told. */
  #unsaid: string | null = null

  constructor(parts: RoomLineParts) {
    this.#parts = parts
    this.#keys = parts.keys.room(parts.site, parts.room)
    this.#epochs = parts.epochs.map(each => ({ ...each }))
  }

  /** Whether numbers are of this node alone now. */
  get isApart(): boolean {
    return this.#isApart
  }

  get state(): RoomStanding {
    const { site, room } = this.#parts
    return { site, room, isApart: this.#isApart, unmerged: this.#epochs.reduce((sum, { count }) => sum + count, 0) }
  }

  /** Not merged yet. */
  get epochs(): readonly Epoch[] {
    return this.#epochs
  }

  take(done: Asking): void {
    if (this.#isApart) return done(this.#ownNumber())
    this.#asking.push(done)
    if (!this.#isTaking) void this.#takeAll()
  }

  async enter({ number, position, hasSession, from, idle, longest, sessions, isShut }: Wanting): Promise<Entered> {
    if (this.#isApart) return { type: 'apart' }
    const args = [number, position, hasSession ? '1' : '0', from, idle, longest, sessions, isShut ? '1' : '0']
    try {
      const [how, many = 0] = (await this.#within(this.#run('room-enter', args))) as [string, number?]
      if (how === 'in') return { type: 'in', left: many }
      return how === 'spent' ? { type: 'spent' } : { type: 'waits', ahead: many }
    } catch {
      this.part()
      return { type: 'apart' }
    }
  }

  /** The number that an invitation is for, or why there is none. */
  async redeem(serial: number, from: number): Promise<number | 'unkept' | 'used'> {
    try {
      const answer = Number(await this.#within(this.#run('room-redeem', [serial, from])))
      return answer >= 0 ? answer : answer === -2 ? 'used' : 'unkept'
    } catch {
      return 'unkept'
    }
  }

  /** The draw for an opening as all nodes know it, closed where it is time; `none` where it is over, null where nobody can tell now. */
  async draw(
    known: KnownDraw,
    isOver: boolean,
  ): Promise<{ opens: number; seed: string; from: number; to?: number } | 'none' | null> {
    if (this.#knows === '') return null
    try {
      const text = String(await this.#within(this.#run('room-draw', [JSON.stringify(known), isOver ? '1' : '0'])))
      return text === '' ? 'none' : (JSON.parse(text) as { opens: number; seed: string; from: number; to?: number })
    } catch {
      return null
    }
  }

  renew(number: number): void {
    this.#renewed.add(number)
  }

  end(number: number): void {
    const { site, room, keys } = this.#parts
    this.#run('room-end', [number, keys.news, `ended ${site} ${room} ${number}`]).catch(() => {})
  }

  /** For every node, also after an outage. */
  command(commanded: Commanded): void {
    this.#unsaid = JSON.stringify(commanded)
  }

  /** The server does not answer. */
  part(): void {
    if (this.#isApart) return
    this.#isApart = true
    const { log, site, room } = this.#parts
    log('warn', 'waiting-room-apart', { site, room })
  }

  /** Ten times a second; `token` is the number of the leader's lease, where this node leads. */
  async round(token: number | null): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      await this.#meet(token)
    } catch {
      this.part()
    }
    this.#isBusy = false
  }

  async #meet(token: number | null): Promise<void> {
    const { host, clock, name, incarnation } = this.#parts
    const asked = clock.monotonic()
    const { bits, ...report } = host.report()
    if (this.#isApart) this.#had = host.inside()
    const renewed = [...this.#renewed].slice(0, MOST_RENEWED)
    const had = this.#had.slice(0, MOST_RENEWED)
    const said = { ...report, name, incarnation, knows: this.#knows, token: token ?? '', renewed, had }
    if (this.#unsaid !== null) {
      const text = this.#unsaid
      await this.#run('room-command', [text])
      if (this.#unsaid === text) this.#unsaid = null
    }
    const heard = JSON.parse(String(await this.#run('room-round', [JSON.stringify(said), bits]))) as Heard
    for (const number of renewed) this.#renewed.delete(number)
    this.#had = this.#had.slice(had.length)
    // What the server has lost it is told anew.
    if (heard.id !== this.#knows && this.#knows !== '') this.#had = host.inside()
    this.#knows = heard.id
    const commanded = heard.commands === this.#commands ? null : (JSON.parse(heard.commanded || '{}') as Commanded)
    const isFirst = this.#commands === -1
    this.#commands = heard.commands
    host.heard({
      ...heard,
      asked,
      present: listOf(heard.present),
      epochs: listOf(heard.epochs),
      // Before anything was said on any node, what this one remembers holds.
      commanded: isFirst && heard.commands === 0 ? null : commanded,
    })
    if (heard.isSettled && this.#isApart) await this.#rejoin()
  }

  /** Whoever comes from now on asks on the same link, behind those who were given a number here. */
  async #rejoin(): Promise<void> {
    const { log, site, room } = this.#parts
    this.#isApart = false
    const merges = this.#epochs.map(epoch => this.#merge(epoch))
    log('info', 'waiting-room-together', {
      site,
      room,
      merged: this.#epochs.reduce((sum, { count }) => sum + count, 0),
    })
    const done = await Promise.all(merges)
    if (done.includes(false)) this.part()
  }

  async #merge(epoch: Epoch): Promise<boolean> {
    const { id, count } = epoch
    // Nothing is added to it any more: what the server was told now may hold.
    epoch.isClosed = true
    const base = Number(await this.#run('room-merge', [id, count, EPOCHS_KEPT]))
    if (base < 0) return false
    this.#epochs = this.#epochs.filter(each => each !== epoch)
    this.#parts.host.merged({ id, base, count })
    return true
  }

  #ownNumber(): TakenNumber {
    let epoch = this.#epochs.at(-1)
    if (epoch === undefined || epoch.isClosed === true) {
      // 2^45: two nodes that draw the same are rarer than anything else that goes wrong.
      epoch = { id: Math.floor(this.#parts.random.next() * 2 ** 45) + 1, count: 0 }
      this.#epochs.push(epoch)
    }
    return { number: epoch.count++, epoch: epoch.id }
  }

  async #takeAll(): Promise<void> {
    this.#isTaking = true
    while (this.#asking.length > 0) {
      const batch = this.#asking
      this.#asking = []
      const base = await this.#takeBatch(batch.length)
      for (const [i, done] of batch.entries())
        done(base === null ? this.#ownNumber() : { number: base + i, epoch: null })
    }
    this.#isTaking = false
  }

  async #takeBatch(count: number): Promise<number | null> {
    if (this.#isApart) return null
    try {
      const answer = String(await this.#within(this.#run('room-take', [count])))
      if (answer !== '-1') return (JSON.parse(answer) as { base: number }).base
    } catch {
      // As below.
    }
    this.part()
    return null
  }

  #run(name: Parameters<Link['run']>[0], args: readonly (string | number | Buffer)[]): Promise<unknown> {
    return this.#parts.link.run(name, this.#keys, args)
  }

  async #within(answer: Promise<unknown>): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the server does not answer in time')), PATIENCE)
    })
    try {
      return await Promise.race([answer, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

type Heard = Omit<RoomView, 'asked' | 'commanded' | 'present' | 'epochs'> & {
  id: string
  commanded: string
  commands: number
  present: number[] | object
  epochs: MergedEpoch[] | object
}

/** Lua tells an empty list from an empty object no more than JSON does the other way. */
const listOf = <T>(value: T[] | object): T[] => (Array.isArray(value) ? value : [])
