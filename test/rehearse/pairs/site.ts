// A small site whose pages wait for a pool of four workers, each page for as long as chance has it: `node site.ts FACTOR` is so many
// times as slow as a usual one, and prints its port. Its time is waiting, not work, so that many stand side by side on
// one machine without slowing each other down. Ends with its standard input.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const WORKERS = 4
/** Half of it fixed, the rest exponential. */
const SERVICE_MS = 40

const factor = Number(process.argv[2] ?? 1)
const waiting: ServerResponse[] = []
let free = WORKERS

async function work(): Promise<void> {
  free--
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    await sleep(factor * (SERVICE_MS / 2) * (1 - Math.log(1 - Math.random())))
    next.setHeader('Content-Type', 'text/html').end('<p>page</p>')
  }
  free++
}

const server = createServer((_request, response) => {
  waiting.push(response)
  if (free > 0) void work()
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
process.stdin.resume().on('end', () => process.exit())
