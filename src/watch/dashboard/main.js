// The dashboard: puts the parts together and keeps them up to date. Every second the numbers, every ten the words that
// screen readers hear.
import { proposeDrain, proposeMode, proposePurge, proposeReload, proposeRoom } from './acts.js'
import { Blockers } from './blockers.js'
import { Chart } from './charts.js'
import { Coming } from './coming.js'
import { Decisions } from './decisions.js'
import { Events } from './events.js'
import { bytes, count, level, milliseconds, percent, timeOfDay } from './format.js'
import { Journal } from './journal.js'
import { KEPT, Seconds, listen, longAgo } from './live.js'
import { machineFacts } from './machine.js'
import { Notify } from './notify.js'
import { panels } from './panels.js'
import { Proofs } from './proofs.js'
import { Rehearsal } from './rehearsal.js'
import { Rehearsals } from './rehearsals.js'
import { Routes } from './routes.js'
import { Rules } from './rules.js'
import { Classes, Clients, Origins, Rooms, Sites, Threads, facts } from './tables.js'
import { offloadOf, originVerdict, savedOf, shieldVerdict, visitorsVerdict } from './verdicts.js'

/** Milliseconds between two sentences for screen readers. */
const SPEAK_EVERY = 10_000
/** Milliseconds between two looks at what clients do, and how many are shown. */
const CLIENTS_EVERY = 5_000
const CLIENTS_SHOWN = 8
/** Milliseconds between two looks at routes and decisions. */
const AROUND_EVERY = 5000
/** Milliseconds between two looks at a long time. */
const LONG_EVERY = 60_000

const byId = id => document.getElementById(id)
const seconds = new Seconds()
const charts = panels.map(panel => new Chart(panel, byId(panel.section)))
const origins = new Origins(proposeDrain)
const sites = new Sites(proposeMode)
const threads = new Threads()
const coming = new Coming()
const events = new Events(byId('modes').closest('section'), plan => coming.show(plan))
const routes = new Routes()
const blockers = new Blockers()
const proofs = new Proofs()
const rules = new Rules()
const rehearsals = new Rehearsals()
const decisions = new Decisions()
const notify = new Notify()
const journal = new Journal(list)
const clients = new Clients()
const rehearsal = new Rehearsal(list)
const classes = new Classes()
const rooms = new Rooms(proposeRoom)
let spokenAt = 0
let span = 300
/** What is drawn where the span is longer than what is kept here, and when it was asked for. */
let long = { at: [] }
let longAt = 0
let last

/** Names and values, changed where they changed. */
function list(node, pairs) {
  while (node.children.length > pairs.length) node.lastElementChild.remove()
  for (const [i, [name, value]] of pairs.entries()) {
    const pair = node.children[i] ?? node.appendChild(document.createElement('div'))
    if (pair.children.length === 0) pair.append(document.createElement('dt'), document.createElement('dd'))
    const [term, definition] = pair.children
    if (term.textContent !== name) term.textContent = name
    if (definition.textContent !== value) definition.textContent = value
  }
}

function judge(id, { level, text }) {
  const section = byId(id)
  if (section.dataset.level !== level) section.dataset.level = level
  const line = section.querySelector('.verdict')
  if (line.textContent !== text) line.textContent = text
}

const numbers = (id, pairs) => list(byId(id).querySelector('.numbers'), pairs)

function show({ second, stats, alerts = [] }) {
  const { recent } = seconds
  const verdicts = [visitorsVerdict(second, recent), originVerdict(second, stats), shieldVerdict(second, recent, stats)]
  for (const [i, id] of ['visitors', 'origin', 'shield'].entries()) judge(id, verdicts[i])
  numbers('visitors', [
    ['requests/s', count(second.requests)],
    ['wait, p95', milliseconds(second.p95)],
    ['lost/s', count(second.lost)],
    ['active visitors', level(second.visitors)],
    ['in 5 min', level(second.visitors5)],
    ['Apdex', second.apdex === null ? '–' : second.apdex.toFixed(2)],
  ])
  numbers('origin', [
    ['in flight', `${level(second.inFlight)}/${level(second.limit)}`],
    ['first byte, p95', milliseconds(second.originP95)],
    ['waiting', level(second.waiting)],
    ['queue wait, p95', milliseconds(stats.latencies.queue.p95)],
    ['requests/s', count(second.originRequests)],
    ['bytes/s', bytes(second.bytesOrigin)],
  ])
  numbers('shield', [
    ['requests saved', percent(offloadOf(recent))],
    ['bytes saved', percent(savedOf(recent))],
    ['connections', level(second.connections)],
    ['sent/s', bytes(second.bytesOut)],
    ['line used', percent(stats.line?.share)],
    ['CPU', percent(stats.host.cpu)],
  ])
  origins.show(stats.origins)
  classes.show(stats.classes)
  sites.show(stats.sites)
  rooms.show(stats.waitingRooms)
  threads.show(stats)
  journal.show(stats.journal, stats.sites)
  notify.heard(alerts)
  list(byId('machine'), machineFacts(stats))
  list(byId('process'), facts(stats))
  tellTrouble(stats, alerts)
  nameSites(stats)
  speak(verdicts)
}

