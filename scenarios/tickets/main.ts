// The ticket office of the story, as a process of its own (../program.ts): the pages are made by four workers, each with a
// connection to the database, so that those who buy at the same moment meet at its lock.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { runSite } from '../program.ts'
import { openDatabase } from './database.ts'
import { Workers } from './workers.ts'

/** As many as a small server has processes for its pages. */
const WORKERS = 4
const LARGEST_FORM_BYTES = 16 * 1024

runSite('tickets', folder => {
  openDatabase(folder).close() // one of them fills it, before any works with it
  const workers = new Workers(WORKERS, folder)
  return {
    answer: (request, response) => void respond(workers, request, response).catch(() => response.destroy()),
    close: () => workers.end(),
  }
})

async function respond(workers: Workers, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url: path = '/' } = request
  const form = await formOf(request)
  const { status, headers, body } = await workers.ask({ method, path, buyer: form?.get('name') ?? '' })
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body)
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  if (request.method !== 'POST') return undefined
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > LARGEST_FORM_BYTES) return undefined
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}
