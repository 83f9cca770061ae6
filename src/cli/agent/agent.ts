// The agent for the origin's host: one file that needs Node and nothing else, so it can be copied there and run as it is
// (`node agent.js --port 9912 --watch 3000`, the token in BREAKWATER_AGENT_TOKEN). It tells how full the host is, and how late
// the event loops are of Node programs that were started with `node --import ./agent.js`. It reads /proc and runs nothing.
import { createHash, timingSafeEqual } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'

/** One signal in one second, as src/rehearse/sources/source.ts has it; said again, since this file stands alone. */
interface Told {
  signal: string
  value: number
  detail: string
}

/** Who asks more often gets the same answer: a share needs some time between two looks. */
const LEAST_MS = 400
/** Shorter ones can be guessed. */
const LEAST_TOKEN = 16
const LOOP_EVERY_MS = 1000
/** Older than this, what a program told of its loop is no news: it is stuck, or has gone. */
const LOOP_STALE_MS = 10_000
const MOST_PROCESSES = 32

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const list = (path: string): string[] => {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

/** Counters at one moment. */
interface Look {
  at: number
  cpu: { busy: number; total: number }
  threads: Map<string, number>
  disks: Map<string, { busy: number; requests: number; waited: number }>
  overflows: number
}

function look(pids: readonly string[]): Look {
  const times = read('/proc/stat').split('\n', 1)[0]!.trim().split(/\s+/).slice(1, 9).map(Number)
  const total = times.reduce((sum, each) => sum + each, 0)
  const disks = read('/proc/diskstats').split('\n').map(line => line.trim().split(/\s+/)).filter(([, , name = '']) => /^(sd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+|md\d+)$/.test(name)) // prettier-ignore
  const threads = pids.flatMap(pid => list(`/proc/${pid}/task`).map(id => {
    const [ran = 0, waited = 0] = read(`/proc/${pid}/task/${id}/schedstat`).split(' ').map(Number)
    return [`${pid}/${id}`, (ran + waited) / 1e6] as const
  })) // prettier-ignore
  const [names, values] = read('/proc/net/netstat').split('\n').filter(line => line.startsWith('TcpExt:')).map(line => line.split(' ')) // prettier-ignore
  return {
    at: performance.now(),
    cpu: { busy: total - (times[3] ?? 0) - (times[4] ?? 0), total },
    threads: new Map(threads),
    disks: new Map(disks.map(fields => [fields[2]!, { busy: Number(fields[12]), requests: Number(fields[3]) + Number(fields[7]), waited: Number(fields[6]) + Number(fields[10]) }])), // prettier-ignore
    overflows: Number(values?.[names?.indexOf('ListenOverflows') ?? -1] ?? 0),
  }
}

/** The processes that listen on the port. */
function processesOn(port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const lines = `${read('/proc/net/tcp')}\n${read('/proc/net/tcp6')}`.split('\n').map(line => line.trim().split(/\s+/))
  const sockets = new Set(lines.filter(fields => fields[1]?.endsWith(`:${hex}`) && fields[3] === '0A').map(fields => `socket:[${fields[9]}]`)) // prettier-ignore
  const holds = (pid: string): boolean =>
    list(`/proc/${pid}/fd`).some(fd => {
      try {
        return sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`))
      } catch {
        return false
      }
    })
  return sockets.size === 0
    ? []
    : list('/proc')
        .filter(name => /^\d+$/.test(name) && holds(name))
        .slice(0, MOST_PROCESSES)
}

/** TCP connections that programs of this host have begun so far: what the site asks of others, unless it keeps them alive. */
function connectionsBegun(): number | null {
  const [names, values] = read('/proc/net/snmp').split('\n').filter(line => line.startsWith('Tcp:')).map(line => line.split(' ')) // prettier-ignore
  const value = values?.[names?.indexOf('ActiveOpens') ?? -1]
  return value === undefined ? null : Number(value)
}

const percent = (share: number): string => `${Math.round(share * 100)}%`

/** What has happened between two looks, and what is now. */
function samples(host: string, before: Look, now: Look): Told[] {
  const ms = Math.max(1, now.at - before.at)
  const cpu = (now.cpu.busy - before.cpu.busy) / Math.max(1, now.cpu.total - before.cpu.total)
  const threads = [...now.threads].map(([id, all]) => (all - (before.threads.get(id) ?? all)) / ms)
  const disks = [...now.disks].map(([name, disk]) => {
    const was = before.disks.get(name) ?? disk
    return { busy: (disk.busy - was.busy) / ms, await: (disk.waited - was.waited) / Math.max(1, disk.requests - was.requests) } // prettier-ignore
  })
  const disk = disks.toSorted((a, b) => b.busy - a.busy)[0] ?? { busy: 0, await: 0 }
  const memory = read('/proc/meminfo')
  const amount = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)?.[1] ?? 0)
  const left = amount('MemTotal') === 0 ? 1 : amount('MemAvailable') / amount('MemTotal')
  const [open = 0, , most = 0] = read('/proc/sys/fs/file-nr').split(/\s+/).map(Number)
  const [tracked = 0, mostTracked = 0] = ['count', 'max'].map(name => Number(read(`/proc/sys/net/netfilter/nf_conntrack_${name}`))) // prettier-ignore
  const overflows = now.overflows - before.overflows
  const told: [what: string, value: number, detail: string][] = [
    ['cpu', cpu, `all cores of ${host} together were at work ${percent(cpu)} of the time`],
    ['memory', left < 0.05 ? 1 : 1 - left, `${percent(1 - left)} of the memory of ${host} was taken`],
    ['disk', disk.busy, `the busiest disk of ${host} was at work ${percent(disk.busy)} of the time, each request of it for ${disk.await.toFixed(1)} ms`],
    ['open files', most > 0 ? open / most : 0, `${open} of the ${most} files were open that ${host} may have open`],
    ['conntrack', mostTracked > 0 ? tracked / mostTracked : 0, `${tracked} of the ${mostTracked} connections were tracked that ${host} can track`],
    ['accept queue', overflows > 0 ? 1 : 0, `${overflows} connections found no place in a queue of ${host}`],
    ...(threads.length === 0 ? [] : [['thread', Math.max(...threads), `the busiest thread of the site on ${host} had work for ${percent(Math.max(...threads))} of the time`] satisfies [string, number, string]]),
  ] // prettier-ignore
  const own = told.map(([what, value, detail]) => ({ signal: `${what} of ${host}`, value, detail }))
  return [...own, ...loops(host)].map(each => ({ ...each, value: Math.min(1, Math.max(0, each.value)) }))
}

// Event loops: a program that imported this file writes how its loop fares, and the agent reads it.

const loopFolder = (): string => join(tmpdir(), `breakwater-loops-${process.getuid?.() ?? 'all'}`)

/** Told by each program once a second: how busy its event loop was, and how late at most (99 of 100, ms). */
interface Loop {
  busy: number
  lateMs: number
}

function watchLoop(): void {
  const folder = loopFolder()
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, String(process.pid))
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  let before = performance.eventLoopUtilization()
  const tell = (): void => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    const loop: Loop = { busy: utilization, lateMs: delay.percentile(99) / 1e6 }
    delay.reset()
    writeFileSync(`${file}.part`, JSON.stringify(loop), { mode: 0o600 })
    renameSync(`${file}.part`, file)
  }
  setInterval(tell, LOOP_EVERY_MS).unref()
  process.once('exit', () => rmSync(file, { force: true }))
}

/** The busiest of those that tell; root sees those of everybody. */
export function loops(host: string): Told[] {
  const folders = process.getuid?.() === 0 ? list(tmpdir()).filter(name => name.startsWith('breakwater-loops-')).map(name => join(tmpdir(), name)) : [loopFolder()] // prettier-ignore
  const all = folders.flatMap(folder =>
    list(folder).flatMap(pid => {
      const file = join(folder, pid)
      const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0)
      if (!/^\d+$/.test(pid) || list(`/proc/${pid}`).length === 0) return []
      const told = JSON.parse(read(file) || 'null') as Loop | null
      if (told === null) return []
      // A loop that is stuck tells nothing for long: that, too, is being busy.
      return [age > LOOP_STALE_MS ? { pid, busy: 1, lateMs: age } : { pid, ...told }]
    }),
  )
  const busiest = all.toSorted((a, b) => b.busy - a.busy)[0]
  if (busiest === undefined) return []
  const detail = `the event loop of process ${busiest.pid} on ${host} was at work ${percent(busiest.busy)} of the time, and up to ${Math.round(busiest.lateMs)} ms late`
  return [{ signal: `event loop of ${host}`, value: busiest.busy, detail }]
}

/** What the agent has to know. */
export interface AgentOptions {
  host: string
  port: number
  token: string
  /** The port of the site, whose threads are looked at. */
  watch?: number | undefined
}

/** Serves the gauges of this host at /gauges, to whoever has the token. Throws a RangeError for a token that can be guessed. */
export function startAgent({ host, port, token, watch }: AgentOptions): Server {
  if (token.length < LEAST_TOKEN)
    throw new RangeError(
      `BREAKWATER_AGENT_TOKEN needs ${LEAST_TOKEN} characters or more, such as what \`openssl rand -hex 16\` prints`,
    )
  const name = hostname()
  const pids = (): string[] => (watch === undefined ? [] : processesOn(watch))
  let before = look(pids())
  let last: Told[] = []
  const server = createServer((request, response) => {
    if (!isAllowed(request, token))
      return answer(response, 401, { error: 'Send the token of the agent as Authorization: Bearer …' })
    if (request.method !== 'GET' || request.url !== '/gauges')
      return answer(response, 404, { error: 'There is /gauges.' })
    if (performance.now() - before.at >= LEAST_MS) {
      const now = look(pids())
      last = samples(name, before, now)
      before = now
    }
    answer(response, 200, { host: name, samples: last, opened: connectionsBegun() })
  })
  server.requestTimeout = server.headersTimeout = 5000
  server.maxConnections = 16
  return server.listen(port, host)
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compared by digest, so that neither its length nor its letters show in the time it takes. */
const isAllowed = (request: IncomingMessage, token: string): boolean =>
  timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${token}`))

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}

/** As a program: `node agent.js [--host 0.0.0.0] [--port 9912] [--watch 3000]`. */
function main(args: readonly string[]): void {
  const flag = (name: string): string | undefined => args[args.indexOf(`--${name}`) + 1 || args.length]
  const watch = flag('watch')
  const [host, port] = [flag('host') ?? '127.0.0.1', Number(flag('port') ?? 9912)]
  const token = process.env['BREAKWATER_AGENT_TOKEN'] ?? ''
  const server = startAgent({ host, port, token, watch: watch === undefined ? undefined : Number(watch) })
  server.once('listening', () => process.stdout.write(`${JSON.stringify({ event: 'serving', host, port })}\n`))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close().closeAllConnections())
}

const self = fileURLToPath(import.meta.url)
const isPreload = process.execArgv.some((arg, i, all) => /^(--import|-r|--require)(=|$)/.test(arg) && (arg + (all[i + 1] ?? '')).includes('agent')) || /--import[= ]\S*agent/.test(process.env['NODE_OPTIONS'] ?? '') // prettier-ignore
if (process.argv[1] === self) main(process.argv.slice(2))
else if (isPreload && isMainThread) watchLoop()
