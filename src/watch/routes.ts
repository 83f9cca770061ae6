// Everything the admin address answers, as one table. Whatever changes something says so in its row, and the guard asks for
// the token by that.

import { changeOrigin } from './commands.ts'
import { CONTENT_TYPE, expose } from './exposition.ts'
import { metricsOf } from './metrics.ts'
import { page, script, style } from './page.ts'
import { purge } from './purge.ts'
import { json, problem, text } from './reply.ts'
import type { Reply } from './reply.ts'
import { originsOf, reasonsOf, statsOf } from './stats.ts'
import type { Sources } from './stats.ts'

/** What routes can do besides reading. */
export interface Powers extends Sources {
  /** Resolves with what is wrong with the config; nothing when it is in force. */
  reload(): Promise<string[]>
  drain(): void
}

export interface Call {
  query: URLSearchParams
  /** The JSON body; an empty object without one. */
  body: Record<string, unknown>
}

export interface Route {
  path: string
  method: 'GET' | 'POST' | 'DELETE'
  changes: boolean
  handle(powers: Powers, call: Call): Reply | Promise<Reply>
}

const get = (path: string, handle: Route['handle']): Route => ({ path, method: 'GET', changes: false, handle })
const change = (method: 'POST' | 'DELETE', path: string, handle: Route['handle']): Route => ({
  path,
  method,
  changes: true,
  handle,
})

export const routes: readonly Route[] = [
  get('/', () => ({ ...text(page, 'text/html; charset=utf-8'), headers: { 'Content-Security-Policy': POLICY } })),
  get('/page.css', () => text(style, 'text/css; charset=utf-8')),
  get('/page.js', () => text(script, 'text/javascript; charset=utf-8')),
  get('/healthz', () => text('alive\n')),
  get('/readyz', ready),
  get('/metrics', powers => text(expose(metricsOf(powers)), CONTENT_TYPE)),
  get('/api/stats', powers => json(statsOf(powers))),
  get('/api/origins', powers => json({ origins: originsOf(powers) })),
  change('POST', '/api/origins', (powers, { body }) => changeOrigin(powers.core, 'origin-add', body)),
  change('POST', '/api/origins/drain', (powers, { body }) => changeOrigin(powers.core, 'origin-drain', body)),
  change('DELETE', '/api/origins', (powers, { query }) =>
    changeOrigin(powers.core, 'origin-remove', Object.fromEntries(query)),
  ),
  change('POST', '/api/purge', (powers, { body }) => purge(powers.core, powers.sites(), body)),
  change('POST', '/api/reload', reload),
  change('POST', '/api/drain', powers => {
    powers.drain()
    return json({ draining: true }, 202)
  }),
]

/** The page's own script and style sheet, and its own server; nothing else. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

function ready(powers: Powers): Reply {
  const reasons = reasonsOf(powers)
  return json({ ready: reasons.length === 0, reasons }, reasons.length === 0 ? 200 : 503)
}

async function reload(powers: Powers): Promise<Reply> {
  const errors = await powers.reload()
  if (errors.length === 0) return json({ config: powers.state().config })
  return problem(422, 'The new config is wrong; the one before it goes on serving.', { errors })
}
