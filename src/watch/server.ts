// The admin server: plain node:http, small bounds, every request past the guard. It runs in the watch thread, so neither
// load on the edges nor a stalled core takes it along.

import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as SecureServer, createServer as createSecureServer } from 'node:https'
import type { Config } from '../config/types.ts'
import type { Log } from '../threads/log.ts'
import { judge } from './guard.ts'
import type { Rules } from './guard.ts'
import { problem } from './reply.ts'
import type { Reply } from './reply.ts'
import { routes } from './routes.ts'
import type { Call, Powers, Route } from './routes.ts'

/** The largest command is an origin's URL. */
const LARGEST_BODY = 64 * 1024
/** Operators, a dashboard in a few browsers, a scraper and probes. */
const MOST_CONNECTIONS = 256
const HEAD_WITHIN = 5_000
const REQUEST_WITHIN = 10_000

type Certificate = Config['admin']['certificate']

/** As node:tls wants it. */
export const certificateOf = ({ chain, key }: Certificate) => ({
  ...{ cert: chain, key: key?.secret, minVersion: 'TLSv1.2' as const },
})

export const isSecure = (server: Server | SecureServer): server is SecureServer => server instanceof SecureServer

/** `rules` is asked for anew with each request, because a reload may change them. */
export function createAdminServer(
  powers: Powers,
  rules: () => Rules,
  certificate: Certificate,
  log: Log,
): Server | SecureServer {
  const bounds = { headersTimeout: HEAD_WITHIN, requestTimeout: REQUEST_WITHIN, maxHeaderSize: 16 * 1024 }
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, powers, rules())
      .catch((error: unknown) => {
        log('error', 'admin-failed', { path: request.url, error })
        return problem(500, 'Something went wrong here; the log tells what.')
      })
      .then(
        reply => send(request, response, reply),
        () => response.destroy(),
      )
  }
  const server =
    certificate.chain === undefined
      ? createServer(bounds, listener)
      : createSecureServer({ ...bounds, ...certificateOf(certificate) }, listener)
  server.maxConnections = MOST_CONNECTIONS
  return server
}

async function answer(request: IncomingMessage, powers: Powers, rules: Rules): Promise<Reply> {
  const url = URL.parse(request.url ?? '', 'http://admin')
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const here = routes.filter(route => route.path === url?.pathname)
  const route = here.find(each => each.method === method)
  const refusal = judge(credentialsOf(request), rules, route?.changes ?? false, OPEN.has(url?.pathname ?? ''))
  if (refusal !== null) return refused(refusal.status, refusal.detail, route?.changes ?? false)
  if (url === null || here.length === 0) return problem(404, 'There is nothing here.')
  if (route === undefined) return notAllowed(here)
  const call = await readCall(request, url, route)
  if ('status' in call) return call
  const reply = await route.handle(powers, call)
  if (route.changes) {
    const asked = { ...Object.fromEntries(call.query), ...call.body }
    powers.audit.note(route.method, route.path, asked, request.socket.remoteAddress ?? '', reply.status)
  }
  return reply
}

function credentialsOf({ headers, headersDistinct }: IncomingMessage) {
  const { origin, authorization } = headers
  const secFetchSite = headersDistinct['sec-fetch-site']?.join(',')
  return { hosts: headersDistinct['host'] ?? [], origin, secFetchSite, authorization }
}

/** Probes of load balancers have no token, and learn nothing but that it is there. */
const OPEN = new Set(['/healthz', '/readyz'])

/** A browser asks its person for a password where one may only read; commands want the token itself. */
function refused(status: number, detail: string, changes: boolean): Reply {
  const reply = problem(status, detail)
  const scheme = changes ? 'Bearer' : 'Basic'
  return status === 401 ? { ...reply, headers: { 'WWW-Authenticate': `${scheme} realm="Breakwater"` } } : reply
}

function notAllowed(here: Route[]): Reply {
  const methods = here.flatMap(route => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method])).join(', ')
  return { ...problem(405, `Here one can ${methods}.`), headers: { Allow: methods } }
}

/** The call, or why it cannot be read. */
async function readCall(request: IncomingMessage, url: URL, route: Route): Promise<Call | Reply> {
  const asked = { query: url.searchParams, accept: request.headers.accept ?? '' }
  if (route.method !== 'POST') return { ...asked, body: {} }
  const raw = await readBody(request)
  if (raw === null) return problem(413, `A body may have ${LARGEST_BODY} bytes.`)
  if (raw === '') return { ...asked, body: {} }
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    return problem(415, 'Send the body as application/json.')
  try {
    const body: unknown = JSON.parse(raw)
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      return { ...asked, body: body as Record<string, unknown> }
  } catch {
    // Told like any other body that is no object.
  }
  return problem(400, 'The body is no JSON object.')
}

/** Null when it is too large. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  if (Number(request.headers['content-length'] ?? 0) > LARGEST_BODY) return null
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LARGEST_BODY) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const body = reply.bytes ?? Buffer.from(reply.body)
  response.writeHead(reply.status, {
    'Content-Type': reply.type,
    ...(reply.stream === undefined ? { 'Content-Length': body.length } : {}),
    'Cache-Control': 'no-store',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    // What was not read of the request would be taken for the next one.
    ...(request.complete ? {} : { Connection: 'close' }),
    ...reply.headers,
  })
  if (request.method === 'HEAD') response.end()
  else if (reply.stream === undefined) response.end(body)
  else reply.stream(response)
}
