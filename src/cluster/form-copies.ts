// Copies of collected forms on the cluster's server, as the forms thread has them made: a stream of what the forms say and an index of
// how far each has come, for each journal one. A journal that is heard of has its forms to itself; one that is not loses them to
// another (scripts/copy-take.lua). What forms say comes here as the journal has it on disk, encrypted where that is.

import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Config } from '../config/types.ts'
import { copyPlan, habitsOf, isEnough, proofOf } from './copy-way.ts'
import type { CopyPlan } from './copy-way.ts'
import { journalKeys } from './keys.ts'
import type { JournalKeys } from './keys.ts'
import { Link, accessOf } from './link.ts'

/** Milliseconds: a server that syncs to a busy disk takes longer than one that answers from memory. */
const ANSWER_WITHIN = 4000
/** Milliseconds of them for replicas and disks, so that the count of those that have it comes back in any case. */
const COPIED_WITHIN = 2500
/** Of one script: it holds up the server for some milliseconds. */
const MOST_BYTES = 1024 * 1024
const MOST_FORMS = 256
/** Names read at once. */
const PAGE = 1000

/** `sent`: it may have reached the origin; `aside`: a person decides. */
export type CopyState = 'waiting' | 'sent' | 'aside'

export interface FormCopy {
  readonly receipt: string
  readonly state: CopyState
  readonly meta: string
  readonly head: Buffer
  readonly body: Buffer
}

/** One that was another journal's. */
export interface TakenCopy extends FormCopy {
  readonly owner: string
}

export interface Became {
  readonly receipt: string
  readonly state: CopyState | 'gone'
}

/** Another process is this journal's now, or another journal has its forms. */
export class Fenced extends Error {}

export interface Beat {
  state: 'ok' | 'fenced' | 'unknown'
  /** Milliseconds for which the server has been there without a break. */
  age?: number
  lost?: { owner: string; node: string }[]
  /** Nodes whose forms are encrypted with another key. */
  locked?: string[]
}

export interface CopiesParts {
  cluster: Config['cluster']
  /** Identity of the journal, of its process, and the name of its node. */
  owner: string
  incarnation: string
  node: string
  /** Names the key that content is encrypted with. */
  mark: string
  random: Random
  clock: Clock
  up(plan: CopyPlan, server: string): void
  down(why: string): void
}

export class FormCopies {
  readonly #parts: CopiesParts
  readonly #link: Link
  readonly #keys: JournalKeys
  #plan: CopyPlan | null = null

