// The breach-lookup site of the story, as a process of its own (../program.ts).
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DatabaseSync } from 'node:sqlite'
import { runSite } from '../program.ts'
import { lookUp, openDatabase } from './database.ts'
import { type Answer, NOT_FOUND, PAGES, rangePage } from './pages.ts'

runSite('tv', folder => {
  const database = openDatabase(folder)
  return { answer: (request, response) => respond(database, request, response), close: () => database.close() }
})

function respond(database: DatabaseSync, request: IncomingMessage, response: ServerResponse): void {
  const { status, type, keep, body } = answerTo(database, request)
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': keep, 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}

function answerTo(database: DatabaseSync, { method, url = '/' }: IncomingMessage): Answer {
  if (method !== 'GET' && method !== 'HEAD') return { ...NOT_FOUND, status: 405 }
  const [, prefix] = /^\/range\/([0-9a-f]{2})$/.exec(url) ?? []
  return prefix === undefined ? (PAGES.get(url) ?? NOT_FOUND) : rangePage(lookUp(database, prefix))
}
