// Purges that concern every node: a log with numbers in the store. Each node carries its entries out in their order and says
// how far it has come; whoever purged hears from all of them. Entries have an identity of their own besides the number, because a
// server that restarts or a replica that is promoted may have lost the last ones: those who have carried them out write them
// again, and nobody carries one out twice.
//
// What a node cannot know it does not assume: where it may have missed an entry, or could not ask for longer than
// `cluster.proof`, everything stored is fetched anew.

import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { PurgeOrder, Spread } from '../threads/cluster.ts'
import type { Log } from '../threads/log.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import type { Member, View } from './membership.ts'
import type { Position, PositionFile } from './position.ts'

/** How a purge ended here. */
export interface Purged {
  purged: number | null
  edges: number
  silent: number
}

/** Entries kept in the store and remembered here: at 64 KiB of names each, four keys a name, 128 MiB at worst, some KiB as a rule. */
const KEPT = 512
/** Entries read at once. */
const PAGE = 64
/** Milliseconds until whoever purged hears who has it: nodes have 5 s for their disk, as the process alone has. */
const ANSWERED_WITHIN = 6000
/** Milliseconds between two notes of how far it has come, where nothing was purged. */
const NOTE_EVERY = 10_000

export interface PurgesParts {
  link: Pick<Link, 'run'>
  keys: Keys
  clock: Clock
  log: Log
  name: string
  incarnation: string
  file: PositionFile
  /** Milliseconds, as configured. */
  proof: () => number
  /** The nodes there are, this one included. */
  members: () => readonly Member[]
  /** Carries it out here; calls back when every edge and the disk have it. */
  carryOut(order: PurgeOrder, done: (how: Purged) => void): void
}

interface Known {
  order: PurgeOrder
  /** It has not been written into the log, as far as is known. */
  isUnwritten: boolean
}

interface Asked {
  seq: number | null
  how: Purged | null
  timer: NodeJS.Timeout
  done: (how: Purged & Spread) => void
}

type Entry = [id: string, fields: string[]]

const EVERYTHING: PurgeOrder = { kind: 'below', below: [''], soft: false }

export class SharedPurges {
  readonly #parts: PurgesParts
  /** By identity, oldest first. */
  readonly #known = new Map<string, Known>()
  readonly #asked = new Map<string, Asked>()
  /** Entries begun and not ended. */
  #open = new Set<number>()
  /** How often everything is being taken out now. */
  #anew = 0
  readonly #acks = new Map<string, number>()
  #log = ''
  /** The last entry begun. */
  #begun = 0
  #told = -1
  /** The server's process; empty before the first heartbeat. */
  #run = ''
  readonly #keptRun: string
  /** The log is that of the server now linked: not so between a new link and its first heartbeat. */
  #isSettled = false
  #isAskedAgain = false
  /** Reading the log and finding oneself in another one are done one after the other. */
  #last: Promise<void> = Promise.resolve()
  /** What is to be carried out before a view proves that nothing is missing. */
  #toProve: { seq: number; sent: number } | null = null
  #isCurrent = false
  /** When what is stored may not be served any more without a proof, monotonic. */
  #deadline: number
  #notedAt = -Infinity