  constructor(parts: CopiesParts) {
    this.#parts = parts
    const { cluster, random } = parts
    this.#keys = journalKeys(cluster.name)
    this.#link = new Link({
      ...accessOf(cluster),
      ...{ channel: this.#keys.news, random, within: ANSWER_WITHIN, news: () => undefined },
      up: ({ product, version, copies }) => void this.#up(`${product} ${version}`, copies === 'waitaof'),
      down: why => this.#down(why),
    })
  }

  get plan(): CopyPlan | null {
    return this.#plan
  }

  close(): void {
    this.#link.close()
  }

  /** Says that this journal is there; `isJoining` makes this process its only one. */
  async beat(isJoining: boolean): Promise<Beat> {
    const { owner, node, incarnation, mark, cluster } = this.#parts
    const { owners, head } = this.#keys
    const args = [owner, node, incarnation, cluster.takeOver, isJoining ? 1 : 0, mark]
    return JSON.parse(String(await this.#link.run('copy-beat', [owners, head], args))) as Beat
  }

  /** Whether enough copies are made. Those that are there already are told their state. */
  async put(copies: readonly FormCopy[]): Promise<boolean> {
    const { owners, stream, index } = this.#mine
    for (const some of inPieces(copies)) {
      const args = some.flatMap(({ receipt, state, meta, head, body }) => [receipt, state, meta, head, body])
      fencedBy(await this.#link.runBytes('copy-put', [owners, stream, index], [...this.#self, ...args]))
    }
    return this.#isSafe()
  }

  async become(changes: readonly Became[]): Promise<void> {
    const { owners, stream, index } = this.#mine
    for (let i = 0; i < changes.length; i += PAGE) {
      const some = changes.slice(i, i + PAGE)
      const bodies = some.flatMap(({ receipt, state }) => (state === 'gone' ? [this.#keys.body(receipt)] : []))
      const args = some.flatMap(({ receipt, state }) => [receipt, state])
      fencedBy(await this.#link.run('copy-become', [owners, stream, index, ...bodies], [...this.#self, ...args]))
    }
  }

  /** Which of them may be sent: from now on they count as sent. */
  async send(receipts: readonly string[]): Promise<boolean[]> {
    const { owners, index } = this.#mine
    const here = fencedBy(await this.#link.run('copy-send', [owners, index], [...this.#self, ...receipts]))
    const isSafe = await this.#isSafe()
    return (here as number[]).map(each => isSafe && each === 1)
  }

  /** Forms of a journal that is lost, some at once; they are this one's now. */
  async takeOver(lost: string, most: number): Promise<TakenCopy[]> {
    const from = this.#keys.of(lost)
    const { owners, stream, index, moved } = this.#mine
    const keys = [owners, this.#keys.head, from.stream, from.index, from.moved, stream, index, moved]
    const { owner, incarnation, cluster } = this.#parts
    const args = [lost, owner, incarnation, String(cluster.takeOver), String(most)]
    const taken = fencedBy(await this.#link.runBytes('copy-take', keys, args)) as Buffer[][]
    return taken.map(([receipt, state, meta, head, body, owner]) => ({
      ...{ receipt: String(receipt), state: String(state) as CopyState, meta: String(meta) },
      ...{ head: head!, body: body!, owner: String(owner) },
    }))
  }

  /** These forms of another journal are on disk here. */
  async keep(owner: string, receipts: readonly string[]): Promise<void> {
    const { moved } = this.#keys.of(owner)
    for (let i = 0; i < receipts.length; i += PAGE)
      await this.#link.call('HSET', moved, ...receipts.slice(i, i + PAGE).flatMap(receipt => [receipt, 'kept']))
  }

  /** What of this journal is there: where in the stream, and how far. */
  index(): AsyncGenerator<[receipt: string, place: string]> {
    return this.#pages(this.#mine.index)
  }

  /** What of this journal others have taken over; `kept`: it is on their disk. */
  moved(): AsyncGenerator<[receipt: string, how: string]> {
    return this.#pages(this.#mine.moved)
  }

  /** How far another has taken these over; null where nobody has. */
  async movedOf(receipts: readonly string[]): Promise<(string | null)[]> {
    const told = (await this.#link.call('HMGET', this.#mine.moved, ...receipts)) as (Buffer | null)[]
    return told.map(each => (each === null ? null : String(each)))
  }

  /** A form of this journal, by its place in the index; undefined where it is gone meanwhile. */
  async read(receipt: string, place: string): Promise<TakenCopy | undefined> {
    const [id = '', state = 'waiting'] = place.split(' ')
    const found = (await this.#link.call('XRANGE', this.#mine.stream, id, id)) as [Buffer, Buffer[]][]
    const flat = found[0]?.[1]
    if (flat === undefined) return undefined
    const fields = new Map(flat.flatMap((name, i) => (i % 2 === 0 ? [[String(name), flat[i + 1]!]] : [])))
    return {
      ...{ receipt, state: state as CopyState, meta: String(fields.get('m')) },
      ...{ head: fields.get('h')!, body: fields.get('b')!, owner: String(fields.get('o') ?? this.#parts.owner) },
    }
  }

  /** A large body, piece by piece. Nothing refers to it until its form is put. */
  async putBody(receipt: string, pieces: Iterable<Buffer>): Promise<void> {
    const key = this.#keys.body(receipt)
    await this.#link.call('DEL', key)
    for (const piece of pieces) await this.#link.call('APPEND', key, piece)
  }

  async *body(receipt: string): AsyncGenerator<Buffer> {
    const key = this.#keys.body(receipt)
    const length = Number(await this.#link.call('STRLEN', key))
    for (let at = 0; at < length; at += MOST_BYTES)
      yield (await this.#link.call('GETRANGE', key, at, at + MOST_BYTES - 1)) as Buffer
  }

  /** What was deleted leaves the server’s log too; where the server lets nobody ask for that, when it rewrites it by itself. */
  async rewrite(): Promise<void> {
    await this.#link.call('BGREWRITEAOF').catch(() => undefined)
  }

  get #self(): [string, string] {
    return [this.#parts.owner, this.#parts.incarnation]
  }

  get #mine() {
    return { owners: this.#keys.owners, ...this.#keys.of(this.#parts.owner) }
  }

  async #isSafe(): Promise<boolean> {
    if (this.#plan === null) return false
    const proof = proofOf(this.#plan, COPIED_WITHIN)
    return proof === null || isEnough(this.#plan, await this.#link.call(...proof))
  }

  async *#pages(key: string): AsyncGenerator<[string, string]> {
    let cursor = '0'
    do {
      const [next, flat] = (await this.#link.call('HSCAN', key, cursor, 'COUNT', PAGE)) as [Buffer, Buffer[]]
      for (let i = 0; i < flat.length; i += 2) yield [String(flat[i]), String(flat[i + 1])]
      cursor = String(next)
    } while (cursor !== '0')
  }

  async #up(server: string, hasWaitAof: boolean): Promise<void> {
    try {
      const info = String(await this.#link.call('INFO', 'persistence'))
      const syncs = await this.#link.call('CONFIG', 'GET', 'appendfsync').catch(() => null)
      const value = Array.isArray(syncs) && syncs.length === 2 ? String(syncs[1]) : null
      this.#plan = copyPlan(habitsOf(info, value, hasWaitAof), this.#parts.cluster.replicas)
      this.#parts.up(this.#plan, server)
    } catch {
      // The link is lost again, and says so itself.
    }
  }

  #down(why: string): void {
    this.#plan = null
    this.#parts.down(why)
  }
}

function fencedBy(answer: unknown): unknown {
  if (answer === -1) throw new Fenced('another process has the forms of this journal')
  return answer
}

function* inPieces(copies: readonly FormCopy[]): Generator<FormCopy[]> {
  let some: FormCopy[] = []
  let bytes = 0
  for (const copy of copies) {
    some.push(copy)
    bytes += copy.body.length + copy.head.length
    if (some.length < MOST_FORMS && bytes < MOST_BYTES) continue
    yield some
    ;[some, bytes] = [[], 0]
  }
  if (some.length > 0) yield some
}
