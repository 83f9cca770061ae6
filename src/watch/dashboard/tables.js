// The tables below the charts. Rows are kept and only their text changes, so that a button keeps the focus and a reader its
// place.
import { bytes, count, duration, level, milliseconds, timeOfDay } from './format.js'

const cell = className => Object.assign(document.createElement('td'), { className })
const write = (node, text) => node.textContent === text || (node.textContent = text)

export class Table {
  #body
  #classes
  #rows = new Map()

  /** `columns` have each a head, and the class of the cells below it. */
  constructor(id, columns) {
    this.#classes = columns.map(([, className]) => className)
    this.#body = document.createElement('tbody')
    document.getElementById(id).append(headOf(columns), this.#body)
  }

  /** `entries` are [key, texts, finish]; `finish` gets the row. */
  show(entries) {
    const gone = new Set(this.#rows.keys())
    for (const [key, texts, finish] of entries) {
      gone.delete(key)
      const row = this.#rows.get(key) ?? this.#add(key)
      for (const [i, text] of texts.entries()) write(row.cells[i], text)
      finish?.(row)
    }
    for (const key of gone) {
      this.#rows.get(key).remove()
      this.#rows.delete(key)
    }
  }

  #add(key) {
    const row = document.createElement('tr')
    row.append(...this.#classes.map(cell))
    this.#rows.set(key, row)
    this.#body.append(row)
    return row
  }
}

/** Columns of numbers with these heads. */
export const amounts = (...heads) => heads.map(head => [head, 'amount'])

/** The column of the buttons that a row has. */
export const ACT = ['Act', 'act']

const unseen = textContent => Object.assign(document.createElement('span'), { className: 'unseen', textContent })

function headOf(columns) {
  const row = document.createElement('tr')
  for (const [text, className] of columns) {
    const head = Object.assign(document.createElement('th'), { scope: 'col' })
    if (className.startsWith('amount')) head.className = 'amount'
    // Buttons say by themselves what they do.
    head.append(className === 'act' ? unseen(text) : text)
    row.append(head)
  }
  const head = document.createElement('thead')
  head.append(row)
  return head
}

export class Origins {
  #table = new Table('origins', [
    ['Origin', 'name'],
    ['Site', ''],
    ['State', 'state'],
    ...amounts('In flight', 'Limit', 'Waiting', 'Streams', 'Good', 'Failed'),
    ACT,
  ])
  #drain

  /** `drain` is called with the origin that a person wants to drain. */
  constructor(drain) {
    this.#drain = drain
  }

  show(origins) {
    this.#table.show(
      origins.map(row => [
        `${row.index} ${row.site} ${row.url}`,
        [
          row.url,
          row.site,
          row.state === 'up' && row.ailing ? 'ailing' : row.state,
          ...[row.inFlight, row.limit, row.waiting, row.streams].map(level),
          count(row.good),
          count(row.bad + row.timeouts + row.resets),
        ],
        line => this.#finish(line, row),
      ]),
    )
  }

  #finish(line, row) {
    line.className = row.state === 'up' && !row.ailing ? 'good' : row.state === 'draining' ? 'quiet' : 'bad'
    const act = line.lastElementChild
    if (act.firstChild === null) {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: 'Drain' })
      button.setAttribute('aria-label', `Drain ${row.url}`)
      button.addEventListener('click', () => this.#drain(row))
      act.append(button)
    }
    act.firstChild.disabled = row.state === 'draining'
  }
}

/** What belongs together at the origins has a limit of its own; sites without such classes show none. */
export class Classes {
  #table = new Table('classes', [
    ['Class', 'name'],
    ['Site', ''],
    ...amounts('In flight', 'Limit', 'Waiting', 'Refused'),
  ])

  show(classes) {
    document.getElementById('classes-part').hidden = classes.length === 0
    this.#table.show(
      classes.map(row => [
        `${row.site} ${row.class}`,
        [row.class, row.site, ...[row.inFlight, row.limit, row.waiting].map(level), count(row.shed)],
      ]),
    )
  }
}

