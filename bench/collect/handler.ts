// What one would write by hand: a Node server that puts each post into PostgreSQL or Redis and answers once that has it.
// `handler.ts postgres|redis PORT SOCKET`, two processes on one port. It keeps the body as it came; nothing is checked.

import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { Postgres } from './postgres.ts'
import { Redis } from './redis.ts'

const PROCESSES = 2

const [kind, port, socket] = process.argv.slice(2) as ['postgres' | 'redis', string, string]

if (cluster.isPrimary) {
  for (let i = 0; i < PROCESSES; i++) cluster.fork()
  process.on('SIGTERM', () => process.exit(0))
} else {
  const keep = kind === 'postgres' ? await Postgres.open(socket) : await Redis.open(socket)
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (request.method === 'GET') return response.end()
      keep.put(Buffer.concat(chunks)).then(
        () => response.writeHead(303, { Location: '/thanks', 'Content-Length': 0 }).end(),
        () => response.writeHead(503, { 'Content-Length': 0 }).end(),
      )
    })
  })
  server.listen(Number(port), '127.0.0.1')
}
