// The site behind the nodes: pages of the bench's sizes, pages that it holds back until it is told, and forms that it takes.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CACHEABLE, UNCACHEABLE, body } from '../pages.ts'

export const HELD_PATH = '/no-store/held/'

export class Site {
  readonly port: number
  readonly #server: Server
  readonly #held: Set<ServerResponse>
  /** Forms that it has taken. */
  forms = 0
  /** By whom the last page was asked for, as it says in Via. */
  askedBy = ''

  private constructor(server: Server, held: Set<ServerResponse>) {
    this.#server = server
    this.#held = held
    this.port = (server.address() as AddressInfo).port
  }

  static async open(): Promise<Site> {
    const held = new Set<ServerResponse>()
    const server = createServer({ keepAliveTimeout: 600_000 }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const site = new Site(server, held)
    server.on('request', (request, response) => site.#answer(request, response))
    return site
  }

  /** Requests that are held back now. */
  get held(): number {
    return this.#held.size
  }

  release(): void {
    for (const response of this.#held) response.end('held')
    this.#held.clear()
  }

  async close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').split('?')[0]!
    if (request.method === 'POST') {
      this.forms++
      return void request.resume().on('end', () => response.end('taken'))
    }
    this.askedBy = String(request.headers.via)
    const isStorable = !path.startsWith('/no-store/')
    response.setHeader('cache-control', isStorable ? CACHEABLE : UNCACHEABLE)
    if (path.startsWith(HELD_PATH)) return void this.#held.add(response)
    if (!/\/\d+k\/\d+\.html$/.test(path)) return void response.writeHead(404).end()
    response.setHeader('content-type', 'text/html')
    response.end(body(path))
  }
}
