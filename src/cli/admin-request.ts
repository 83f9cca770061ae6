// One request to the admin address, over HTTP or HTTPS. The certificate is right when an authority that this machine trusts has signed it
// for that name, or when it is the very one that the config names: then it may be self-signed, and for other names. Only after that is
// the token sent.

import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { text } from 'node:stream/consumers'

export interface AdminRequest {
  url: URL
  method: string
  headers: Record<string, string>
  body?: string | undefined
  /** In PEM, the one of the config. */
  chain?: string | undefined
  /** Milliseconds. */
  within: number
}

/** The certificate that is shown there is not one to trust. */
export class Untrusted extends Error {}

/** Resolves with the answer's status and body. Rejects with Untrusted, or with what the network says. */
export async function ask(asked: AdminRequest): Promise<{ status: number; text: string }> {
  const { url, method, headers, body, within } = asked
  const signal = AbortSignal.timeout(within)
  const socket = url.protocol === 'https:' ? await trusted(asked, signal) : undefined
  const sent = request({
    ...{
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      path: `${url.pathname}${url.search}`,
      method,
      signal,
    },
    headers: {
      Host: url.host,
      ...headers,
      ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }),
    },
    ...(socket === undefined ? { agent: false } : { createConnection: () => socket }),
  })
  sent.end(body)
  const [answer] = (await once(sent, 'response', { signal })) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, text: await text(answer) }
}

async function trusted({ url, chain }: AdminRequest, signal: AbortSignal): Promise<TLSSocket> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const name = isIP(host) === 0 ? { servername: host } : {}
  const socket = connect({ host, port: Number(url.port || 443), ...name, rejectUnauthorized: false })
  try {
    await once(socket, 'secureConnect', { signal })
    const shown = socket.getPeerX509Certificate()
    const isOurs = chain !== undefined && shown?.fingerprint256 === new X509Certificate(chain).fingerprint256
    if (socket.authorized || isOurs) return socket
    throw new Untrusted(
      `The certificate at ${url.host} is not trusted (${String(socket.authorizationError)}), and it is not the one of the config. Name the config with --config, or the authority in NODE_EXTRA_CA_CERTS.`,
    )
  } catch (error) {
    socket.destroy()
    throw error
  }
}
