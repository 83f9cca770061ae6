// The second copy of each form, on the cluster's server: made before a form is acknowledged, told how far its sending has come, and
// asked for leave before it is sent. Leave is what keeps a form from being sent by two nodes: it is given by the server, to whoever
// has the form now, and from then on the form counts as sent for whoever takes it over. What the copy does here is decided by the
// journal on disk, which is the truth of this node; after each break the copy is made to agree with it (agreement.ts).

import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Random } from '../base/random.ts'
import { Fenced, FormCopies } from '../cluster/form-copies.ts'
import type { Became, FormCopy } from '../cluster/form-copies.ts'
import type { CopyPlan } from '../cluster/copy-way.ts'
import type { Config } from '../config/types.ts'
import type { CopyStatus } from '../threads/forms.ts'
import { Agreement } from './agreement.ts'
import type { AgreementParts } from './agreement.ts'
import { copyStateOf } from './copied.ts'
import type { Change } from './store.ts'

/** Milliseconds in which other nodes have told a server that lost everything what they took over. */
const SETTLE = 3000
/** Changes told at once. */
const TOLD_AT_ONCE = 1000

export type Outcome = 'kept' | 'alone' | 'journal-no-copy' | 'journal-unsure'

/** Which of these forms may be sent now. The others wait: for the server, or because another node has them. */
export type Leave = (numbers: readonly number[]) => Promise<ReadonlySet<number>>

export interface SecondCopyParts extends Omit<AgreementParts, 'copies'> {
  cluster: Config['cluster']
  random: Random
}

interface Waiting {
  readonly numbers: readonly number[]
  readonly done: (outcome: Map<number, Outcome>) => void
}

export class SecondCopy {
  readonly #parts: SecondCopyParts
  #copies: FormCopies | null = null
  #agreement: Agreement | null = null
  #isLinked = false
  #isJoined = false
  #why: string | null = 'the server was not found yet'
  #age = 0
  #isBusy = false
  #waiting: Waiting[] = []
  #isPutting = false
  /** Committed here, and not known to be copied yet: neither acknowledged nor sent. */
  readonly #pending = new Set<number>()
  /** Nobody could say whether they are copied. */
  readonly #unsure = new Set<number>()
  /** Acknowledged without a copy since the server was lost. Nobody else can have them. */
  readonly #alone = new Set<number>()
  #changes: Change[] = []
  #telling: Promise<void> = Promise.resolve()
  #kept = 0
  #countAlone = 0

  constructor(parts: SecondCopyParts) {
    this.#parts = parts
  }

  get isOn(): boolean {
    return this.#copies !== null
  }

  /** Why no form can be taken now; undefined where it can. */
  get refusal(): 'journal-no-copy' | undefined {
    return this.isOn && !this.#isJoined && this.#isRequired ? 'journal-no-copy' : undefined
  }

