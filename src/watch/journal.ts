// Commands for the journal of forms: what was asked is checked for its form and handed to the forms thread. Even looking asks for
// the token, since what people have sent in is nobody else's business.

import { FORM_STATES } from '../threads/forms.ts'
import type { FormState, JournalCommand } from '../threads/forms.ts'
import type { FormsLink } from './forms-link.ts'
import { json, problem } from './reply.ts'
import type { Reply } from './reply.ts'

/** Forms in one answer; more are asked for with `after`. */
const MOST_LISTED = 500
const MOST_RECEIPTS = 1000
const FORM =
  'Say what: {"do": "list"}, export, show, replay, pause, resume, retry, set-aside, erase or verify, as `breakwater journal --help` has them.'

export async function journal(forms: FormsLink, given: Record<string, unknown>): Promise<Reply> {
  const command = commandOf(given)
  if (command === undefined) return problem(422, FORM)
  const done = await forms.command(command)
  return 'value' in done ? json(done.value) : problem(done.status, done.message)
}

function commandOf(given: Record<string, unknown>): JournalCommand | undefined {
  const { do: verb, site = null, receipt, receipts, email, state = null, after = 0 } = given
  if (site !== null && typeof site !== 'string') return undefined
  if (state !== null && !isState(state)) return undefined
  if (typeof after !== 'number' || !Number.isSafeInteger(after)) return undefined
  switch (verb) {
    case 'list':
    case 'export':
      return { do: verb, after, most: MOST_LISTED, state }
    case 'show':
      return typeof receipt === 'string' ? { do: verb, receipt } : undefined
    case 'pause':
    case 'resume':
    case 'replay':
      return { do: verb, site }
    case 'retry':
    case 'set-aside':
    case 'erase':
      if (typeof email === 'string' && verb === 'erase')
        return isAddress(email) && state === null && receipts === undefined ? { do: verb, which: { email } } : undefined
      if (isReceipts(receipts)) return state === null ? { do: verb, which: { receipts } } : undefined
      return state === null || receipts !== undefined ? undefined : { do: verb, which: { state } }
    case 'verify':
      return { do: verb }
    default:
      return undefined
  }
}

const isAddress = (given: string): boolean => given.length <= 320 && /^\S+@\S+$/.test(given)

const isState = (given: unknown): given is FormState => FORM_STATES.some(state => state === given)

const isReceipts = (given: unknown): given is string[] =>
  Array.isArray(given) &&
  given.length > 0 &&
  given.length <= MOST_RECEIPTS &&
  given.every(each => typeof each === 'string')
