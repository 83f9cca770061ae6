// Planned events: when each is, in its own zone, the reader's and UTC, how long it is until then, and what a person can do about it. The
// section is made here, so that all of it is in one place.
import { propose } from './actions.js'

const LOOK_EVERY = 3000
const own = Intl.DateTimeFormat().resolvedOptions().timeZone

const make = (name, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(name), properties)
  node.append(...children)
  return node
}
const write = (node, text) => node.textContent === text || (node.textContent = text)

const formats = new Map()

/** Wed 2026-11-25 22:00 (UTC-06:00) */
export function inZone(at, zone) {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en', {
      ...{ timeZone: zone, weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'longOffset' },
    })
  formats.set(zone, format)
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
  const offset = parts.timeZoneName.replace('GMT', 'UTC').replace('+00:00', '')
  return `${parts.weekday} ${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute} (${offset})`
}

/** in 3 h 12 min 5 s */
export function countdown(ms) {
  const seconds = Math.max(0, Math.floor(Math.abs(ms) / 1000))
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  if (first === -1) return 'now'
  const text = parts
    .slice(first)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
  return ms > 0 ? `in ${text}` : `${text} ago`
}

/** A line for each zone, none twice. */
export function zonesOf({ start, end }, zone) {
  if (start === null || end === null) return []
  const zones = new Map([[zone, zone], [own, `${own}, here`], ['UTC', 'UTC']]) // prettier-ignore
  if (zone === own) zones.set(zone, `${zone}, here`)
  return [...zones].map(([each, words]) => `${inZone(start.at, each)} to ${inZone(end.at, each)} ${words}`)
}

/** What is done and when, in each zone, and when it is undone. */
function stepWords({ step, state, error, due, undo, undoDue }, zone) {
  const at = moment => [...new Set([zone, own, 'UTC'])].map(each => inZone(moment, each)).join(' = ')
  const undone = undo === null || undoDue === null ? '' : `; undone ${at(undoDue.at)}: ${undo}`
  return `${step}: ${state}${error === null ? '' : `, ${error}`}; ${at(due.at)}${undone}`
}

const FIELDS = [
  { name: 'name', label: 'Name', required: true, placeholder: 'Powerball' },
  { name: 'at', label: 'Starts, by the clocks of the zone', required: true, placeholder: '2026-11-25 22:00' },
  { name: 'zone', label: 'Zone', required: true, value: own },
  { name: 'for', label: 'Lasts', required: true, value: '2h' },
  { name: 'expect', label: 'Who is expected', placeholder: '300000 visitors, 15% in 2h' },
  { name: 'repeat', label: 'Again', placeholder: 'daily or weekly' },
  { name: 'site', label: 'Site, where there are several' },
]

export class Events {
  #list = make('div', { className: 'events' })
  #owed = make('p', { className: 'wrong', role: 'alert', hidden: true })
  #rows = new Map()
  /** The event that the form changes; null where it adds one. */
  #edited = null
  #fill = () => {}
  #heard
  /** Of the process less that of this browser, milliseconds. */
  #ahead = 0

