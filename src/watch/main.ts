// The watch thread: reads the board each second, asks core how it is, and answers on the admin address.

import { parentPort, workerData } from 'node:worker_threads'
import { CertificateKeeper } from '../acme/keeper.ts'
import { systemClock } from '../base/clock.ts'
import { descriptorOf } from '../base/descriptor.ts'
import { systemRandom } from '../base/random.ts'
import { Board, GlobalWord } from '../board/board.ts'
import { Modes } from '../board/modes.ts'
import { tellDelay } from '../board/pulse.ts'
import { formatListenAddress, isLoopback } from '../config/kinds/network.ts'
import type { Config } from '../config/types.ts'
import { keepCompiledCode } from '../threads/compiled.ts'
import { createLog } from '../threads/log.ts'
import type { Birth, Order, ProcessState, Report } from '../threads/messages.ts'
import { Watchman } from './alerts/watchman.ts'
import { figuresOf } from './all-nodes.ts'
import { Audience } from './audience.ts'
import { Audit } from './audit.ts'
import { Clients } from './clients.ts'
import { CoreLink } from './core-link.ts'
import { Downstream } from './downstream.ts'
import { FormsLink } from './forms-link.ts'
import { HandOn } from './hand-on.ts'
import { Host } from './host.ts'
import { keepCommanded } from './modes.ts'
import { Past } from './past.ts'
import { rehearsalIn } from './rehearsal.ts'
import { Plan } from './plan.ts'
import { BlockerLedger } from './blocker-sums.ts'
import { ProofLedger } from './proof-sums.ts'
import { rehearsalsIn } from './rehearsals.ts'
import { RouteLedger } from './route-sums.ts'
import { Sampler } from './sampler.ts'
import { secondOf } from './seconds.ts'
import { certificateOf, createAdminServer, isSecure } from './server.ts'
import { DemandGauge } from './scale/gauge.ts'
import { Spikes } from './spikes/spikes.ts'
import { originsOf, statsOf } from './stats.ts'
import { StatusPublisher } from './status/publisher.ts'
import type { Sources } from './stats.ts'
import { keepAddress, keptToken } from './token.ts'
import { Viewers } from './viewers.ts'

keepCompiledCode()
const birth = workerData as Birth
const report = (message: Report) => parentPort!.postMessage(message)
const log = createLog(report)
const clock = systemClock
const board = new Board(birth.board)
const modes = new Modes(board)
const sampler = new Sampler(board, clock)
const audience = new Audience(board, clock)
const core = new CoreLink(clock)
const reloads = new Map<number, (errors: string[]) => void>()
const handovers = new Map<number, (why: string | null) => void>()
let nextId = 1
/** The origin at each place of the board. */
const known = new Map<number, string>()
let config: Config = birth.config
/** The version of the modes that is on disk. */
let keptVersion = modes.version
let token = tokenOf(config)
const handOn = new HandOn(log)
/** Until the supervisor has told. */
let state: ProcessState = {
  version: '',
  pid: process.pid,
  startedAt: clock.now(),
  phase: 'starting',
  listening: [],
  secure: [],
  notices: [],
  threads: [],
  config: { generation: 1, appliedAt: clock.now(), refused: null, afterRestart: [] },
}

const forms = new FormsLink()
const spikes = new Spikes({
  ...{ core, modes, clock, log },
  sites: () => config.sites,
  taken: site => audience.total(site),
  origins: () => originsOf({ core, sampler }),
  begun: () => sampler.rate('begun') + sampler.rate('overConnections'),
})
const demand = new DemandGauge({ clock, sites: () => config.sites, origins: () => originsOf({ core, sampler }) })
const routes = new RouteLedger(clock)
const blockers = new BlockerLedger(clock)
const proofs = new ProofLedger()
const downstream = new Downstream(clock, () => routes.kinds, log)
downstream.configure(config.sites)
const host = new Host(() => ({ data: config.data, listening: [...state.listening, ...state.secure] }))
tellDelay(board.global, GlobalWord.watchDelay)
const sources: Sources = {
  board,
  forms,
  modes,
  spikes,
  demand,
  sampler,
  audience,
  core,
  ...{ routes, blockers, proofs, downstream, host, line: () => config.limits.line },
  clock,
  state: () => state,
  sites: () => config.sites,
}
const plan = new Plan(
  { core, modes, clock, sites: () => config.sites, listening: () => state.listening, secure: () => state.secure },
  config,
  log,
)
const past = new Past(config.data, clock, log)
const certificates = new CertificateKeeper(config, {
  ...{ clock, log, random: systemRandom },
  tell: answers => report({ type: 'certificates', answers }),
  ...(config.cluster.url.length > 0 && { nodes: said => core.certificates(said) }),
})
const watchman = new Watchman(
  { ...sources, plan, certificates },
  () => config,
  log,
  news => past.keep(news),
)
watchman.remember(past.sixHours())
const status = new StatusPublisher({
  ...{ clock, past },
  planner: () => plan.planner,
  title: () => config.status.title ?? config.sites[0]?.name ?? 'Breakwater',
  isStarting: () => state.phase === 'starting',
})
const viewers = new Viewers()
const clients = new Clients(board, clock, () => config.clients.slow)
const server = createAdminServer(
  {
    ...sources,
    watchman,
    plan,
    past,
    certificates,
    status,
    audit: new Audit(config.data, clock, log),
    rehearsals: () => rehearsalsIn(config.data),
    viewers,
    clients,
    rehearsal: () => rehearsalIn(config.data, clock),
    reload,
    handOver,
    keepModes,
    data: config.data,
    drain: () => report({ type: 'drain' }),
  },
  () => ({ hosts: config.admin.hosts, token, isPrivate: !isLoopback(config.admin.listen.host) }),
  config.admin.certificate,
  log,
)
// A server that does not listen throws, and the supervisor tells the person at the terminal what to change.
server.on('error', error => {
  throw error
})
const [socket] = birth.sockets[formatListenAddress(config.admin.listen)] ?? []
server.listen(socket === undefined ? { ...config.admin.listen, exclusive: true } : { fd: socket }, listening)

