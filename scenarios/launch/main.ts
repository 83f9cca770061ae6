// The shop of the story, as a process of its own (../program.ts).
import type { ServerResponse } from 'node:http'
import { runSite } from '../program.ts'
import { type Answer, Shop } from './shop.ts'
import { openDatabase } from './database.ts'

runSite('launch', folder => {
  const database = openDatabase(folder)
  const shop = new Shop(database)
  return {
    answer: (request, response) => {
      shop
        .answer(request)
        .then(answer => send(response, answer))
        .catch(() => response.destroy())
    },
    close: () => database.close(),
  }
})

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body)
}
