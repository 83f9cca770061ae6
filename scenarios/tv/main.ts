// The breach-lookup site of the story, as a process of its own: `node scenarios/tv/main.ts --port 0 --data DIR`. Prints
// {"port": …} once it listens and, with --report, {"answered": …, "cpuMs": …} a few times a second. SIGTERM ends it.
import { mkdtempSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { lookUp, openDatabase } from './database.ts'
import { type Answer, NOT_FOUND, PAGES, rangePage } from './pages.ts'

const REPORT_EVERY_MS = 200

const { values } = parseArgs({
  options: { port: { type: 'string' }, data: { type: 'string' }, report: { type: 'boolean' } },
})
const folder = values.data ?? mkdtempSync(join(tmpdir(), 'tv-'))
const database = openDatabase(folder)

let reportedAt = 0
let answered = 0
const site = createServer(respond)
site.listen(Number(values.port ?? 0), '127.0.0.1', () => {
  say({ port: (site.address() as AddressInfo).port, data: folder })
  if (values.report) setInterval(report, REPORT_EVERY_MS).unref()
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end)
// A parent that died leaves no SIGTERM behind, only a closed pipe.
process.stdout.on('error', end)

function respond(request: IncomingMessage, response: ServerResponse): void {
  const { status, type, keep, body } = answerTo(request)
  response.on('finish', () => {
    answered++
    report()
  })
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': keep, 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}

function answerTo({ method, url = '/' }: IncomingMessage): Answer {
  if (method !== 'GET' && method !== 'HEAD') return { ...NOT_FOUND, status: 405 }
  const [, prefix] = /^\/range\/([0-9a-f]{2})$/.exec(url) ?? []
  return prefix === undefined ? (PAGES.get(url) ?? NOT_FOUND) : rangePage(lookUp(database, prefix))
}

/** Also called after each answer: in a storm the event loop gets to its timers only now and then. */
function report(): void {
  const now = performance.now()
  if (!values.report || now - reportedAt < REPORT_EVERY_MS) return
  reportedAt = now
  const { user, system } = process.cpuUsage()
  say({ answered, cpuMs: Math.round((user + system) / 1000) })
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function end(): void {
  site.close()
  site.closeAllConnections()
  database.close()
  process.exit(0)
}
