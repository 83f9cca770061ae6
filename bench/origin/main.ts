// The bench's origin server where nginx is missing: the pages from memory, with an ETag. Usage: main.ts PORT COUNT_PATH. With
// SECURE_PORT CHAIN KEY behind it also over HTTPS: what Node by itself costs there.

import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readFileSync } from 'node:fs'
import { createServer as createSecureServer } from 'node:https'
import { body, CACHEABLE, paths, SIZES, TAG, UNCACHEABLE } from '../pages.ts'

const [port, countPath, securePort, chain, key] = process.argv.slice(2)
const pages = new Map(SIZES.flatMap(size => paths(size)).map(path => [path, body(path)]))
let requests = 0

const KEPT = { keepAliveTimeout: 3_600_000 }
createServer(KEPT, take).listen(Number(port), '127.0.0.1')
if (chain !== undefined && key !== undefined) {
  const secure = { cert: readFileSync(chain), key: readFileSync(key) }
  createSecureServer({ ...KEPT, ...secure }, take).listen(Number(securePort), '127.0.0.1')
}

function take(request: IncomingMessage, response: ServerResponse): void {
  requests++
  if (request.url === countPath) response.end(String(requests))
  else answer(request, response)
}

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
