// Takes forms into the journal, in groups: one fsync for each, and then, on a machine of several, one copy on the cluster's server.
// Whoever brought a form is answered after both, and told what is certain and what is not.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Form } from '../threads/forms.ts'
import type { ReasonCode } from '../reasons.ts'
import type { SecondCopy } from './second-copy.ts'
import type { FormStore, Taken } from './store.ts'

/** Forms of one commit: at 64 KiB each 64 MiB at worst. */
const LARGEST_BATCH = 1024

export interface Asked {
  readonly slot: number
  readonly id: number
  readonly form: Form
}

export interface TakingParts {
  store: FormStore
  copy: SecondCopy | null
  now: () => number
  /** Runs what may fail with the disk. */
  guard: (work: () => void) => void
  answer: (asked: Asked, taken: { receipt: string; again: boolean } | ReasonCode) => void
  /** A new form was acknowledged. */
  accepted: (number: number, form: Form) => void
  /** All of a group were answered. */
  flushed(): void
}

type Result = Taken | 'journal-off' | 'journal-unsure' | 'journal-no-copy'

export class Taking {
  readonly #parts: TakingParts
  #asked: Asked[] = []
  accepted = 0
  refused = 0

  constructor(parts: TakingParts) {
    this.#parts = parts
  }

  add(asked: Asked): void {
    this.#asked.push(asked)
  }

  /** Its edge has died: nobody waits for an answer. */
  drop(slot: number): void {
    this.#asked = this.#asked.filter(each => each.slot !== slot)
  }

  /** All that came in since the last time. */
  run(): void {
    while (this.#asked.length > 0) this.#take(this.#asked.splice(0, LARGEST_BATCH))
  }

  #take(asked: readonly Asked[]): void {
    const { copy } = this.#parts
    const why = copy?.refusal
    const forms = asked.map(({ form }) => form)
    const taken = why === undefined ? this.#taken(forms) : forms.map(() => why)
    const numbers = taken.flatMap(each => (isNew(each) ? [each.number] : []))
    // A form that came again waits too: the first of it may be on its way.
    if (copy === null || !copy.isOn || (numbers.length === 0 && !copy.isCopying)) return this.#answerAll(asked, taken)
    void this.#copy(copy, asked, taken, numbers)
  }

  async #copy(
    copy: SecondCopy,
    asked: readonly Asked[],
    taken: readonly Result[],
    numbers: readonly number[],
  ): Promise<void> {
    const outcomes = await copy.copy(numbers)
    const settled = taken.map((each): Result => {
      if (typeof each !== 'object') return each
      const outcome = outcomes.get(each.number) ?? copy.outcomeOf(each.number)
      return outcome === 'journal-no-copy' || outcome === 'journal-unsure' ? outcome : each
    })
    this.#answerAll(asked, settled)
  }

  /** What became of each; after a commit that failed, whether that is certain. */
  #taken(forms: readonly Form[]): Result[] {
    const { store, guard, now } = this.#parts
    if (!store.isOpen) return forms.map(() => 'journal-off')
    let taken: Taken[] | undefined
    guard(() => (taken = store.take(forms, now())))
    if (taken !== undefined) return taken
    const why = this.#removesWhatCameThrough() ? 'journal-off' : 'journal-unsure'
    return forms.map(() => why)
  }

  /** Opens the journal once, which removes it. It stays closed afterwards until the next `look`, so that a bad disk is not pestered. */
  #removesWhatCameThrough(): boolean {
    const { store } = this.#parts
    try {
      store.open()
      store.close()
      return true
    } catch {
      return false
    }
  }

  #answerAll(asked: readonly Asked[], taken: readonly Result[]): void {
    asked.forEach((each, i) => this.#answer(each, taken[i]!))
    this.#parts.flushed()
  }

  #answer(asked: Asked, taken: Result): void {
    const { store, answer, accepted } = this.#parts
    const { form } = asked
    // A form that may have come through keeps its body: the next process may find it in the journal.
    const isKept = isNew(taken) || taken === 'journal-unsure'
    if (!isKept && form.file !== null) rmSync(join(store.bodies, form.file), { force: true })
    if (typeof taken !== 'object') {
      this.refused++
      return answer(asked, taken)
    }
    // The disk may have failed since; the form is there all the same, and comes up again with the journal.
    if (!store.isOpen) return answer(asked, 'journal-unsure')
    if (isNew(taken)) {
      this.accepted++
      accepted(taken.number, form)
    }
    answer(asked, { receipt: store.receiptOf(taken.number), again: taken.again })
  }
}

const isNew = (taken: Result): taken is { number: number; again: false } => typeof taken === 'object' && !taken.again
