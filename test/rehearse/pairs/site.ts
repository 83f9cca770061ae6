// Small sites whose pages wait for a pool of eight workers, each page for as long as chance has it: `node site.ts 1 1.1` starts one
// as quick as usual and one 10% slower, and prints their ports. Their time is waiting, not work, so that many stand side by
// side on one machine without slowing each other down. Ends with its standard input.
import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const WORKERS = 8
/** Half of it fixed, the rest exponential. */
const SERVICE_MS = 40

function site(factor: number): RequestListener {
  const waiting: ServerResponse[] = []
  let free = WORKERS
  const work = async (): Promise<void> => {
    free--
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await sleep(factor * (SERVICE_MS / 2) * (1 - Math.log(1 - Math.random())))
      next.setHeader('Content-Type', 'text/html').end('<p>page</p>')
    }
    free++
  }
  return (_request, response) => {
    waiting.push(response)
    if (free > 0) void work()
  }
}

const ports = process.argv.slice(2).map(async factor => {
  const server = createServer(site(Number(factor)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
})
process.stdout.write(`${JSON.stringify(await Promise.all(ports))}\n`)
process.stdin.resume().on('end', () => process.exit())