/** What a person has to do something about, in full. */
function tellTrouble({ config, notices }, alerts) {
  const refused = config.refused === null ? [] : ['The last new config was refused:', ...config.refused.errors]
  const rows = [
    ...alerts.map(({ name, text, advice, severity }) => [severity, name, text, advice]),
    ...(refused.length === 0 ? [] : [['warn', 'config', refused.join('\n'), '']]),
  ]
  const box = byId('trouble')
  const told = JSON.stringify(rows)
  if (box.dataset.told !== told) box.replaceChildren(...rows.map(troubleRow))
  box.dataset.told = told
  box.hidden = rows.length === 0
  const noticed = notices.join('\n')
  if (byId('notices').textContent !== noticed) byId('notices').textContent = noticed
}

function troubleRow([severity, name, text, advice]) {
  const row = document.createElement('div')
  row.className = severity
  row.title = `${text} ${advice}`
  for (const [tag, content] of [
    ['b', name],
    ['span', text],
    ['small', advice],
  ])
    // prettier-ignore
    if (content !== '') row.append(Object.assign(document.createElement(tag), { textContent: content }), ' ')
  return row
}

function nameSites({ sites }) {
  const text = sites.map(({ name, mode }) => (mode === 'normal' ? name : `${name} (${mode})`)).join(', ')
  if (byId('sites').textContent !== text) byId('sites').textContent = text
}

function speak(verdicts) {
  const worst = ['bad', 'warn', 'good', 'quiet'].find(level => verdicts.some(each => each.level === level))
  const mark = { bad: '✖ ', warn: '! ' }[worst] ?? ''
  if (document.title !== `${mark}Breakwater`) document.title = `${mark}Breakwater`
  if (Date.now() - spokenAt < SPEAK_EVERY) return
  spokenAt = Date.now()
  const [visitors, origin, shield] = verdicts.map(({ text }) => text)
  byId('summary').textContent = `Visitors: ${visitors} Origin: ${origin} Shield: ${shield}`
  for (const chart of charts) chart.describe()
}

function draw() {
  const columns = span > KEPT ? long : seconds.columns
  for (const chart of charts) chart.show(columns, span)
  if (span > KEPT && Date.now() - longAt > LONG_EVERY) void lookBack()
}

async function lookBack() {
  longAt = Date.now()
  const asked = span
  const columns = await longAgo(asked).catch(() => undefined)
  if (columns === undefined || asked !== span) return
  long = columns
  draw()
}

function contact(text, isLive) {
  const line = byId('contact')
  line.textContent = text
  line.classList.toggle('live', isLive)
}

byId('reload').addEventListener('click', proposeReload)
byId('purge').addEventListener('click', proposePurge)

const AROUND = [
  ...['/api/routes', '/api/blockers', '/api/rules', '/api/rehearsals', '/api/audit', '/api/alerts'],
  '/api/proofs',
]

/** What changes slowly is asked for now and then, while somebody looks. */
async function lookAround() {
  if (document.hidden) return
  const told = await Promise.all(AROUND.map(told200)).catch(() => undefined)
  if (told === undefined) return
  const [found, kept, did, rehearsed, { acts }, alerts, proven] = told
  routes.show(found)
  blockers.show(kept)
  proofs.show(proven)
  rules.show(did)
  rehearsals.show(rehearsed)
  decisions.show(acts, alerts)
}

async function told200(path) {
  const answer = await fetch(path, { cache: 'no-store' })
  if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}`)
  return answer.json()
}

setInterval(() => void lookAround(), AROUND_EVERY)
void lookAround()

byId('span').addEventListener('change', event => {
  span = Number(event.target.value)
  long = { at: [] }
  longAt = 0
  draw()
})

listen({
  async found() {
    await seconds.load().catch(() => {})
    contact('Live', true)
    draw()
  },
  heard(message) {
    last = message
    contact('Live', true)
    byId('contact').title = `As of ${timeOfDay(message.second.at * 1000)}`
    seconds.add(message.second)
    show(message)
    draw()
  },
  lost() {
    contact(last === undefined ? 'No answer' : `No answer since ${timeOfDay(last.second.at * 1000)}`, false)
  },
})

async function lookAtClients() {
  if (document.hidden) return
  const answer = await fetch(`/api/clients?limit=${CLIENTS_SHOWN}`).catch(() => undefined)
  if (answer?.ok) clients.show(await answer.json())
}
events.follow()
rehearsal.follow()
setInterval(() => void lookAtClients(), CLIENTS_EVERY)
void lookAtClients()

const paint = () => charts.forEach(chart => chart.paint())
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint)
paint()