handOn.configure(config.clients)
if (birth.core !== null) core.connect(birth.core)
plan.look()
setInterval(look, 1000)
parentPort!.on('message', obey)

function look(): void {
  sampler.sample()
  audience.look(
    config.sites.map(({ name }) => name),
    sampler.slots,
  )
  followOrigins()
  demand.look()
  if (state.phase === 'serving') spikes.look()
  if (modes.version !== keptVersion) keepModes()
  const second = secondOf(sources)
  past.add(second)
  watchman.look()
  if (status.look()) report({ type: 'status-page', files: status.files })
  clients.look()
  void certificates.look()
  void downstream.look()
  if (viewers.count > 0) viewers.tell(JSON.stringify({ second, stats: statsOf(sources), alerts: watchman.told.active }))
  core.askStatus(figuresOf(second))
  spikes.heard(core.status?.status.cluster)
}

/** A place on the board may pass from one origin to another; the sums of the first are not the second's. */
function followOrigins(): void {
  for (const { index, url } of core.status?.status.origins ?? []) {
    if (known.has(index) && known.get(index) !== url) sampler.forgetOrigin(index)
    known.set(index, url)
  }
}

/** What is commanded now, for the process after this one. */
function keepModes(): boolean {
  keptVersion = modes.version
  try {
    keepCommanded(config.data, modes, config.sites)
    return true
  } catch (error) {
    log('warn', 'modes-not-kept', { error, effect: 'the next process begins in the modes that the config names' })
    return false
  }
}

function listening(): void {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.admin.listen.port
  const where = { host: config.admin.listen.host, port }
  const admin = formatListenAddress(where)
  try {
    keepAddress(config.data, isSecure(server) ? `https://${admin}` : admin)
  } catch (error) {
    log('warn', 'admin-address-not-kept', { error, remedy: 'name the address with --admin when you give commands' })
  }
  report({ type: 'listening', sockets: [{ address: where, descriptor: descriptorOf(server) }] })
  report({ type: 'ready', detail: { admin } })
}

function obey(order: Order): void {
  if (order.type === 'state') state = order.state
  else if (order.type === 'core') {
    core.connect(order.port)
    plan.coreIsNew()
  } else if (order.type === 'forms') forms.connect(order.port)
  else if (order.type === 'reloaded') answerReload(order)
  else if (order.type === 'handing-over') {
    handovers.get(order.id)?.(order.why)
    handovers.delete(order.id)
  } else if (order.type === 'sums') {
    routes.add(order.routes)
    blockers.add(order.blockers)
    proofs.add(order.proofs)
  } else if (order.type === 'config') apply(order.config)
  else if (order.type === 'drain') end()
}

function apply(next: Config): void {
  config = next
  token = tokenOf(next)
  if (isSecure(server) && next.admin.certificate.chain !== undefined)
    server.setSecureContext(certificateOf(next.admin.certificate))
  watchman.configure()
  plan.configure(next)
  certificates.configure(next)
  downstream.configure(next.sites)
  handOn.configure(next.clients)
  report({ type: 'config-applied' })
}

function reload(): Promise<string[]> {
  const id = nextId++
  return new Promise(resolve => {
    reloads.set(id, resolve)
    report({ type: 'reload', id })
  })
}

function handOver(): Promise<string | null> {
  const id = nextId++
  return new Promise(resolve => {
    handovers.set(id, resolve)
    report({ type: 'hand-over', id })
  })
}

function answerReload({ id, errors, state: configState }: Extract<Order, { type: 'reloaded' }>): void {
  state = { ...state, config: configState }
  reloads.get(id)?.(errors)
  reloads.delete(id)
}

/** The token of the config, or the one kept in the data directory. Without either nothing can be changed from outside. */
function tokenOf({ admin, data }: Config): string {
  if (admin.token !== undefined) return admin.token.secret
  try {
    return keptToken(data)
  } catch (error) {
    log('warn', 'admin-token-not-kept', {
      error,
      effect: 'no command is taken until the data directory can be written',
    })
    return crypto.randomUUID() + crypto.randomUUID()
  }
}

function end(): void {
  server.close()
  server.closeAllConnections()
  past.end()
  plan.end()
  report({ type: 'drained' })
  process.exit(0)
}