  constructor(parts: PurgesParts) {
    this.#parts = parts
    const kept = parts.file.read()
    const { clock } = parts
    const age = kept === null ? 0 : Math.max(0, clock.now() - kept.provenAt)
    this.#deadline = clock.monotonic() + Math.max(0, parts.proof() - age)
    this.#keptRun = kept?.run ?? ''
    if (kept !== null) [this.#log, this.#begun] = [kept.log, kept.seq]
  }

  /** The last entry that is carried out here, with all before it. */
  get applied(): number {
    return this.#open.size === 0 ? this.#begun : Math.min(...this.#open) - 1
  }

  /** The last entry that is begun here; null where one may be missing, or is known here alone. */
  get moment(): { log: string; seq: number } | null {
    if (!this.#isCurrent || !this.#isSettled || [...this.#known.values()].some(({ isUnwritten }) => isUnwritten))
      return null
    return { log: this.#log, seq: this.#begun }
  }

  /** Nothing is being taken out. */
  get isAtRest(): boolean {
    return this.#open.size === 0 && this.#anew === 0
  }

  get isCurrent(): boolean {
    return this.#isCurrent
  }

  /** As heartbeats carry it. */
  get ack(): string {
    return `${this.#log} ${this.applied}`
  }

  /** Purges on every node that can be reached; without the server on this one, and on the others once it is back. */
  order(order: PurgeOrder, isJoined: boolean, done: (how: Purged & Spread) => void): void {
    const uid = randomUUID()
    const timer = setTimeout(() => this.#answer(uid), ANSWERED_WITHIN)
    this.#asked.set(uid, { seq: null, how: null, timer, done })
    if (isJoined) void this.#append(uid, order)
    else this.#alone(uid, order)
  }

  /** A heartbeat was answered. Rejects as Link.run does. */
  async heard(view: View): Promise<void> {
    for (const { name, ack } of view.members) this.#acked(ack, name)
    if (view.run !== this.#run || view.log.id !== this.#log) {
      this.#isSettled = false
      await this.#inTurn(() => this.#recover(view))
    }
    this.#isSettled = true
    this.#toProve = { seq: view.log.seq, sent: view.sent }
    const unwritten = [...this.#known].filter(([, { isUnwritten }]) => isUnwritten)
    for (const [uid, { order }] of unwritten) await this.#append(uid, order, true)
    if (view.log.seq > this.#begun) await this.#catchUp()
    this.#progress()
  }

  /** Somebody tells that the log has grown, or how far they have come. */
  news(text: string): void {
    const [what, id, seq, ...name] = text.split(' ')
    if (what === 'purge') void this.#catchUp().catch(() => {})
    if (what === 'ack') this.#acked(`${id} ${seq}`, name.join(' '))
  }

  /** The link is lost: who waits for others hears what is known. */
  unlinked(): void {
    this.#isSettled = false
    for (const uid of [...this.#asked.keys()]) if (this.#asked.get(uid)!.how !== null) this.#answer(uid)
  }

  /** Time has passed. */
  tick(): void {
    const now = this.#parts.clock.monotonic()
    for (const [uid, asked] of this.#asked) this.#look(uid, asked)
    if (now < this.#deadline) return
    this.#isCurrent = false
    this.#deadline = now + this.#parts.proof()
    this.#fetchAnew('the server has not answered for longer than cluster.proof')
  }

  /** The last entry that all members have; 0 where one has another log. */
  get leastAcked(): number {
    return Math.min(...this.#parts.members().map(({ name }) => this.#acks.get(name) ?? 0))
  }

  close(): void {
    for (const { timer } of this.#asked.values()) clearTimeout(timer)
  }

  async #append(uid: string, order: PurgeOrder, isAgain = false): Promise<void> {
    const { link, keys, name } = this.#parts
    const args = [keys.news, uid, name, JSON.stringify(order), KEPT, randomUUID(), isAgain ? '1' : '0']
    try {
      const seq = Number(await link.run('append', [keys.logHead, keys.log], args))
      const asked = this.#asked.get(uid)
      if (asked !== undefined) asked.seq = seq
      const known = this.#known.get(uid)
      if (known !== undefined) known.isUnwritten = false
      await this.#catchUp()
    } catch {
      if (!this.#known.has(uid)) this.#alone(uid, order)
    }
  }

  /** Here at least, and now. It goes into the log when there is one again. */
  #alone(uid: string, order: PurgeOrder): void {
    this.#remember(uid, { order, isUnwritten: true })
    this.#parts.carryOut(order, how => {
      const asked = this.#asked.get(uid)
      if (asked === undefined) return
      asked.how = how
      this.#answer(uid)
    })
  }

  /** Another server, or the same one after a restart: its log may lack the last entries, or be another one. */
  async #recover(view: View): Promise<void> {
    const { id, seq, entries } = await this.#read(0)
    const isNew = id !== this.#log
    const isFirst = this.#run === ''
    const hasGap = (entries[0]?.seq ?? seq + 1) > this.#begun + 1
    // Who has asked a moment ago knew all that there was, and whoever carried an entry out writes it again.
    const mayMiss = isNew ? isFirst || !this.#isCurrent : hasGap
    if (mayMiss) this.#fetchAnew(isFirst && this.#log === '' ? null : 'purges may have been missed')
    const has = isFirst && !isNew && view.run === this.#keptRun ? this.#begun : 0
    this.#open = new Set()
    ;[this.#log, this.#run, this.#begun, this.#told] = [id, view.run, seq, -1]
    // Numbers of another log say nothing in this one.
    this.#acks.clear()
    for (const asked of this.#asked.values()) asked.seq = null
    for (const { name, ack } of view.members) this.#acked(ack, name)
    for (const entry of entries)
      if (mayMiss) this.#remember(entry.uid, { order: entry.order, isUnwritten: false })
      else if (entry.seq > has) this.#begin(entry)
    const written = new Set(entries.map(({ uid }) => uid))
    for (const [uid, known] of this.#known) if (!written.has(uid)) known.isUnwritten = true
  }

  async #catchUp(): Promise<void> {
    if (this.#isAskedAgain) return
    this.#isAskedAgain = true
    await this.#inTurn(() => this.#readOn())
    this.#progress()
  }

  async #readOn(): Promise<void> {
    this.#isAskedAgain = false
    if (!this.#isSettled) return
    const { id, entries, seq } = await this.#read(this.#begun)
    // The next heartbeat finds the other log.
    if (id !== this.#log || !this.#isSettled) return
    const [first] = entries
    if ((first?.seq ?? seq + 1) > this.#begun + 1) this.#fetchAnew('purges were missed')
    for (const entry of entries) this.#begin(entry)
    this.#begun = Math.max(this.#begun, entries.at(-1)?.seq ?? seq)
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(act)
    this.#last = turn.catch(() => {})
    return turn
  }

  /** All entries after this one. */
  async #read(after: number) {
    const { link, keys } = this.#parts
    const all: { seq: number; uid: string; order: PurgeOrder }[] = []
    for (;;) {
      const from = all.at(-1)?.seq ?? after
      const [id, seq, entries] = (await link.run('since', [keys.logHead, keys.log], [from, PAGE])) as [
        string,
        number,
        Entry[],
      ]
      all.push(...entries.map(entryOf))
      if (entries.length < PAGE) return { id, seq, entries: all }
    }
  }

  #begin({ seq, uid, order }: { seq: number; uid: string; order: PurgeOrder }): void {
    this.#begun = Math.max(this.#begun, seq)
    const known = this.#known.get(uid)
    const asked = this.#asked.get(uid)
    if (asked !== undefined) asked.seq = seq
    if (known !== undefined) return void (known.isUnwritten = false)
    this.#remember(uid, { order, isUnwritten: false })
    const open = this.#open.add(seq)
    this.#parts.carryOut(order, how => {
      open.delete(seq)
      const asked = this.#asked.get(uid)
      if (asked !== undefined) asked.how = how
      this.#progress()
    })
  }

  #remember(uid: string, known: Known): void {
    this.#known.set(uid, known)
    for (const [old, { isUnwritten }] of this.#known) {
      if (this.#known.size <= KEPT) return
      if (!isUnwritten) this.#known.delete(old)
    }
    if (this.#known.size <= KEPT) return
    // All of them wait for the server: one that purges everything stands for them.
    this.#known.clear()
    this.#known.set(randomUUID(), { order: EVERYTHING, isUnwritten: true })
  }

  /** Says how far it has come, where that is news. */
  #progress(): void {
    const { clock, link, keys, name, incarnation } = this.#parts
    const applied = this.applied
    this.#prove(applied)
    if (applied !== this.#told && this.#run !== '') {
      this.#told = applied
      this.#note()
      this.#acked(this.ack, name)
      link.run('ack', [keys.members], [keys.news, name, incarnation, this.ack]).catch(() => (this.#told = -1))
    } else if (this.#isCurrent && clock.monotonic() - this.#notedAt > NOTE_EVERY) this.#note()
  }

  #prove(applied: number): void {
    if (this.#toProve === null || applied < this.#toProve.seq) return
    this.#deadline = this.#toProve.sent + this.#parts.proof()
    this.#isCurrent = true
    this.#toProve = null
  }

  #note(): void {
    const { clock, file } = this.#parts
    this.#notedAt = clock.monotonic()
    const provenAt = clock.now() - Math.max(0, clock.monotonic() - this.#deadline + this.#parts.proof())
    const position: Position = { log: this.#log, run: this.#run, seq: this.applied, provenAt }
    file.write(position)
  }

  #acked(ack: string, name: string): void {
    const [id, seq] = ack.split(' ')
    if (id !== this.#log || id === '') return
    this.#acks.set(name, Number(seq))
    for (const [uid, asked] of this.#asked) this.#look(uid, asked)
  }

  /** Has everybody who is there said that they have it? */
  #look(uid: string, { seq, how }: Asked): void {
    if (seq === null || how === null) return
    const there = this.#parts.members().filter(({ isLost }) => !isLost)
    if (there.every(({ name }) => (this.#acks.get(name) ?? 0) >= seq)) this.#answer(uid)
  }

  #answer(uid: string): void {
    const asked = this.#asked.get(uid)
    if (asked === undefined) return
    this.#asked.delete(uid)
    clearTimeout(asked.timer)
    const { seq, how, done } = asked
    const has = (name: string): boolean =>
      name === this.#parts.name ? how !== null : seq !== null && (this.#acks.get(name) ?? 0) >= seq
    const names = [...new Set([this.#parts.name, ...this.#parts.members().map(({ name }) => name)])].sort()
    const [nodes, without] = [names.filter(has), names.filter(name => !has(name))]
    done({ ...(how ?? { purged: null, edges: 0, silent: 0 }), nodes, without })
  }

  /** `why` null: it begins, and says nothing of it. */
  #fetchAnew(why: string | null): void {
    if (why !== null) this.#parts.log('warn', 'cluster-fetches-anew', { why })
    this.#anew++
    this.#parts.carryOut(EVERYTHING, () => this.#anew--)
  }
}

function entryOf([id, fields]: Entry): { seq: number; uid: string; order: PurgeOrder } {
  const at = (name: string): string => fields[fields.indexOf(name) + 1] ?? ''
  return { seq: Number(id.split('-')[0]), uid: at('uid'), order: JSON.parse(at('order')) as PurgeOrder }
}
