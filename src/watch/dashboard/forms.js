// The forms that were collected, for the people who answer for them: what `breakwater journal` does, here. Even looking asks for the
// token. What visitors have sent is written as text alone, never as markup.
import { askFor, propose } from './actions.js'
import { exportInto } from './forms-file.js'
import { bytes } from './format.js'
import { ACT, Table } from './tables.js'

const PATH = '/api/journal'
/** Forms that one answer has at most. */
const PAGE = 500
const STATES = ['waiting', 'in-flight', 'delivered', 'rejected', 'retry', 'unknown', 'set-aside', 'erased', 'moved']

/** What changes forms: how it is asked, of one or of all in a state, and in which states it can be done. */
const CHANGES = [
  {
    ...{ verb: 'retry', text: 'Send again', all: 'Send all of them again' },
    words:
      'go to the origin again, even where they may have arrived: only the origin can tell that it has them already.',
    states: ['rejected', 'retry', 'unknown', 'set-aside'],
  },
  {
    ...{ verb: 'set-aside', text: 'Set aside', all: 'Set all of them aside' },
    words: 'are not sent any more, until a person sends them again.',
    states: ['waiting', 'rejected', 'retry', 'unknown'],
  },
  {
    ...{ verb: 'erase', text: 'Erase', all: 'Erase all of them' },
    words: 'are deleted for good, with all that is in them. What was not delivered is lost.',
    states: ['waiting', 'delivered', 'rejected', 'retry', 'unknown', 'set-aside'],
  },
]

const make = (name, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(name), properties)
  node.append(...children)
  return node
}
const button = (text, act) => {
  const made = make('button', { type: 'button', textContent: text })
  made.addEventListener('click', act)
  return made
}

/** 3 forms changed. One left as it is: RECEIPT. */
export const outcomeOf = ({ changed, left = [] }) =>
  [
    `${changed} ${changed === 1 ? 'form' : 'forms'} changed.`,
    ...(left.length === 0 ? [] : [`Left as they are, in flight, unknown or in another state: ${left.join(', ')}`]),
  ].join(' ')

