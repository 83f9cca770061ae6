// The bench's origin server where nginx is missing: the pages from memory, with an ETag. Usage: main.ts PORT COUNT_PATH

import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { body, CACHEABLE, paths, SIZES, TAG, UNCACHEABLE } from '../pages.ts'

const [port, countPath] = process.argv.slice(2)
const pages = new Map(SIZES.flatMap(size => paths(size)).map(path => [path, body(path)]))
let requests = 0

const server = createServer((request, response) => {
  requests++
  if (request.url === countPath) response.end(String(requests))
  else answer(request, response)
})
server.keepAliveTimeout = 3_600_000
server.listen(Number(port), '127.0.0.1')

function answer(request: IncomingMessage, response: ServerResponse): void {
  const [path = ''] = (request.url ?? '').split('?')
  const kind = path.startsWith('/no-store/') ? UNCACHEABLE : CACHEABLE
  const page = pages.get(path.replace(/^\/(no-store|tagged)/, ''))
  const etag = `"${path}"`
  const tags = path.startsWith('/tagged/') ? { 'Cache-Tag': TAG } : {}
  if (page === undefined) response.writeHead(404).end()
  else if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { 'Cache-Control': kind, ETag: etag }).end()
  } else {
    const fields = { 'Content-Type': 'text/html', 'Content-Length': page.length, 'Cache-Control': kind, ETag: etag }
    response.writeHead(200, { ...fields, ...tags }).end(request.method === 'HEAD' ? undefined : page)
  }
}