export class Sites {
  #table = new Table('modes', [['Site', 'name'], ['Mode', 'state'], ['Holds', ''], ACT])
  #change

  /** `change` is called with the site that a person wants in another mode, and that mode. */
  constructor(change) {
    this.#change = change
  }

  show(sites) {
    this.#table.show(
      sites.map(site => [site.name, [site.name, site.mode, heldUntil(site)], line => this.#finish(line, site)]),
    )
  }

  #finish(line, { name, mode }) {
    line.className = mode === 'normal' ? 'good' : 'warn'
    const act = line.lastElementChild
    const others = ['normal', 'spike', 'frozen'].filter(each => each !== mode)
    for (const [i, other] of others.entries()) {
      const button =
        act.children[i] ?? act.appendChild(Object.assign(document.createElement('button'), { type: 'button' }))
      write(button, { normal: 'Normal mode', spike: 'Spike mode', frozen: 'Freeze' }[other])
      const label = `${button.textContent} for ${name}`
      if (button.ariaLabel !== label) button.ariaLabel = label
      button.onclick = () => this.#change(name, other)
    }
  }
}

const heldUntil = ({ mode, configured, until }) =>
  until !== null
    ? `until ${timeOfDay(Date.parse(until))}`
    : mode === configured
      ? 'as configured'
      : 'until another command'

export class Rooms {
  #table = new Table('rooms', [
    ['Room', 'name'],
    ['State', 'state'],
    ...amounts('Waiting', 'Called', 'Inside', 'Rate', 'Wait'),
    ACT,
  ])
  #change

  /** `change` is called with the room and what a person wants of it: a rate, or a pause. */
  constructor(change) {
    this.#change = change
  }

  show(rooms) {
    document.getElementById('rooms-part').hidden = rooms.length === 0
    this.#table.show(
      rooms.map(room => [
        `${room.site} ${room.room}`,
        [
          `${room.site} ${room.room}`,
          room.paused ? 'paused' : room.phase,
          ...[room.waiting, room.called, room.inside].map(level),
          `${count(room.rate.set * 60)}/min`,
          room.estimate === null ? '–' : duration(room.estimate),
        ],
        line => this.#finish(line, room),
      ]),
    )
  }

  #finish(line, room) {
    line.className = room.paused ? 'warn' : 'good'
    const act = line.lastElementChild
    const perMinute = room.rate.set * 60
    const wishes = [
      { text: room.paused ? 'Open' : 'Pause', wish: { pause: !room.paused } },
      { text: 'Half the rate', wish: { rate: `${perMinute / 2}` } },
      { text: 'Twice the rate', wish: { rate: `${perMinute * 2}` } },
    ]
    for (const [i, { text, wish }] of wishes.entries()) {
      const button =
        act.children[i] ?? act.appendChild(Object.assign(document.createElement('button'), { type: 'button' }))
      write(button, text)
      const label = `${text} for ${room.site} ${room.room}`
      if (button.ariaLabel !== label) button.ariaLabel = label
      button.disabled = i > 0 && !(perMinute > 0)
      button.onclick = () => this.#change(room, wish)
    }
  }
}

export class Clients {
  #table = new Table('clients', [
    ['Client', 'name'],
    ['Measure', 'state'],
    ...amounts('Score', 'Requests in a minute'),
    ['Why', 'long'],
  ])

  /** The most doubtful clients, each with the signals that count for or against it most. */
  show({ pressed, slowed, known, clients }) {
    const line = document.getElementById('slowing')
    write(
      line,
      pressed
        ? `An origin is short of places: ${count(slowed)} of ${count(known)} clients are slowed.`
        : 'Nobody is slowed: the origins have places.',
    )
    this.#table.show(
      clients.map(row => [
        row.client,
        [
          row.client,
          row.measure === 'slowed' ? `slowed, one in ${row.every} s` : 'none',
          row.score.toFixed(2),
          count(row.requests),
          reasonsOf(row),
        ],
        tr => (tr.className = row.measure === 'slowed' ? 'warn' : 'good'),
      ]),
    )
  }
}

