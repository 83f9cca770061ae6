// What an edge shows to a certificate authority that looks whether a name is ours: a text below /.well-known/acme-challenge/ (RFC 8555
// section 8.3), or a certificate over a protocol of its own (RFC 8737), which is told apart before the handshake begins.

import type { Socket } from 'node:net'
import { createSecureContext, createServer } from 'node:tls'
import type { SecureContext } from 'node:tls'
import type { Answer } from '../exchange.ts'
import { offers } from '../listener/client-hello.ts'
import type { ChallengeAnswers } from '../threads/messages.ts'

const FOLDER = '/.well-known/acme-challenge/'
const PROTOCOL = 'acme-tls/1'
/** For the hello to come. */
const HELLO_WITHIN = 10_000

export class ShownChallenges {
  #texts = new Map<string, string>()
  #certificates = new Map<string, SecureContext>()
  /** The handshake is all that is looked at. */
  readonly #server = createServer({
    ALPNProtocols: [PROTOCOL],
    handshakeTimeout: HELLO_WITHIN,
    SNICallback: (name, done) => done(null, this.#certificates.get(name)),
  })
    .on('secureConnection', socket => socket.on('error', () => undefined).end())
    .on('tlsClientError', (_error, socket) => socket.destroy())

  update({ http, alpn }: ChallengeAnswers): void {
    this.#texts = new Map(http)
    this.#certificates = new Map(alpn.map(({ name, chain, key }) => [name, createSecureContext({ cert: chain, key })]))
  }

  /** Where the target is that of an open challenge; others are the site's. */
  answer({ method, target }: { method: string; target: string }): Answer | undefined {
    if (this.#texts.size === 0 || method !== 'GET' || !target.startsWith(FOLDER)) return undefined
    const text = this.#texts.get(target.slice(FOLDER.length))
    if (text === undefined) return undefined
    return {
      status: 200,
      fields: ['Content-Type', 'application/octet-stream', 'Cache-Control', 'no-store'],
      body: Buffer.from(text),
    }
  }

  /** Hands a visitor's connection to `visitor` as it is; that of an authority ends here. It is paused, and nothing was read of it. */
  sort(socket: Socket, visitor: (socket: Socket) => void): void {
    if (this.#certificates.size === 0) return visitor(socket)
    let held: Buffer = Buffer.alloc(0)
    const timer = setTimeout(() => socket.destroy(), HELLO_WITHIN)
    const gone = (): void => {
      clearTimeout(timer)
      socket.destroy()
    }
    const read = (): void => {
      const bytes = socket.read() as Buffer | null
      if (bytes === null) return
      held = Buffer.concat([held, bytes])
      const isAuthority = offers(PROTOCOL, held)
      if (isAuthority === 'more') return
      clearTimeout(timer)
      socket.off('readable', read).off('error', gone).off('close', gone).off('end', gone)
      socket.unshift(held)
      if (isAuthority) this.#server.emit('connection', socket)
      else visitor(socket)
    }
    socket.on('readable', read).on('error', gone).on('close', gone).on('end', gone)
  }
}
