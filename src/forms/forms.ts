// The forms thread's work, put together: takes forms in groups, one fsync each; writes down what has become of them, in groups
// as well; answers for receipts; opens the journal again after the disk has failed. SQLite is spoken to synchronously,
// and that is what this thread is for: while it waits for the disk it has nothing else to do.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Modes } from '../board/modes.ts'
import type { Config } from '../config/types.ts'
import type { Channel } from '../threads/channel.ts'
import type { EdgeToForms, Form, FormState, FormsToEdge, JournalStatus, ReceiptView } from '../threads/forms.ts'
import type { ReasonCode } from '../reasons.ts'
import { FORMER, FORM_STATES } from '../threads/forms.ts'
import { LearntForms } from '../threads/learnt.ts'
import type { LearntForm } from '../threads/learnt.ts'
import type { Log } from '../threads/log.ts'
import { Batches } from './batches.ts'
import { Letters } from './letters.ts'
import { CLOCK_MOVED, LONGEST } from './pace.ts'
import { Replay } from './replay.ts'
import { SendingRules, collects } from './rules.ts'
import { FILE, FormStore } from './store.ts'
import type { Change } from './store.ts'
import { SecondCopy } from './second-copy.ts'
import type { Leave } from './second-copy.ts'
import { Taking } from './taking.ts'
import type { Asked } from './taking.ts'

export type EdgeChannel = Channel<FormsToEdge, EdgeToForms>

/** Milliseconds between two attempts to open a journal that failed. */
const OPEN_AGAIN = 1000
/** A body that nothing refers to may be on its way; after this, milliseconds, its edge is dead. */
const ORPHANED_AFTER = 3_600_000
/** Milliseconds that the copies may take at the end. */
const LAST_WORDS = 1000
/** Forms forgotten at once, each second: a commit of a few milliseconds. */
const FORGOTTEN_AT_ONCE = 1000

export interface FormsParts {
  config: Config
  modes: Modes
  clock: Clock
  random: Random
  log: Log
}

export class Forms {
  readonly store: FormStore
  readonly replay: Replay
  readonly batches: Batches
  readonly rules: SendingRules
  readonly #letters: Letters
  readonly #taking: Taking
  /** Null on a machine by itself. */
  readonly copy: SecondCopy | null
  readonly #learnt = new LearntForms()
  #isNewsLearnt = false
  readonly #parts: FormsParts
  readonly #edges = new Map<number, EdgeChannel>()
  #config: Config
  readonly #changes = new Map<number, Change>()
  #isDue = false
  #turn = 0
  #openAt = 0
  /** Between the two clocks, as last seen. */
  #offset = -Infinity
  #why: string | null = null
  #hasRecovered = false
  /** Nothing more is sent: another process takes over. */
  isResting = false
  #paused = new Set<string>()

