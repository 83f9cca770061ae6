// Makes the copies on the server agree with the journal here, after each break between the two: what others have taken over meanwhile is
// theirs, what is missing there is copied, what has ended here is removed, and what lies there for this journal and is not here comes in.
// And takes over the forms of journals that are lost, as many as there is room for.

import type { Clock } from '../base/clock.ts'
import type { Became, FormCopies, FormCopy, TakenCopy } from '../cluster/form-copies.ts'
import type { Log } from '../threads/log.ts'
import { pieces, writeBody } from './bodies.ts'
import { copyStateOf, fileOf } from './copied.ts'
import type { Opened } from './copied.ts'
import { next } from './states.ts'
import type { Patience } from './states.ts'
import type { Change, FormStore } from './store.ts'

/** Forms looked at, copied or taken over at once: some MiB of usual ones. */
const AT_ONCE = 200
const NO_MATTER: Patience = { duplicates: false, probes: false, tries: Infinity, deadline: Infinity }

export interface AgreementParts {
  copies: FormCopies
  store: FormStore
  clock: Clock
  log: Log
  /** Writes the change down with others, soon. */
  write: (change: Change) => void
  /** What a form becomes that may have been sent by the node that had it. */
  lost: (number: number) => Change | undefined
  /** It is being sent now. */
  isInFlight: (number: number) => boolean
}

export class Agreement {
  readonly #parts: AgreementParts
  /** Said once for each. */
  readonly #locked = new Set<string>()
  takenOver = 0

  constructor(parts: AgreementParts) {
    this.#parts = parts
  }

  /** Rejects as the link does. */
  async settle(): Promise<void> {
    const { copies, store } = this.#parts
    const kept: number[] = []
    const moved = new Set<string>()
    for await (const [receipt, how] of copies.moved()) {
      const number = this.#part(receipt)
      moved.add(receipt)
      if (number !== undefined && how === 'kept') kept.push(number)
    }
    for (const [owner, receipts] of store.adopted.byOwner())
      await copies.keep(
        owner,
        receipts.filter(receipt => !moved.has(receipt) && this.#isMine(receipt)),
      )
    const there = await this.#lookThrough()
    await this.#copyMissing(there, moved)
    if (kept.length > 0) this.#clear(kept)
  }

  /** These are not there: another node has them, or they are still to be copied. */
  async lookFor(numbers: readonly number[]): Promise<void> {
    const { copies, store } = this.#parts
    const how = await copies.movedOf(numbers.map(number => store.receiptOf(number)))
    for (const [i, number] of numbers.entries()) if (how[i] !== null) this.#part(store.receiptOf(number))
    const missing = numbers.filter((_, i) => how[i] === null).flatMap(number => store.copied.of(number) ?? [])
    await this.putBodies(missing)
    await copies.put(missing)
  }

  async takeOver(lost: readonly { owner: string; node: string }[], locked: readonly string[]): Promise<void> {
    const { copies, log } = this.#parts
    for (const node of locked.filter(node => !this.#locked.has(node))) {
      this.#locked.add(node)
      log('error', 'forms-copy-locked', { of: node, remedy: 'give all nodes the same journal.key' })
    }
    for (const { owner, node } of lost) {
      let count = 0
      while (this.#hasRoom) {
        const taken = await copies.takeOver(owner, AT_ONCE)
        if (taken.length === 0) break
        await this.#adopt(taken)
        count += taken.length
      }
      if (count > 0) log('warn', 'forms-taken-over', { from: node, forms: count })
    }
  }

  async putBodies(copies: readonly FormCopy[]): Promise<void> {
    const { store } = this.#parts
    for (const copy of copies) {
      const file = fileOf(copy)
      if (file !== null) await this.#parts.copies.putBody(copy.receipt, pieces(store.bodies, file))
    }
  }

  get #hasRoom(): boolean {
    const { store } = this.#parts
    return store.isOpen && store.hasRoom
  }

  #isMine(receipt: string): boolean {
    const { store } = this.#parts
    const number = store.numberOf(receipt)
    return number !== undefined && store.progress(number)?.state !== 'moved'
  }

