// What the sites of all scenarios have in common: a process of its own, `node scenarios/NAME/main.ts --port 0 --data DIR`.
// Prints {"port": …} once it listens and, with --report, {"answered": …, "cpuMs": …, "atOnce": …} a few times a second, so
// that whoever started it sees from outside what reaches it. SIGTERM ends it.
import { mkdtempSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

export interface Site {
  answer: RequestListener
  /** Another client's site on the same machine, on a port of its own; it shares the CPU and nothing else. */
  neighbour?: RequestListener
  close: () => void
}

const REPORT_EVERY_MS = 200

/** Begun requests wait here for their turn: the site takes one after the other, as one worker process would. */
const waiting: (() => void)[] = []

let reportedAt = 0
let reports = false
let answered = 0
let open = 0
let atOnce = 0

/** Runs the site that `start` makes in the folder of its data, until a signal comes. */
export function runSite(name: string, start: (folder: string) => Site): void {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, data: { type: 'string' }, report: { type: 'boolean' } },
  })
  const folder = values.data ?? mkdtempSync(join(tmpdir(), `${name}-`))
  const { answer, neighbour, close } = start(folder)
  reports = values.report ?? false
  const site = createServer((request, response) => take(request, response, answer))
  const beside = neighbour && createServer((request, response) => queue(request, response, neighbour))
  const servers = beside === undefined ? [site] : [site, beside]
  const portOf = (server: typeof site): number => (server.address() as AddressInfo).port
  const listening = (): void => {
    say({ port: portOf(site), ...(beside === undefined ? {} : { neighbour: portOf(beside) }), data: folder })
    if (reports) setInterval(report, REPORT_EVERY_MS).unref()
  }
  const onSite = (): void => void (beside === undefined ? listening() : beside.listen(0, '127.0.0.1', listening))
  site.listen(Number(values.port ?? 0), '127.0.0.1', onSite)
  const end = (): void => {
    for (const server of servers) {
      server.close()
      server.closeAllConnections()
    }
    close()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end)
  // A parent that died leaves no SIGTERM behind, only a closed pipe.
  process.stdout.on('error', end)
}

/** Counts a request of the site's own from its head to the end of its answer, or of its connection. */
function take(request: IncomingMessage, response: ServerResponse, answer: RequestListener): void {
  atOnce = Math.max(atOnce, ++open)
  response.once('finish', () => {
    answered++
    report()
  })
  response.once('close', () => open--)
  queue(request, response, answer)
}

/** Later in its turn, so that the heads of all that have come are read before: what waits is seen to wait. */
function queue(request: IncomingMessage, response: ServerResponse, answer: RequestListener): void {
  waiting.push(() => answer(request, response))
  if (waiting.length === 1) setImmediate(next)
}

function next(): void {
  waiting[0]!()
  waiting.shift()
  if (waiting.length > 0) setImmediate(next)
}

/** Also called after each answer: in a storm the event loop gets to its timers only now and then. */
function report(): void {
  const now = performance.now()
  if (!reports || now - reportedAt < REPORT_EVERY_MS) return
  reportedAt = now
  const { user, system } = process.cpuUsage()
  say({ answered, cpuMs: Math.round((user + system) / 1000), atOnce })
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