export class Forms {
  #list
  #forms = []
  #state = make(
    'select',
    { id: 'forms-state' },
    ...['', ...STATES].map(state => new Option(state || 'any state', state)),
  )
  #all = make('p', { className: 'choice' })
  #more = button('More forms', () => this.#look(this.#forms.at(-1)?.number ?? 0))
  #shown = make('article', { className: 'whole-form', hidden: true, tabIndex: -1 })
  #box = make('div', { className: 'scroll', tabIndex: 0, role: 'region', hidden: true })
  #table

  /** `section` is the one of the journal; `list` writes names and values into a node. */
  constructor(section, list) {
    this.#list = list
    this.#state.addEventListener('change', () => this.#offer())
    const mail = make('input', { type: 'email', id: 'forms-email', autocomplete: 'off' })
    section.append(
      make(
        'p',
        { className: 'choice' },
        make('label', { htmlFor: 'forms-state', textContent: 'Forms in ' }),
        this.#state,
        ...this.#looks(),
      ),
      this.#all,
      this.#box,
      make('p', { className: 'choice' }, this.#more),
      this.#shown,
      make(
        'p',
        { className: 'choice' },
        make('label', { htmlFor: 'forms-email', textContent: 'Forms in which a field has the address ' }),
        mail,
        button('Erase a person’s forms', () => this.#erasePerson(mail.value.trim())),
      ),
    )
    this.#box.append(make('table', { id: 'forms' }))
    this.#box.ariaLabel = 'Collected forms, one in each row'
    this.#more.hidden = true
    this.#table = new Table('forms', [
      ['Receipt', 'name'],
      ['State', 'state'],
      ['Received', 'when'],
      ['Tries', 'amount'],
      ['For', 'long'],
      ['Why', 'long'],
      ACT,
    ])
    this.#offer()
  }

  #looks() {
    return [
      button('Show the forms', () => this.#look(0)),
      button('Export as NDJSON', () => exportInto('ndjson', this.#state.value)),
      button('Export as CSV', () => exportInto('csv', this.#state.value)),
      button(
        'Check the journal',
        () =>
          void askFor({
            ...{
              title: 'Check the journal?',
              text: 'All of it is read, which may take some seconds.',
              button: 'Check',
              path: PATH,
            },
            body: { do: 'verify' },
            done: ({ faults }) =>
              faults.length === 0 ? 'The journal is sound.' : `The journal is damaged: ${faults.join('; ')}`,
          }),
      ),
    ]
  }

  /** What can be done with all forms of the state that is chosen. */
  #offer() {
    const state = this.#state.value
    const can = CHANGES.filter(({ states }) => states.includes(state))
    this.#all.replaceChildren(
      ...can.map(change => button(change.all, () => this.#change(change, { state }, `All forms that are ${state}`))),
    )
    this.#all.hidden = can.length === 0
  }

  #look(after) {
    const state = this.#state.value
    void askFor({
      ...{ title: 'Look at collected forms?', text: 'What visitors have sent is shown to those who have the token.' },
      ...{ button: 'Show', path: PATH, body: { do: 'list', after, ...(state === '' ? {} : { state }) } },
      done: ({ forms }) => {
        this.#forms = after === 0 ? forms : [...this.#forms, ...forms]
        this.#more.hidden = forms.length < PAGE
        this.#write()
        return `${this.#forms.length} ${this.#forms.length === 1 ? 'form' : 'forms'}.`
      },
    })
  }

  #write() {
    this.#box.hidden = this.#forms.length === 0
    this.#table.show(
      this.#forms.map(form => {
        const { receipt, state, received, tries, site, target, reason } = form
        const texts = [receipt, state, received ?? '–', String(tries), `${site} ${target ?? ''}`, reason ?? '']
        return [receipt, texts, row => this.#finish(row.lastElementChild, form)]
      }),
    )
  }

  #finish(cell, form) {
    const { receipt, state } = form
    const named = (text, act) => {
      const made = button(text, act)
      made.ariaLabel = `${text} ${receipt}`
      return made
    }
    const can = CHANGES.filter(({ states }) => states.includes(state))
    cell.replaceChildren(
      named('Show', () => this.#show(receipt)),
      ...can.map(change =>
        named(change.text, () =>
          this.#change(change, { receipts: [receipt] }, `The form ${receipt} is one of those that`),
        ),
      ),
    )
  }

  #show(receipt) {
    void askFor({
      ...{ title: 'Look at this form?', text: receipt, button: 'Show', path: PATH, body: { do: 'show', receipt } },
      done: form => {
        this.#writeWhole(form)
        return `The form ${receipt} is shown below the list.`
      },
    })
  }

  #writeWhole(form) {
    const facts = make('dl', { className: 'facts' })
    const values = make('dl', { className: 'facts' })
    this.#shown.replaceChildren(make('h3', { textContent: `The form ${form.receipt}` }), facts)
    this.#list(facts, factsOf(form))
    const pairs = Object.entries(form.values).map(([name, value]) => [name, [value].flat().join('\n')])
    if (pairs.length > 0) this.#shown.append(make('h4', { textContent: 'What is in it' }), values)
    this.#list(values, pairs)
    const body =
      form.body ?? (form.file === null ? `(base64) ${form.base64}` : `(${bytes(form.bytes)} in ${form.file})`)
    this.#shown.append(make('h4', { textContent: 'As it came' }), make('pre', { textContent: body }))
    this.#shown.hidden = false
    this.#shown.focus()
  }

  #change({ verb, text, words }, which, who) {
    propose({
      ...{ title: `${text}?`, text: `${who} ${words}`, button: text, path: PATH, body: { do: verb, ...which } },
      done: outcomeOf,
      after: () => this.#afterwards(),
    })
  }

  #erasePerson(email) {
    if (email === '') return
    propose({
      title: 'Erase a person’s forms?',
      text: `All forms in which a field has the address ${email}, in whatever state, are deleted for good.`,
      ...{ button: 'Erase', path: PATH, body: { do: 'erase', email } },
      done: outcomeOf,
      after: () => this.#afterwards(),
    })
  }

  /** What is shown is as old as the look; who sees nothing needs no new one. */
  #afterwards() {
    this.#shown.hidden = true
    if (this.#forms.length > 0) this.#look(0)
  }
}

const factsOf = form => [
  ['State', form.reason === null ? form.state : `${form.state} (${form.reason})`],
  ['Received', form.received],
  ['Changed', form.changed],
  ['Tries', String(form.tries)],
  ['Site and rule', `${form.site}, ${form.rule}`],
  ['Client', form.client],
  ['Request', `${form.method} ${form.host}${form.target}`],
  ['Header', form.fields.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${form.fields[i + 1]}`] : [])).join('\n')],
]
