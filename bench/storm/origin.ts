// An origin server of known capacity, in a process of its own: each answer takes the same time while no more than `pool` are
// being worked on, and (n ÷ pool)^power times as long with n of them. So beyond its pool it completes fewer the more stand in
// line, as where locks are fought for. It says on standard output where it listens, and answers /.count with what it did.
//
//   node bench/storm/origin.ts CAPACITY POOL POWER

import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Work is done in such steps, milliseconds, so that who comes later slows down who is there. */
const STEP = 4
/** Connections that the kernel keeps for it: more than the load of a run brings in a second. */
const BACKLOG = 4096

const [capacity = 80, pool = 8, power = 1.7] = process.argv.slice(2).map(Number)

interface Work {
  left: number
  readonly response: ServerResponse
}

const open = new Set<Work>()
const state = { completed: 0, most: 0 }
let at = performance.now()

setInterval(() => {
  const now = performance.now()
  const done = (now - at) / Math.max(1, (open.size / pool) ** power)
  at = now
  for (const work of open) {
    work.left -= done
    if (work.left > 0) continue
    open.delete(work)
    // A visitor who has gone is worked for all the same: that is what a collapse is made of.
    state.completed++
    if (!work.response.destroyed) work.response.end('page')
  }
}, STEP)

const server = createServer((request, response) => {
  if (request.url === '/.count') return void response.end(JSON.stringify({ ...state, open: open.size }))
  response.setHeader('cache-control', 'no-store')
  response.setHeader('content-type', 'text/html')
  open.add({ left: (1000 * pool) / capacity, response })
  state.most = Math.max(state.most, open.size)
})
server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
process.on('disconnect', () => process.exit())
