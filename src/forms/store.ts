// The journal of forms: SQLite in the data directory, written by the forms thread alone. A batch of forms is one
// transaction and one fsync; nobody is told that a form was taken before that. When a commit fails, none of its forms
// counts as taken: the file is closed, and opening it again removes whatever of them may have come through. Only after that
// can somebody be told that their form was not kept.

import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Seal } from '../base/seal.ts'
import { FORM_STATES } from '../threads/forms.ts'
import type { Form, FormState } from '../threads/forms.ts'
import { Adopted } from './adopted.ts'
import { CopiedForms } from './copied-forms.ts'
import type { Inserted } from './copied-forms.ts'
import { RECEIPT_KEY_BYTES, Receipts } from './receipts.ts'
import { roomOn } from './disk.ts'
import type { Room } from './disk.ts'
import { formOf, pageRowOf, progressOf } from './rows.ts'
import type { KeptForm, PageRow, ProgressRow } from './rows.ts'
import { prepare, stateNumber } from './schema.ts'
import { syncFolder } from './statements.ts'
import { Tables } from './tables.ts'
import type { Progress } from './states.ts'
import { readBody, BODIES, removeBodies, sweepBodies } from './bodies.ts'
import { faultsIn } from './verify.ts'

/** What the journal may hold. */
export interface JournalBounds {
  /** Forms that are not ended. */
  readonly forms: number
  /** Bytes of bodies. */
  readonly size: number
  /** Bytes that have to stay free on the disk; undefined for what is usual. */
  readonly spare?: number | undefined
  /** What its content is encrypted with; undefined where it is not. */
  readonly key?: { readonly secret: string } | undefined
}

export type Taken = { number: number; again: boolean } | 'journal-full' | 'form-key-reused'

/** A change of one form's state. */
export interface Change {
  readonly number: number
  readonly to: Progress
}

export const FILE = 'forms.sqlite'

export class FormStore {
  readonly directory: string
  readonly #bounds: () => JournalBounds
  readonly #tables = new Tables()
  readonly adopted = new Adopted(this.#tables)
  /** Forms with a copy on the cluster's server. */
  readonly copied = new CopiedForms({
    store: this,
    tables: this.#tables,
    seal: () => this.#seal,
    insert: (number, form, digest, now) => this.#insert(number, form, digest, now),
    count: () => this.#count(),
  })
  #receipts: Receipts | undefined
  #seal = new Seal(undefined)
  /** The last number that was acknowledged, or found on disk at the start. */
  #last = -1
  #bytes = 0
  /** No form before this one is open, so that looking for the oldest passes over each ended one once. */
  #firstOpen = 0
  readonly #counts = new Map<string, number[]>()

  /** `directory` is made when it is not there. */
  constructor(directory: string, bounds: () => JournalBounds) {
    this.directory = directory
    this.#bounds = bounds
  }

  /** The folder of large bodies. */
  get bodies(): string {
    return join(this.directory, BODIES)
  }

  get isOpen(): boolean {
    return this.#tables.isOpen
  }

  /**
   * Opens the journal, or opens it again after it failed. When it returns, what is on disk is what was acknowledged, and stays so
   * after a power failure. Throws what SQLite and the file system throw.
   */
  open(): void {
    if (this.isOpen) return
    mkdirSync(this.bodies, { recursive: true, mode: 0o700 })
    const database = new DatabaseSync(join(this.directory, FILE), { timeout: 1000 })
    try {
      prepare(database)
      this.#tables.use(database)
      if (this.#last >= 0) this.#dropUnacknowledged(this.#last)
      // After an fsync that failed, Linux holds pages for clean which never reached the disk, so whatever is appended to such a
      // WAL may lie behind a gap. Its content goes into the database, written and synced anew, and the next WAL begins empty.
      this.checkpoint()
      this.#receipts = new Receipts(this.#receiptKey())
      this.#unlock()
      this.#count()
      this.adopted.count()
      // The names of the files themselves have to outlive a crash of the machine.
      for (const folder of [this.directory, this.bodies]) syncFolder(folder)
    } catch (error) {
      this.close()
      throw error
    }
  }

  /**
   * Takes the forms in one commit. Synced when it returns; throws when nothing of them was taken. Each is judged by the bounds and
   * by its key first.
   */
  take(forms: readonly Form[], now: number): Taken[] {
    return this.#tables.commit(() => {
      let number = this.#last
      let { bytes } = this
      const open = this.unended
      const bounds = this.#bounds()
      const { free, spare } = this.room
      const isDiskShort = free < spare
      const taken = forms.map((form): Taken => {
        const body = Buffer.from(form.body, 'latin1')
        const digest = this.#seal.digest(body, form.file)
        const key = this.#seal.known(form.key)
        const known = key === null ? undefined : this.#known(form, key, digest)
        if (known !== undefined) return known
        const isFull = isDiskShort || open + number - this.#last >= bounds.forms || bytes + form.bytes > bounds.size
        if (isFull) return 'journal-full'
        const lane = this.#seal.known(form.lane)
        this.#insert(++number, { ...form, key, body, lane, at: now, head: JSON.stringify(form.head) }, digest, now)
        bytes += form.bytes
        return { number, again: false }
      })
      return { result: taken, afterwards: () => this.#tookUntil(number, bytes, forms, taken) }
    })
  }

  /** Writes down what has become of forms, in one commit. */
  apply(changes: readonly Change[], now: number): void {
    if (changes.length === 0) return
    this.#tables.commit(() => {
      const erased = changes.filter(({ to }) => to.state === 'erased')
      const files = erased.map(({ number }) => this.form(number))
      const before = changes.map(({ number }) => this.progress(number)!)
      for (const { number, to } of changes) {
        this.#tables.run('update', stateNumber(to.state), to.tries, to.due, now, to.status, to.reason, number)
        // Whoever was refused by the site may correct the form and send it again.
        if (to.state === 'rejected') this.#tables.run('forgetKey', number)
      }
      for (const { number } of erased) this.#tables.run('eraseForm', number)
      return { result: undefined, afterwards: () => this.#applied(before, changes, files) }
    })
  }

