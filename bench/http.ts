// The bench's own requests, few and unhurried: is a server ready, and does it answer what it should?

import { request } from 'node:http'
import { request as secureRequest } from 'node:https'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { HOST } from './browser.ts'
import type { Started } from './processes.ts'

/** How long one answer may take. */
const ANSWER_MS = 5000
/** How long a server may take to start, on a busy machine too; Varnish compiles its configuration, HAProxy fills its memory. */
const START_MS = 60_000

/** Servers of the bench show one that they have signed themselves. */
const ANY_CERTIFICATE = { rejectUnauthorized: false, servername: HOST } as const

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Asks 127.0.0.1:port for a path on a connection of its own, over TLS where `secure` says so. */
export async function get(port: number, path: string, secure = false): Promise<Answer> {
  const options = { host: '127.0.0.1', port, path, agent: false, headers: { Host: HOST }, timeout: ANSWER_MS } as const
  const asked = secure ? secureRequest({ ...options, ...ANY_CERTIFICATE }) : request(options)
  asked.on('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_MS} ms for ${path}`)))
  const answered = once(asked, 'response')
  asked.end()
  const [response] = (await answered) as [IncomingMessage]
  return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) }
}

/**
 * Resolves with the milliseconds it took until the path was answered 200. A server that ends or takes too long is
 * stopped, and an error tells what it printed.
 */
export async function untilReady(server: Started, name: string, port: number, path: string): Promise<number> {
  const begun = performance.now()
  while (server.exitCode() === undefined && performance.now() - begun < START_MS) {
    if (await isReady(port, path)) return performance.now() - begun
    await sleep(5)
  }
  const what = server.exitCode() === undefined ? `did not answer ${path} within ${START_MS} ms` : 'ended at its start'
  await server.stop()
  throw new Error(`${name} ${what}: ${server.printed() || 'it printed nothing'}`)
}

/** A port of 127.0.0.1 that nobody listened on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function isReady(port: number, path: string): Promise<boolean> {
  try {
    return (await get(port, path)).status === 200
  } catch {
    return false
  }
}
