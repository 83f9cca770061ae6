// What people ask of the journal, through the admin address: looking at forms, sending them again, setting them aside, erasing
// them. Every change goes through the same state machine as the sending itself.

import type { FormState, FormsToWatch, JournalCommand, WatchToForms, WholeFormView } from '../threads/forms.ts'
import type { Forms } from './forms.ts'
import { fieldsOf, says } from './fields.ts'
import type { ProgressRow } from './rows.ts'
import { next } from './states.ts'
import type { FormEvent } from './states.ts'
import { viewOf, wholeOf } from './views.ts'

/** Forms changed by one command: a commit of about a second. Commands that name a state are given again until none is left. */
const MOST_AT_ONCE = 10_000

/** Forms read in one go when a person is looked for: some milliseconds, in which nothing else is done. */
const LOOKED_THROUGH = 200
/** Of bodies in one answer. */
const MOST_BYTES = 4 * 1024 * 1024

type Answer = Extract<FormsToWatch, { type: 'done' | 'not-done' }>

export async function answerWatch(forms: Forms, { id, command }: WatchToForms): Promise<Answer> {
  if (!forms.store.isOpen) {
    const why = forms.isWanted ? 'the disk keeps it closed; the log says why' : 'no rule collects forms'
    return { type: 'not-done', id, status: 503, message: `There is no journal of forms to work with: ${why}.` }
  }
  const done = await carryOut(forms, command)
  if (typeof done === 'string') return { type: 'not-done', id, status: 404, message: done }
  return { type: 'done', id, value: done }
}

/** What comes of it, or why it cannot be. */
function carryOut(forms: Forms, command: JournalCommand): object | string | Promise<object> {
  switch (command.do) {
    case 'list':
      return list(forms, command.after, command.most, command.state)
    case 'export':
      return exported(forms, command.after, command.most, command.state)
    case 'show':
      return show(forms, command.receipt)
    case 'verify':
      return { faults: forms.store.verify() }
    case 'pause':
    case 'resume':
      return pause(forms, command.site, command.do === 'pause')
    case 'replay':
      return replay(forms, command.site)
    case 'retry':
      return change(forms, command.which, { type: 'again' })
    case 'set-aside':
      return change(forms, command.which, { type: 'put-aside' })
    case 'erase':
      return 'email' in command.which ? erasePerson(forms, command.which.email) : erase(forms, command.which)
  }
}

function list({ store }: Forms, after: number, most: number, state: FormState | null): object {
  const rows = store.page(after, state, most)
  return { forms: rows.map(row => viewOf(row, store.receiptOf(row.number))) }
}

/** Whole forms, as many as a message may carry. One that was erased meanwhile is left out. */
function exported({ store }: Forms, after: number, most: number, state: FormState | null): object {
  const forms: WholeFormView[] = []
  let from = after
  for (let bytes = 0; bytes < MOST_BYTES && forms.length < most;) {
    const [row] = store.page(from, state, 1)
    if (row === undefined) break
    from = row.number
    const form = store.form(row.number)
    if (form === undefined) continue
    forms.push(wholeOf(viewOf(row, store.receiptOf(row.number)), form, store.content(form)))
    bytes += form.bytes
  }
  return { forms }
}

function show({ store }: Forms, receipt: string): WholeFormView | string {
  const number = store.numberOf(receipt)
  const row = number === undefined ? undefined : store.page(number - 1, null, 1)[0]
  if (row === undefined || row.number !== number) return `There is no form with the receipt ${receipt}.`
  const form = store.form(row.number)
  if (form === undefined && row.state === 'moved')
    return `The form ${receipt} is another node's, which has taken it over.`
  return form === undefined
    ? `The form ${receipt} was erased on ${new Date(row.changed).toISOString()}.`
    : wholeOf(viewOf(row, receipt), form, store.content(form))
}

function pause(forms: Forms, site: string | null, isPaused: boolean): object | string {
  const sites = sitesOf(forms, site)
  if (sites === undefined) return `There is no site ${site} with forms.`
  forms.pause(sites, isPaused)
  return { paused: forms.status.paused }
}

function replay(forms: Forms, site: string | null): object | string {
  const sites = sitesOf(forms, site)
  if (sites === undefined) return `There is no site ${site} with forms.`
  forms.pause(sites, false)
  forms.replay.hurry(site)
  forms.batches.hurry()
  return change(forms, { state: 'retry' }, { type: 'again' })
}

const sitesOf = (forms: Forms, site: string | null): string[] | undefined => {
  if (site === null) return [...new Set([...forms.store.counts.keys(), ...forms.rules.names])]
  return forms.rules.site(site) === undefined && !forms.store.counts.has(site) ? undefined : [site]
}

/** On a machine of several: whether the copy on the server is gone too, or goes when the server is back. */
async function erase(forms: Forms, which: Which): Promise<object> {
  const changed = change(forms, which, { type: 'erase' })
  forms.flush()
  forms.store.checkpoint()
  if (forms.copy?.isOn !== true) return changed
  return { ...changed, copies: (await forms.copy.erased()) ? 'erased' : 'later' }
}

/** Every form in which any field has this address, in whatever state. Other work goes on in between. */
async function erasePerson(forms: Forms, email: string): Promise<object> {
  const { store } = forms
  const receipts: string[] = []
  for (let after = 0; store.isOpen;) {
    const some = store.forms(after, LOOKED_THROUGH)
    if (some.length === 0) break
    for (const { number, form } of some)
      if (says(fieldsOf(form.head, store.content(form)), email)) receipts.push(store.receiptOf(number))
    after = some.at(-1)!.number
    await new Promise(resolve => setImmediate(resolve))
  }
  return erase(forms, { receipts })
}

type Which = { receipts: string[] } | { state: FormState }

/** How many were changed, and the receipts of those that cannot be: unknown, in flight, or in a state that forbids it. */
function change(
  forms: Forms,
  which: Which,
  event: Extract<FormEvent, { type: 'again' | 'put-aside' | 'erase' }>,
): object {
  const now = Date.now()
  const patience = { duplicates: false, probes: false, tries: Infinity, deadline: Infinity }
  let changed = 0
  const left: string[] = []
  for (const { receipt, row } of rowsOf(forms, which)) {
    const isBusy = row === undefined || forms.isInFlight(row.number)
    const to = isBusy ? undefined : next(row, event, patience, now)
    if (row === undefined || to === undefined) left.push(receipt)
    else {
      forms.write({ number: row.number, to })
      changed++
    }
  }
  forms.flush()
  return { changed, left }
}

function rowsOf({ store }: Forms, which: Which): { receipt: string; row: ProgressRow | undefined }[] {
  if ('state' in which)
    return store.page(0, which.state, MOST_AT_ONCE).map(row => ({ receipt: store.receiptOf(row.number), row }))
  return which.receipts.map(receipt => {
    const number = store.numberOf(receipt)
    return { receipt, row: number === undefined ? undefined : store.progress(number) }
  })
}