const reasonsOf = ({ why }) =>
  why
    .filter(({ weight, signal }) => weight !== 0 || signal === 'cookies')
    .map(({ text }) => text)
    .join('; ')

export class Threads {
  #table = new Table('threads', [
    ['Thread', 'name'],
    ['State', 'state'],
    ...amounts('Restarts', 'Delay', 'Heap'),
    ['Last death', 'death'],
  ])

  show({ threads, edges, delays }) {
    const figures = new Map(edges.map(edge => [edge.slot, edge]))
    this.#table.show(
      threads.map(row => {
        const edge = row.role === 'edge' ? figures.get(row.slot) : undefined
        const texts = [
          row.role === 'edge' ? `edge ${row.slot}` : row.role,
          row.state,
          level(row.restarts),
          milliseconds(edge?.loopDelayMs ?? delays[row.role]),
          bytes(edge === undefined ? null : edge.heapKiB * 1024),
          row.lastDeath ?? '',
        ]
        return [`${row.role} ${row.slot}`, texts, line => (line.className = row.state === 'serving' ? 'good' : 'bad')]
      }),
    )
  }
}

/** What there is to know of the process, as names and values. */
/** "joined as b; a (leads), b, c (lost)"; empty on a machine by itself. */
export function clusterLine(cluster) {
  if (!cluster) return ''
  const { state, node, why, members, leader } = cluster
  if (state === 'alone') return `${node} is alone: ${why}`
  const named = members.map(({ name, isLost }) => `${name}${isLost ? ' (lost)' : name === leader ? ' (leads)' : ''}`)
  return `joined as ${node}; ${named.join(', ')}`
}

/** "3 nodes: 1,200 requests/s, 40 of them to origins"; empty on a machine by itself. */
export function allNodesLine(sum) {
  if (!sum) return ''
  const { nodes, requests, originRequests, inFlight, limit, waiting } = sum
  const asked = `${count(requests)} requests/s, ${count(originRequests)} of them to origins`
  return `${nodes} ${nodes === 1 ? 'node' : 'nodes'}: ${asked}; ${count(inFlight)} of ${count(limit)} in flight there, ${count(waiting)} waiting`
}

/** "c holds 8 of 30 at http://…: breakwater cluster forget c, if it is gone for good"; empty while no node is lost. */
export function lostLine(cluster) {
  const lost = cluster?.members.filter(({ isLost }) => isLost) ?? []
  const held = name =>
    cluster.shares.flatMap(({ origin, max, kept }) =>
      kept.filter(({ node }) => node === name).map(each => `${count(each.held)} of ${count(max)} at ${origin}`),
    )
  return lost
    .map(
      ({ name }) =>
        `${name} holds ${held(name).join(', ') || 'nothing'}; if it is gone for good: breakwater cluster forget ${name}`,
    )
    .join('; ')
}

export function facts({ version, uptime, listening, config, store, copy, memory, counters, cluster, allNodes }) {
  return [
    ['Version', version],
    ['Up for', duration(uptime)],
    ['Listens on', listening.join(', ')],
    ['Config', `generation ${config.generation}, since ${timeOfDay(config.appliedAt)}`],
    ['Takes effect at the next start', config.afterRestart.join(', ')],
    [
      'Stored',
      store === null
        ? ''
        : `${count(store.records)} responses, ${bytes(store.bytesUsed)} of ${bytes(store.bytesTotal)}`,
    ],
    ['Evicted', store === null ? '' : count(store.evicted)],
    [
      'Copy on disk',
      copy === null ? '' : copy.state === 'off' ? `off: ${copy.why}` : `${copy.state}, ${bytes(copy.bytes)}`,
    ],
    ['Cluster', clusterLine(cluster)],
    ['Lost nodes', lostLine(cluster)],
    ['All nodes', allNodesLine(allNodes)],
    ['Memory', bytes(memory.rss)],
    ['Connections so far', count(counters.accepted.total)],
  ].filter(([, value]) => value !== '')
}