  /** Another node has it: it is not sent from here. Its number, unless it is under way this moment. */
  #part(receipt: string): number | undefined {
    const { store, isInFlight, write, clock } = this.#parts
    const number = store.numberOf(receipt)
    const row = number === undefined ? undefined : store.progress(number)
    if (number === undefined || row === undefined || isInFlight(number)) return undefined
    const to = next(row, { type: 'taken-over' }, NO_MATTER, clock.now())
    if (to !== undefined) write({ number, to })
    return to !== undefined || row.state === 'moved' ? number : undefined
  }

  /** What others have on their own disk need not lie here as well: whoever erases it there has erased it. */
  #clear(numbers: readonly number[]): void {
    const { store } = this.#parts
    for (let i = 0; i < numbers.length; i += AT_ONCE) {
      const some = numbers.slice(i, i + AT_ONCE).filter(number => store.progress(number)?.state === 'moved')
      if (some.length > 0) store.copied.drop(some, true)
    }
    // Nothing of it is left in the log of the database either.
    store.checkpoint()
  }

  /** Goes through what is there: what has ended here is removed, what is not here comes in. The states, by receipt. */
  async #lookThrough(): Promise<Map<string, string>> {
    const { copies, store } = this.#parts
    const there = new Map<string, string>()
    const ended: Became[] = []
    const foreign: [string, string][] = []
    for await (const [receipt, place] of copies.index()) {
      const number = store.numberOf(receipt)
      const row = number === undefined ? undefined : store.progress(number)
      // One of its own that is unknown here was taken after the copy of the disk that this is.
      const isNews = number === undefined || row?.state === 'moved' || (row === undefined && number > store.last)
      if (isNews) foreign.push([receipt, place])
      else if (row === undefined || copyStateOf(row.state) === undefined) ended.push({ receipt, state: 'gone' })
      else there.set(receipt, place.split(' ')[1] ?? '')
    }
    await copies.become(ended)
    for (let i = 0; i < foreign.length; i += AT_ONCE) {
      const read = await Promise.all(
        foreign.slice(i, i + AT_ONCE).map(([receipt, place]) => copies.read(receipt, place)),
      )
      await this.#adopt(read.flatMap(copy => copy ?? []))
    }
    return there
  }

  async #copyMissing(there: ReadonlyMap<string, string>, moved: ReadonlySet<string>): Promise<void> {
    const { copies, store } = this.#parts
    for (let after = 0; store.isOpen;) {
      const rows = store.copied.open(after, AT_ONCE)
      if (rows.length === 0) return
      after = rows.at(-1)!.number
      const missing = rows.flatMap(({ number, state }) => {
        const receipt = store.receiptOf(number)
        const isThere = there.get(receipt) === copyStateOf(state)
        return isThere || moved.has(receipt) ? [] : (store.copied.of(number) ?? [])
      })
      await this.putBodies(missing.filter(({ receipt }) => !there.has(receipt)))
      if (missing.length > 0) await copies.put(missing)
    }
  }

  /** Puts forms of others on disk here, and says so. What may have been sent already becomes what it becomes after a crash. */
  async #adopt(taken: readonly TakenCopy[]): Promise<void> {
    const { copies, store, clock, write, lost } = this.#parts
    const opened: Opened[] = []
    for (const copy of taken) {
      const form = store.copied.opened(copy)
      if (form.file !== null) await writeBody(store.bodies, form.file, copies.body(copy.receipt))
      opened.push(form)
    }
    const numbers = store.copied.adopt(opened, clock.now())
    this.takenOver += numbers.length
    for (const number of numbers) {
      const change = store.progress(number)?.state === 'in-flight' ? lost(number) : undefined
      if (change !== undefined) write(change)
    }
    for (const [owner, forms] of Map.groupBy(opened, each => each.owner))
      await copies.keep(
        owner,
        forms.map(({ receipt }) => receipt),
      )
  }
}
