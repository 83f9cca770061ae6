// Plain requests are sent to where the site is served over HTTPS: the same place, by the same method.

import type { Answer, Exchange } from '../exchange.ts'
import { becauseOf } from '../http/cachestatus.ts'

/** Whoever gives out certificates asks here over plain HTTP (RFC 8555 section 8.3). */
const CHALLENGES = '/.well-known/acme-challenge/'

/** The port of HTTPS that everybody knows. */
const HTTPS_PORT = 443

/** The port that plain requests are sent to, by what the config says of TLS; null: they stay. */
export const redirectPort = ({ redirect, listen }: Tls): number | null => (redirect ? (listen[0]?.port ?? null) : null)

interface Tls {
  readonly redirect: boolean
  readonly listen: readonly { readonly port: number }[]
}

/** Where to for this request; undefined for one that may stay. `port`: where HTTPS is served, null for nowhere. */
export function toHttps(exchange: Exchange, port: number | null): Answer | undefined {
  const { client, host, target } = exchange
  if (port === null || client.scheme === 'https' || target.startsWith(CHALLENGES)) return undefined
  exchange.outcome = 'own'
  exchange.reason = 'to-https'
  const name = host.replace(/:\d+$/, '')
  const location = `https://${name}${port === HTTPS_PORT ? '' : `:${port}`}${target}`
  // A minute, so that whoever takes HTTPS away again does not find browsers that remember it for good.
  const fields = ['Location', location, 'Cache-Control', 'max-age=60', ...becauseOf('to-https')]
  return { status: 308, fields, body: null }
}
