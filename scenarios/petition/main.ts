// The petition site of the story, as a process of its own: `node scenarios/petition/main.ts --port 0 --data DIR`.
// Prints {"port": …} once it listens and, with --report, {"answered": …, "cpuMs": …} a few times a second, so that
// whoever started it can see from outside what reaches it. SIGTERM ends it.
import { mkdtempSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDatabase } from './database.ts'
import { Forms } from './forms.ts'
import { Petitions } from './petitions.ts'
import { createSite } from './server.ts'

const REPORT_EVERY_MS = 200

const { values } = parseArgs({
  options: { port: { type: 'string' }, data: { type: 'string' }, report: { type: 'boolean' } },
})
const folder = values.data ?? mkdtempSync(join(tmpdir(), 'petition-'))
const database = openDatabase(folder)
const site = createSite(new Petitions(database), new Forms())

let reportedAt = 0
let answered = 0
site.on('request', (_request, response) => {
  response.on('finish', () => {
    answered++
    report()
  })
})
site.listen(Number(values.port ?? 0), '127.0.0.1', () => {
  say({ port: (site.address() as AddressInfo).port, data: folder })
  if (values.report) setInterval(report, REPORT_EVERY_MS).unref()
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end)
// A parent that died leaves no SIGTERM behind, only a closed pipe.
process.stdout.on('error', end)

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
