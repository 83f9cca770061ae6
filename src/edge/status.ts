// The status page as this edge serves it: files that watch has made, at the path and host that the config says. They are here whatever
// becomes of the origin; were watch to die, they say of when they are.

import type { Config } from '../config/types.ts'
import type { Answer } from '../exchange.ts'
import { parseHost } from '../http/host.ts'
import type { StatusFile } from '../threads/messages.ts'

/** No script, nothing from elsewhere. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
const SECONDS = 10

export class StatusFiles {
  #files = new Map<string, Answer>()
  #config: Config['status']

  constructor(config: Config['status']) {
    this.#config = config
  }

  configure(config: Config['status']): void {
    this.#config = config
  }

  update(files: readonly StatusFile[]): void {
    this.#files = new Map(files.map(({ name, type, body }) => [name, answer(200, type, body)]))
  }

  /** Whether the page, or a file beside it, is at this target. */
  claims(host: string, target: string): boolean {
    const { path, host: own } = this.#config
    if (own !== undefined && parseHost(host)?.name !== own) return false
    const base = path.replace(/\/$/, '')
    const asked = target.split('?', 1)[0]!
    return asked === base || asked.startsWith(`${base}/`)
  }

  answer({ method, host, target }: { method: string; host: string; target: string }): Answer | undefined {
    if ((method !== 'GET' && method !== 'HEAD') || !this.claims(host, target)) return undefined
    const base = this.#config.path.replace(/\/$/, '')
    const asked = target.split('?', 1)[0]!
    if (asked === base && base !== '') return moved(`${base}/`)
    const name = asked.slice(base.length + 1) || 'index.html'
    if (this.#files.size === 0) return answer(503, 'text/plain; charset=utf-8', 'The status is not known yet.\n')
    return this.#files.get(name) ?? answer(404, 'text/plain; charset=utf-8', 'There is nothing here.\n')
  }
}

const answer = (status: number, type: string, body: string): Answer => ({
  status,
  fields: [
    ...['Content-Type', type, 'Cache-Control', status === 200 ? `public, max-age=${SECONDS}` : 'no-store'],
    ...['X-Content-Type-Options', 'nosniff', 'Content-Security-Policy', POLICY, 'Access-Control-Allow-Origin', '*'],
  ],
  body: Buffer.from(body),
})

const moved = (location: string): Answer => ({
  status: 308,
  fields: ['Location', location, 'Cache-Control', `public, max-age=${SECONDS}`],
  body: null,
})