  constructor(parts: FormsParts) {
    this.#parts = parts
    this.#config = parts.config
    this.rules = new SendingRules(parts.config)
    this.store = new FormStore(join(parts.config.data, 'forms'), () => this.#config.journal)
    const { store, rules } = this
    const { clock, random, log, config } = parts
    const guard = (work: () => void): void => this.#guard(work)
    const common = {
      ...{ store, rules, clock, random, guard },
      isHeld: (site: string) => this.#isHeld(site),
      write: (change: Change) => this.write(change),
      isChanging: (number: number) => this.#changes.has(number) || this.copy?.isPending(number) === true,
      leave: (): Leave | null => (this.copy?.isOn === true ? numbers => this.copy!.leave(numbers) : null),
    }
    this.replay = new Replay({
      ...common,
      tellAny: message => this.#tellAny(message),
      tell: (slot, message) => this.#edges.get(slot)?.send(message),
      most: () => this.#config.journal.inFlight,
    })
    this.batches = new Batches(common)
    const { cluster } = config
    const isCopied = cluster.url.length > 0 && cluster.copy !== 'off'
    const lost = (number: number): Change | undefined => this.replay.lost(number)
    const isInFlight = (number: number): boolean => this.isInFlight(number)
    this.copy = isCopied ? new SecondCopy({ ...common, cluster, log, lost, isInFlight }) : null
    this.#taking = new Taking({
      ...{ store, guard, copy: this.copy, now: () => this.#now() },
      answer: (asked, taken) => this.#answer(asked, taken),
      accepted: (number, form) => {
        if (this.rules.writes) this.#tell('taken', number, form, null)
      },
      flushed: () => {
        for (const channel of this.#edges.values()) channel.flush()
      },
    })
    this.#letters = new Letters(parts.config, parts.log)
    this.look()
  }

  configure(config: Config): void {
    this.#config = config
    this.rules.configure(config)
    this.#letters.configure(config)
    this.look()
  }

  /** An edge, or a new one in its slot, stands at the other end. */
  connect(slot: number, channel: EdgeChannel): void {
    this.#edgeGone(slot)
    this.#edges.set(slot, channel)
    channel.send({ type: 'learnt', forms: this.#learnt.all })
    channel.onMessage(message => this.#hear(slot, message))
    channel.onClose(() => {
      if (this.#edges.get(slot) === channel) this.#edgeGone(slot)
    })
  }

  /** Writes the change down with others, at the end of this turn. */
  write(change: Change): void {
    this.#changes.set(change.number, change)
    this.#wake()
  }

  /** Each 20 milliseconds or so: sends what can be sent. */
  run(): void {
    if (this.store.isOpen)
      this.#guard(() => {
        this.replay.run()
        this.batches.run()
      })
    if (this.#changes.size > 0) this.#wake()
  }

  /** Each second: opens what is to be opened, and forgets what is old. */
  look(): void {
    this.#letters.run()
    if (!this.store.isOpen) return this.#open()
    this.#keepLearnt()
    const before = this.#now() - this.#config.journal.keep
    this.#guard(() => this.store.forget(before, FORGOTTEN_AT_ONCE))
    void this.copy?.round()
  }

  isInFlight(number: number): boolean {
    return this.replay.isInFlight(number) || this.batches.isInFlight(number)
  }

  receipt(receipt: string): ReceiptView | null {
    const number = this.store.isOpen ? this.store.numberOf(receipt) : undefined
    const row = number === undefined ? undefined : this.store.progress(number)
    if (number === undefined || row === undefined) return null
    const { site, state, changed, reason } = row
    return { site, state, at: this.store.form(number)?.at ?? changed, changed, reason }
  }

  pause(sites: readonly string[], isPaused: boolean): void {
    for (const site of sites) {
      if (isPaused) this.#paused.add(site)
      else this.#paused.delete(site)
    }
    this.store.keep('paused', JSON.stringify([...this.#paused]))
  }

  get isWanted(): boolean {
    return collects(this.#config) || this.#isThere
  }

  get status(): JournalStatus {
    const forms = Object.fromEntries(FORM_STATES.map(state => [state, 0])) as Record<FormState, number>
    for (const counts of this.store.counts.values()) FORM_STATES.forEach((state, i) => (forms[state] += counts[i] ?? 0))
    const { isOpen } = this.store
    const oldest = isOpen ? this.store.oldest : null
    return {
      open: this.isWanted ? isOpen : null,
      why: this.#why,
      forms,
      waiting: this.store.unended,
      most: this.#config.journal.forms,
      bytes: this.store.bytes,
      mostBytes: this.#config.journal.size,
      ...(isOpen ? this.store.room : { free: 0, spare: 0 }),
      oldest: oldest === null ? null : Math.max(0, Math.round((this.#parts.clock.now() - oldest) / 1000)),
      paused: [...this.#paused],
      copy: this.copy?.isOn === true ? this.copy.status : null,
      accepted: this.#taking.accepted,
      refused: this.#taking.refused,
    }
  }

  /** Writes what waits, tells it to whoever has copies, and ends. */
  async close(): Promise<void> {
    this.flush()
    this.#keepLearnt()
    await this.copy?.end(LAST_WORDS)
    for (const channel of this.#edges.values()) channel.close()
    this.store.close()
    this.#letters.close()
  }

  get #isThere(): boolean {
    return statSync(join(this.store.directory, FILE), { throwIfNoEntry: false }) !== undefined
  }

  /** Nothing is being sent, and what came of all before is on disk. */
  get isAtRest(): boolean {
    const isCopied = this.copy?.isAtRest !== false
    return this.replay.inFlight === 0 && !this.batches.isBusy && this.#changes.size === 0 && isCopied
  }

  #isHeld(site: string): boolean {
    const config = this.rules.site(site)
    if (config === undefined || this.isResting || this.#paused.has(site)) return true
    return this.#parts.modes.of(site, config.mode) === 'frozen'
  }

  #hear(slot: number, message: EdgeToForms): void {
    switch (message.type) {
      case 'take':
        this.#taking.add({ slot, id: message.id, form: message.form })
        return this.#wake()
      case 'receipt':
        return this.#edges.get(slot)?.send({ type: 'receipt', id: message.id, view: this.receipt(message.receipt) })
      case 'places':
        return this.#guard(() => this.replay.places(slot, message.id, message.site, message.places))
      case 'learnt':
        return this.#learn(slot, message.forms)
      case 'ended':
        return this.#guard(() => this.replay.ended(message.number, message.result))
    }
  }

  #learn(slot: number, forms: LearntForm[]): void {
    const news = forms.filter(form => this.#learnt.add(form))
    if (news.length > 0) this.#isNewsLearnt = true
    for (const [other, channel] of this.#edges) if (other !== slot) channel.send({ type: 'learnt', forms: news })
  }

  #keepLearnt(): void {
    if (!this.#isNewsLearnt || !this.store.isOpen) return
    this.#guard(() => this.store.keep('learnt', JSON.stringify(this.#learnt.all)))
    this.#isNewsLearnt = false
  }

  #wake(): void {
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(() => this.flush())
  }

  /** All that came in since the last commit goes into the next one. */
  flush(): void {
    this.#isDue = false
    this.#taking.run()
    if (this.#changes.size > 0 && this.store.isOpen)
      this.#guard(() => {
        const changes = [...this.#changes.values()]
        this.store.apply(changes, this.#now())
        this.#changes.clear()
        this.copy?.became(changes)
        if (this.rules.writes) this.#tellEnds(changes)
        this.replay.run()
      })
  }

  #answer({ slot, id }: Asked, taken: { receipt: string; again: boolean } | ReasonCode): void {
    const message =
      typeof taken === 'string'
        ? ({ type: 'not-taken', id, reason: taken } as const)
        : ({ type: 'taken', id, ...taken } as const)
    this.#edges.get(slot)?.send(message)
  }

  #tellEnds(changes: readonly Change[]): void {
    for (const { number, to } of changes) {
      const form = to.state === 'delivered' || to.state === 'rejected' ? this.store.form(number) : undefined
      if (form !== undefined) this.#tell(to.state as 'delivered' | 'rejected', number, form, to.reason)
    }
  }

  #tell(told: 'taken' | 'delivered' | 'rejected', number: number, form: Form, reason: string | null): void {
    const rule = this.rules.letter(form.site, form.rule)
    if (rule?.to === undefined || !rule.tell.includes(told)) return
    this.#letters.tell(told, form.head, this.store.content(form), rule.to, this.store.receiptOf(number), reason)
  }

  #open(): void {
    const now = this.#parts.clock.monotonic()
    if (now < this.#openAt || !this.isWanted) return
    this.#openAt = now + OPEN_AGAIN
    try {
      this.store.open()
      this.#paused = new Set(JSON.parse(this.store.kept('paused') ?? '[]') as string[])
      this.#learn(-1, JSON.parse(this.store.kept('learnt') ?? '[]') as LearntForm[])
      this.store.clockMoved(this.#parts.clock.now(), LONGEST)
      if (this.#hasRecovered) this.replay.recover('never-sent')
      else this.#recover()
      this.copy?.begin()
      if (this.#why !== null) this.#parts.log('info', 'forms-journal-works-again', { directory: this.store.directory })
      this.#why = null
    } catch (error) {
      this.#failed(error)
    }
  }

  /**
   * For all that is written. Due times are wall clock, because they outlive the process; a clock that is set back must not hold forms up, be
   * it after a jump that lasted for one commit.
   */
  #now(): number {
    const { clock } = this.#parts
    const now = clock.now()
    const offset = now - clock.monotonic()
    const isBack = offset < this.#offset - CLOCK_MOVED
    this.#offset = offset
    if (isBack && this.store.isOpen) this.#guard(() => this.store.clockMoved(now, LONGEST))
    return now
  }

  #recover(): void {
    this.#hasRecovered = true
    const unknown = this.replay.recover('restarted')
    const folder = this.store.bodies
    const young = this.#parts.clock.now() - ORPHANED_AFTER
    const orphans = this.store.sweep(file => statSync(join(folder, file)).mtimeMs > young)
    const { unended } = this.store
    if (unended > 0 || orphans > 0) this.#parts.log('info', 'forms-journal-opened', { unended, unknown, orphans })
  }

  /** What the disk says is the journal's failure, not the thread's end. */
  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (this.store.isOpen) throw error
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error)
    // Said once for each way to fail, not at each attempt.
    if (why !== this.#why)
      this.#parts.log('error', 'forms-journal-failed', {
        error,
        directory: this.store.directory,
        remedy: 'make room or mend the disk; until then forms are answered 503, and nothing is sent',
      })
    this.#why = why
  }

  #tellAny(message: FormsToEdge): number | undefined {
    const slots = [...this.#edges.keys()].filter(slot => slot < FORMER)
    const slot = slots[this.#turn++ % slots.length]
    if (slot !== undefined) this.#edges.get(slot)!.send(message)
    return slot
  }

  #edgeGone(slot: number): void {
    this.#edges.get(slot)?.close()
    this.#edges.delete(slot)
    this.#taking.drop(slot)
    this.#guard(() => this.replay.edgeGone(slot))
  }
}
