// The lottery's site of the story, as a process of its own (../program.ts), and a bakery's beside it on the same machine.
import type { ServerResponse } from 'node:http'
import { runSite } from '../program.ts'
import { bakery } from './bakery.ts'
import { Draws } from './draws.ts'
import { type Answer, answerTo } from './pages.ts'

runSite('lottery', folder => {
  const draws = new Draws(folder)
  return {
    answer: (request, response) => send(response, answerTo(draws, request)),
    neighbour: (request, response) => send(response, bakery(draws.database, request)),
    close: () => draws.database.close(),
  }
})

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body)
}