  /** What is to be looked at now, in order, first of each lane only. */
  due(site: string, now: number, most: number): ProgressRow[] {
    return this.#tables.all('due', site, now, most).map(progressOf)
  }

  /** The same of these rules alone, or of all but them. */
  dueOf(site: string, now: number, most: number, rules: readonly string[], isOfThem: boolean): ProgressRow[] {
    return this.#tables.all('dueOf', site, now, JSON.stringify(rules), isOfThem ? 1 : 0, most).map(progressOf)
  }

  /** Forms after this number with what is in them, in their order. */
  forms(after: number, most: number): { number: number; form: KeptForm }[] {
    return this.#tables.all('forms', after, most).map(row => ({
      number: row['number'] as number,
      form: formOf(row, this.#seal),
    }))
  }

  /** What is in a form, wherever it lies; of a large file the beginning. */
  content({ body, file }: Pick<Form, 'body' | 'file'>): Buffer {
    return file === null ? Buffer.from(body, 'latin1') : readBody(this.bodies, file, this.#seal)
  }

  /** The wall clock was set back: what would wait for that long is due now, or after the longest pause at most. */
  clockMoved(now: number, longest: number): void {
    this.#tables.commit(() => {
      this.#tables.run('dueNow', now, now)
      this.#tables.run('dueSoon', now + longest, now + longest)
      return { result: undefined, afterwards: () => undefined }
    })
  }

  /** When the next of the site is due, wall clock; undefined when none is left. */
  nextDue(site: string): number | undefined {
    return (this.#tables.get('nextDue', site) as { due: number | null }).due ?? undefined
  }

  form(number: number): KeptForm | undefined {
    const row = this.#tables.get('form', number)
    return row === undefined ? undefined : formOf(row, this.#seal)
  }

  progress(number: number): ProgressRow | undefined {
    const row = this.#tables.get('progress', number)
    return row === undefined ? undefined : progressOf(row)
  }

  /** Rows after this number, in one state or in any for null. */
  page(after: number, state: FormState | null, most: number): PageRow[] {
    const wanted = state === null ? -1 : stateNumber(state)
    return this.#tables.all('page', after, wanted, wanted, most).map(row => pageRowOf(row, this.#seal))
  }

  /** Forms that were being sent when the process before ended. */
  inFlight(): ProgressRow[] {
    return this.#tables.all('inFlight').flatMap(({ number }) => this.progress(number as number) ?? [])
  }

  /** Removes what ended before then, `most` at once; how many. The last form stays, so that no number is given twice. */
  forget(before: number, most: number): number {
    const ended = [...this.#tables.all('ended', before, most), ...this.#tables.all('moved', before, most)]
    const numbers = ended.map(({ number }) => number as number)
    const old = numbers.filter(number => number !== this.#last)
    if (old.length === 0) return 0
    this.#tables.commit(() => {
      const files = old.map(number => this.form(number))
      for (const number of old) {
        this.#tables.run('eraseForm', number)
        this.#tables.run('eraseProgress', number)
        this.adopted.drop(number)
      }
      return { result: undefined, afterwards: () => removeBodies(this.bodies, files) }
    })
    this.#count()
    return old.length
  }

  /** Removes bodies of forms that were never taken: their edge or this process died before. `known` are still on their way. */
  sweep(isKnown: (file: string) => boolean): number {
    const kept = new Set(this.#tables.all('files').map(({ file }) => file as string))
    return sweepBodies(this.bodies, file => kept.has(file) || isKnown(file))
  }

  /** All that is committed stands in the database itself, synced, and the WAL is empty: nothing erased is left in it. */
  checkpoint(): void {
    const told = this.#tables.database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
    if (told?.['busy'] !== 0) throw new Error('the journal of forms is open elsewhere')
  }

  /** What is wrong with the journal; nothing when it is sound. Reads all of it. */
  verify(): string[] {
    return faultsIn(this.#tables.database, this.bodies, this.#seal)
  }

  /** A fact beside the forms. */
  keep(name: string, value: string): void {
    this.#tables.run('setFact', name, value)
  }

  kept(name: string): string | undefined {
    return this.#tables.get('fact', name)?.['value'] as string | undefined
  }

  receiptOf(number: number): string {
    return this.adopted.receiptOf(number) ?? this.#receipts!.of(number)
  }

  numberOf(receipt: string): number | undefined {
    return this.#receipts?.numberOf(receipt) ?? this.adopted.numberOf(receipt)
  }

  /** Forms of every site in each state, in the order of FORM_STATES. */
  get counts(): ReadonlyMap<string, readonly number[]> {
    return this.#counts
  }

  /** Bytes of bodies that are kept. */
  get bytes(): number {
    return this.#bytes
  }

  /** Forms that are not ended yet. */
  get unended(): number {
    const at = (['waiting', 'in-flight', 'retry', 'unknown'] as const).map(stateNumber)
    return [...this.#counts.values()].reduce((sum, counts) => sum + at.reduce((all, i) => all + counts[i]!, 0), 0)
  }

  /** When the oldest open form was taken, wall clock. */
  get oldest(): number | null {
    const row = this.#tables.get('firstOpen', this.#firstOpen) as { number: number; at: number } | undefined
    this.#firstOpen = row?.number ?? this.#last + 1
    return row?.at ?? null
  }

  /** The last number that was given. */
  get last(): number {
    return this.#last
  }

  /** Whether forms of others fit in too. */
  get hasRoom(): boolean {
    const { forms, size } = this.#bounds()
    const { free, spare } = this.room
    return free >= spare && this.unended < forms && this.#bytes < size
  }

  get room(): Room {
    return roomOn(this.directory, this.#bounds().spare)
  }

  #known(form: Form, key: string, digest: Uint8Array): Taken | undefined {
    const row = this.#tables.get('byKey', key)
    if (row === undefined) return undefined
    // The client named its key itself, so another content under it is a mistake that it has to hear of.
    if (form.clientKey !== null && !Buffer.from(row['digest'] as Uint8Array).equals(digest)) return 'form-key-reused'
    return { number: row['number'] as number, again: true }
  }

  #insert(number: number, form: Inserted, digest: Uint8Array, now: number): void {
    const { at, site, rule, file, bytes, key, clientKey, lane } = form
    const head = this.#seal.isOn ? this.#seal.close(Buffer.from(form.head), `head ${number}`) : form.head
    const body = this.#seal.close(form.body, `body ${number}`)
    this.#tables.run('insertForm', number, at, site, rule, head, body, file, bytes, key, clientKey, digest)
    this.#tables.run('insertProgress', number, now, now, site, lane)
  }

  #tookUntil(number: number, bytes: number, forms: readonly Form[], taken: readonly Taken[]): void {
    this.#last = number
    this.#bytes = bytes
    taken.forEach((each, i) => {
      if (typeof each === 'object' && !each.again) this.#countOf(forms[i]!.site)[0]! += 1
    })
  }

  #applied(before: readonly ProgressRow[], changes: readonly Change[], files: readonly (KeptForm | undefined)[]): void {
    changes.forEach(({ to }, i) => {
      const { site, state } = before[i]!
      const counts = this.#countOf(site)
      this.#firstOpen = Math.min(this.#firstOpen, before[i]!.number)
      counts[stateNumber(state)]! -= 1
      counts[stateNumber(to.state)]! += 1
    })
    removeBodies(this.bodies, files)
    for (const form of files) this.#bytes -= form?.bytes ?? 0
  }

  #dropUnacknowledged(last: number): void {
    this.#tables.database.exec(
      `BEGIN; DELETE FROM form WHERE number > ${last}; DELETE FROM progress WHERE number > ${last}; COMMIT`,
    )
  }

  #count(): void {
    this.#counts.clear()
    for (const { site, state, forms } of this.#tables.all('counts'))
      this.#countOf(site as string)[state as number] = forms as number
    this.#firstOpen = 0
    this.#bytes = (this.#tables.get('bytes') as { bytes: number }).bytes
    // What was dropped is not given again while the process lives: its receipt was.
    this.#last = Math.max(this.#last, (this.#tables.get('last') as { number: number | null }).number ?? 0)
  }

  #countOf(site: string): number[] {
    let counts = this.#counts.get(site)
    if (counts === undefined) this.#counts.set(site, (counts = FORM_STATES.map(() => 0)))
    return counts
  }

  #receiptKey(): Uint8Array {
    const kept = this.#tables.get('fact', 'receipts')
    if (kept !== undefined) return kept['value'] as Uint8Array
    const drawn = randomBytes(RECEIPT_KEY_BYTES)
    this.#tables.run('setFact', 'receipts', drawn)
    return drawn
  }

  /** Throws where what is there was written with another key. */
  #unlock(): void {
    this.#seal = new Seal(this.#bounds().key?.secret)
    const known = this.kept('key') ?? ''
    const isNew = known === '' || (this.#tables.get('bytes') as { bytes: number }).bytes === 0
    if (known !== this.#seal.mark && !isNew)
      throw new Error('it was written with another journal.key: give it that key, or move the folder away')
    if (known !== this.#seal.mark) this.keep('key', this.#seal.mark)
  }

  close(): void {
    this.#tables.close()
  }
}