  /** `before` is the section that it stands behind; `heard` is told the plan each time that it is asked for. */
  constructor(before, heard = () => {}) {
    this.#heard = heard
    const head = make('h2', { id: 'events-head', textContent: 'Planned events' })
    const help = make('p', { className: 'help', textContent: 'As a calendar: ' })
    help.append(make('a', { href: '/api/events.ics', textContent: 'events.ics' }))
    const section = make('section', { id: 'events' }, head, this.#owed, this.#list, this.#form(), help)
    section.setAttribute('aria-labelledby', 'events-head')
    before.after(section)
  }

  /** Looks now and then, and counts down. */
  follow() {
    const look = () => void this.#look()
    setInterval(look, LOOK_EVERY)
    setInterval(() => this.#count(), 1000)
    look()
  }

  async #look() {
    if (document.hidden) return
    const answer = await fetch('/api/events').catch(() => undefined)
    if (answer?.ok) this.show(await answer.json())
  }

  show({ now, events, owed }) {
    this.#ahead = now - Date.now()
    this.#heard({ now, events, owed })
    write(this.#owed, owed.map(({ text }) => text).join('\n'))
    this.#owed.hidden = owed.length === 0
    const gone = new Set(this.#rows.keys())
    for (const event of events.filter(({ state }) => ['planned', 'on', 'ending'].includes(state))) {
      gone.delete(event.name)
      const row = this.#rows.get(event.name) ?? this.#add(event.name)
      this.#write(row, event)
    }
    for (const name of gone) {
      this.#rows.get(name).node.remove()
      this.#rows.delete(name)
    }
    this.#count()
  }

  #add(name) {
    const parts = {
      head: make('h3'),
      until: make('p'),
      times: make('ul'),
      more: make('ul'),
      steps: make('ul', { className: 'runbook' }),
      acts: make('p'),
    }
    const button = (text, act) => {
      const made = make('button', { type: 'button', textContent: text })
      made.setAttribute('aria-label', `${text} ${name}`)
      made.addEventListener('click', act)
      parts.acts.append(made, ' ')
      return made
    }
    parts.start = button('Start now', () => proposeStart(name))
    parts.stop = button('Stop now', () => proposeStop(name))
    parts.edit = button('Edit', () => this.#fill(this.#rows.get(name).event))
    parts.cancel = button('Cancel', () => proposeCancel(name))
    const node = make('article', {}, parts.head, parts.until, parts.times, parts.more, parts.steps, parts.acts)
    this.#list.append(node)
    const row = { node, ...parts }
    this.#rows.set(name, row)
    return row
  }

  #write(row, event) {
    row.event = event
    const { name, state, zone, repeat, from, expect, note, overlaps, steps } = event
    const words = [name, state, repeat ?? '', from === 'config' ? 'from the config' : '']
    write(row.head, words.filter(word => word !== '').join(' · '))
    items(row.times, zonesOf(event, event.zone))
    items(row.more, [
      ...(expect === null ? [] : [`Expected: ${expect}`]),
      ...(note === null ? [] : [note]),
      ...overlaps.map(
        each =>
          `It overlaps with ${each.with}, ${zonesOf(each, zone).join(' = ')}: they merge, and the stronger mode (${each.mode}) holds`,
      ),
    ])
    items(
      row.steps,
      steps.map(each => stepWords(each, zone)),
    )
    row.steps.hidden = steps.length === 0
    row.start.hidden = state === 'on'
    row.stop.hidden = state !== 'on'
    row.edit.hidden = from === 'config'
  }

  #count() {
    const now = Date.now() + this.#ahead
    for (const { until, event } of this.#rows.values()) {
      const { state, start, end } = event
      if (start === null || end === null) write(until, '')
      else if (state === 'planned') write(until, `starts ${countdown(start.at - now)}`)
      else write(until, `${state === 'on' ? 'ends' : 'ended'} ${countdown(end.at - now)}`)
    }
  }

  /** One form for what is added and what is changed: which of them is seen in its title. */
  #form() {
    const inputs = FIELDS.map(({ label, ...properties }) => [label, make('input', properties)])
    const form = make('form', { className: 'add' })
    for (const [label, input] of inputs) form.append(make('label', {}, `${label} `, input), ' ')
    const button = make('button', { type: 'submit', textContent: 'Add' })
    const title = make('summary', { textContent: 'Add an event' })
    form.append(button)
    const box = make('details', {}, title, form)
    const turn = edited => {
      this.#edited = edited
      write(title, edited === null ? 'Add an event' : `Edit ${edited.name}`)
      write(button, edited === null ? 'Add' : 'Change')
    }
    this.#fill = event => {
      const { start, end } = event
      const lasts = start === null || end === null ? '' : `${(end.at - start.at) / 1000} s`
      const values = { ...event, for: lasts }
      for (const [, input] of inputs) input.value = values[input.name] ?? ''
      turn(event)
      box.open = true
      inputs[0][1].focus()
    }
    form.addEventListener('submit', event => {
      event.preventDefault()
      const given = inputs.map(([, { name, value }]) => [name, value.trim()])
      if (this.#edited === null) return proposeAdd(Object.fromEntries(given.filter(([, value]) => value !== '')))
      // What was emptied is taken away.
      const changes = Object.fromEntries(given.map(([name, value]) => [name, value === '' ? null : value]))
      proposeEdit(this.#edited, changes, () => (box.open = false))
    })
    box.addEventListener('toggle', () => {
      if (box.open || this.#edited === null) return
      form.reset()
      turn(null)
    })
    return box
  }
}

/** Texts as the items of a list, changed where they changed. */
function items(node, texts) {
  while (node.children.length > texts.length) node.lastElementChild.remove()
  for (const [i, text] of texts.entries()) write(node.children[i] ?? node.appendChild(make('li')), text)
}

const proposeAdd = body =>
  propose({
    title: 'Add this event?',
    text: `${body.name}: ${body.at} by the clocks of ${body.zone}, for ${body.for}${body.repeat ? `, ${body.repeat}` : ''}. The site is in spike mode meanwhile.`,
    button: 'Add',
    done: `${body.name} is planned.`,
    path: '/api/events',
    body,
  })

/** By its revision, so that what somebody else has changed meanwhile is not overwritten unseen. */
const proposeEdit = ({ name, revision }, changes, after) =>
  propose({
    title: 'Change this event?',
    text: `${changes.name}: ${changes.at} by the clocks of ${changes.zone}, for ${changes.for}${changes.repeat === null ? '' : `, ${changes.repeat}`}. Its steps stay. One that is on ends by what it says then.`,
    button: 'Change',
    done: `${changes.name} is changed.`,
    path: '/api/events/edit',
    body: { event: name, revision, ...changes },
    after,
  })

const proposeStart = event =>
  propose({
    title: 'Start it now?',
    text: `${event} begins now, for as long as it is planned to last. Its planned time stays as well.`,
    button: 'Start',
    done: `${event} has begun.`,
    path: '/api/events/start',
    body: { event },
  })

const proposeStop = event =>
  propose({
    title: 'Stop it now?',
    text: `${event} ends now, and what was done for it is undone.`,
    button: 'Stop',
    done: `${event} is over.`,
    path: '/api/events/stop',
    body: { event },
  })

const proposeCancel = event =>
  propose({
    title: 'Cancel it?',
    text: `${event} does not take place. Where it is on, it ends now, and what was done for it is undone.`,
    button: 'Cancel the event',
    done: `${event} is cancelled.`,
    path: '/api/events/cancel',
    body: { event },
  })