  get status(): CopyStatus {
    const plan = this.#copies?.plan
    const without = this.#isRequired ? 'refused' : 'alone'
    return {
      state: this.#isJoined ? 'copied' : without,
      why: this.#isJoined ? null : this.#why,
      way: plan?.way ?? null,
      replicas: plan?.replicas ?? this.#parts.cluster.replicas,
      ...{ kept: this.#kept, alone: this.#countAlone, takenOver: this.#agreement?.takenOver ?? 0 },
    }
  }

  get isAtRest(): boolean {
    return this.#pending.size === 0 && this.#changes.length === 0
  }

  /** The journal is open. */
  begin(): void {
    if (this.isOn) return
    const { cluster, store, random, clock } = this.#parts
    const copies = (this.#copies = new FormCopies({
      ...{ cluster, random, clock, owner: store.copied.identity, mark: store.copied.mark },
      ...{ incarnation: randomBytes(8).toString('hex'), node: cluster.node ?? hostname() },
      up: (plan, server) => this.#up(plan, server),
      down: why => this.#away(why),
    }))
    this.#agreement = new Agreement({ ...this.#parts, copies })
  }

  /** Its forms have not to be sent, nor judged by a person: what becomes of their copies is not known yet. */
  isPending(number: number): boolean {
    return this.#pending.has(number)
  }

  /** Copies what was just committed. Says of each what its visitor may be told. */
  copy(numbers: readonly number[]): Promise<Map<number, Outcome>> {
    for (const number of numbers) this.#pending.add(number)
    return new Promise(done => {
      this.#waiting.push({ numbers, done })
      void this.#putAll()
    })
  }

  /** These changes are on disk here. */
  became(changes: readonly Change[]): void {
    if (!this.isOn) return
    for (const { number, to } of changes) if (copyStateOf(to.state) === undefined) this.#alone.delete(number)
    if (!this.#isJoined) return
    this.#changes.push(...changes.filter(({ to }) => to.state !== 'in-flight' && to.state !== 'moved'))
    if (this.#changes.length > 0) this.#telling = this.#telling.then(() => this.#tell())
  }

  get isCopying(): boolean {
    return this.#isPutting
  }

  /** Of a form that came before: what is known of its copy. */
  outcomeOf(number: number): Outcome {
    if (this.#pending.has(number) || this.#unsure.has(number)) return 'journal-unsure'
    return this.#parts.store.isOpen && this.#parts.store.progress(number) === undefined ? 'journal-no-copy' : 'kept'
  }

  /** See Leave. */
  async leave(numbers: readonly number[]): Promise<ReadonlySet<number>> {
    const free = numbers.filter(number => this.#alone.has(number))
    const { store } = this.#parts
    if (!this.#isJoined || this.#age < SETTLE || !store.isOpen) return new Set(free)
    try {
      // What they became before has to be there first, or it would be taken for what they become now.
      await this.#telling
      const receipts = numbers.map(number => store.receiptOf(number))
      const may = await this.#copies!.send(receipts)
      const absent = numbers.filter((_, i) => may[i] !== true)
      if (absent.length > 0) await this.#agreement!.lookFor(absent)
      return new Set(numbers.filter((_, i) => may[i] === true))
    } catch (error) {
      this.#failed(error)
      return new Set(free)
    }
  }

  /** True when what was told before has reached the server, and nothing of what was erased is left in its log. */
  async erased(): Promise<boolean> {
    if (!this.isOn) return true
    await this.#telling
    if (!this.#isJoined || this.#changes.length > 0) return false
    await this.#copies!.rewrite()
    return true
  }

  /** Each second: says that this journal is there, and takes over what lost ones have. */
  async round(): Promise<void> {
    if (this.#copies === null || !this.#isLinked || this.#isBusy || !this.#parts.store.isOpen) return
    this.#isBusy = true
    try {
      await this.#meet(this.#copies)
    } catch (error) {
      this.#failed(error)
    }
    this.#isBusy = false
  }

  /** What was told is there, if the server answers soon. */
  async end(within: number): Promise<void> {
    const late = new Promise<void>(resolve => setTimeout(resolve, within).unref())
    await Promise.race([this.#telling, late])
    this.#copies?.close()
  }

  get #isRequired(): boolean {
    return this.#parts.cluster.copy === 'required'
  }

  async #meet(copies: FormCopies): Promise<void> {
    const isNew = !this.#isJoined
    const beat = await copies.beat(isNew)
    if (beat.state !== 'ok') throw new Fenced(beat.state === 'fenced' ? TAKEN : FORGOTTEN)
    this.#age = beat.age ?? 0
    if (isNew) await this.#join(copies)
    await this.#agreement!.takeOver(beat.lost ?? [], beat.locked ?? [])
  }

  async #join(copies: FormCopies): Promise<void> {
    this.#changes = []
    this.#alone.clear()
    await this.#agreement!.settle()
    if (copies.plan === null) return
    this.#isJoined = true
    this.#unsure.clear()
    this.#why = null
    const { way, replicas } = copies.plan
    this.#parts.log('info', 'forms-copy-joined', { way, replicas, copy: this.#parts.cluster.copy })
  }

  #up({ way, replicas }: CopyPlan, server: string): void {
    this.#isLinked = true
    this.#parts.log('info', 'forms-copy-server', { server, way, replicas })
    void this.round()
  }

  #away(why: string): void {
    this.#isLinked = false
    this.#part(why)
  }

  #failed(error: unknown): void {
    if (error instanceof Error) this.#part(error.message)
  }

  /** From here on nothing is copied, and nothing is sent that others may have. */
  #part(why: string): void {
    const isNews = this.#isJoined || this.#why !== why
    this.#isJoined = false
    this.#why = why
    this.#changes = []
    const { log, cluster } = this.#parts
    if (isNews)
      log('warn', 'forms-copy-away', {
        why,
        forms: this.#isRequired ? 'refused' : 'on this disk alone',
        copy: cluster.copy,
      })
  }

  async #putAll(): Promise<void> {
    if (this.#isPutting) return
    this.#isPutting = true
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting.splice(0)
      const outcome = new Map<number, Outcome>()
      await this.#put([...new Set(waiting.flatMap(({ numbers }) => numbers))], outcome)
      for (const { numbers, done } of waiting) {
        for (const number of numbers) this.#pending.delete(number)
        done(outcome)
      }
    }
    this.#isPutting = false
  }

  async #put(numbers: readonly number[], outcome: Map<number, Outcome>): Promise<void> {
    const { store } = this.#parts
    const settle = (what: Outcome): void => numbers.forEach(number => outcome.set(number, what))
    if (!store.isOpen) return settle('journal-unsure')
    let isSaid = false
    try {
      // Nothing of them has left here.
      if (!this.#isJoined) return settle(this.#without(numbers))
      const copies = numbers.flatMap(number => store.copied.of(number) ?? [])
      await this.#agreement!.putBodies(copies)
      isSaid = true
      if (await this.#copies!.put(copies)) {
        this.#kept += numbers.length
        return settle('kept')
      }
      if (!this.#isRequired) return settle(this.#onDiskAlone(numbers, false))
      // Too few have it, so nobody shall.
      await this.#copies!.become(copies.map(gone))
      settle(this.#without(numbers))
    } catch (error) {
      this.#failed(error)
      const isSure = !isSaid || error instanceof Fenced
      if (isSure) return settle(this.#without(numbers))
      if (!this.#isRequired) return settle(this.#onDiskAlone(numbers, false))
      for (const number of numbers) this.#unsure.add(number)
      settle('journal-unsure')
    }
  }

  /** No copy was made: the disk alone has to do, or nothing of them stays. */
  #without(numbers: readonly number[]): Outcome {
    if (!this.#isRequired) return this.#onDiskAlone(numbers, true)
    const { store } = this.#parts
    try {
      store.copied.drop(numbers, false)
      return 'journal-no-copy'
    } catch {
      return 'journal-unsure'
    }
  }

  /** `isSure`: nobody else can have them, so that they may be sent without leave. */
  #onDiskAlone(numbers: readonly number[], isSure: boolean): Outcome {
    this.#countAlone += numbers.length
    if (isSure) for (const number of numbers) this.#alone.add(number)
    return 'alone'
  }

  async #tell(): Promise<void> {
    const { store } = this.#parts
    while (this.#isJoined && this.#changes.length > 0) {
      const changes = this.#changes.slice(0, TOLD_AT_ONCE)
      try {
        await this.#copies!.become(
          changes.map(({ number, to }) => ({
            receipt: store.receiptOf(number),
            state: copyStateOf(to.state) ?? 'gone',
          })),
        )
        this.#changes.splice(0, changes.length)
      } catch (error) {
        this.#failed(error)
      }
    }
  }
}

const gone = ({ receipt }: FormCopy): Became => ({ receipt, state: 'gone' })

const TAKEN = 'another node has taken over the forms of this one, which was not heard of for too long'
const FORGOTTEN = 'the server does not know this journal: it has lost what it held'
