// The sockets that an edge serves HTTPS on. What comes out of them is a socket like any other, so both lanes take it.

import type { Server as PlainServer } from 'node:net'
import { createServer } from 'node:tls'
import type { Server } from 'node:tls'
import { redirectPort } from '../client/to-https.ts'
import type { Config } from '../config/types.ts'
import { Certificates, handshake, ticketKeys, ticketPeriod } from './certificates.ts'
import { listenOn, plainServer } from './listeners.ts'
import type { Listener, Sockets } from './listeners.ts'
import type { ShownChallenges } from './challenges.ts'
import type { Accept, Prefaces } from './prefaces.ts'

/** Milliseconds for a handshake; a browser far away takes three round trips, which is a second. */
const HANDSHAKE_WITHIN = 10_000

export class SecureListeners {
  readonly #certificates: Certificates
  readonly #ticketSecret: Uint8Array
  #servers: Server[] = []
  /** What is listened on: the same, or what takes the headers of proxies off before. */
  #listeners: Listener[] = []
  #tls: Config['tls']
  #period = 0

  readonly #challenges: ShownChallenges

  constructor(config: Config, ticketSecret: Uint8Array, challenges: ShownChallenges) {
    this.#challenges = challenges
    this.#certificates = new Certificates(config)
    this.#tls = config.tls
    this.#ticketSecret = ticketSecret
  }

  /** The port that plain requests are sent to; null: they stay. */
  get redirectTo(): number | null {
    return redirectPort(this.#tls)
  }

  /** Listens on every address; connections whose handshake is done come to `accept`. */
  async listen(
    config: Config,
    sockets: Sockets,
    now: number,
    prefaces: Prefaces,
    accept: Accept,
  ): Promise<readonly Listener[]> {
    const { tls, limits, edges, proxies } = config
    const make = (): PlainServer => {
      const server = createServer(
        {
          noDelay: true,
          allowHalfOpen: true,
          handshakeTimeout: HANDSHAKE_WITHIN,
          ALPNProtocols: tls.http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
          ...handshake(config),
          SNICallback: (name, done) => done(null, this.#certificates.contextFor(name)),
          ...this.#certificates.first,
        },
        socket => accept(socket, prefaces.sourceOf(socket)),
      )
      server.on('tlsClientError', (_error, socket) => socket.destroy())
      this.#servers.push(server)
      // What a proxy says of a connection comes before its handshake.
      const toTls: Accept = socket => void server.emit('connection', socket)
      // So is what a certificate authority asks for told before it: such connections are sorted out where they may come.
      const mayCome = tls.acme.names.length > 0 && tls.acme.challenge === 'tls-alpn-01'
      const sort: Accept = mayCome ? socket => this.#challenges.sort(socket, toTls) : toTls
      const listener = proxies.proxyProtocol || mayCome ? plainServer(socket => prefaces.receive(socket, sort)) : server
      // Those whose handshake is not done yet are no visitors, and are bounded like them.
      listener.maxConnections = Math.ceil(limits.connections / edges)
      return listener
    }
    this.#listeners = await listenOn(tls.listen, sockets, make)
    this.rotate(now)
    return this.#listeners
  }

  /** Also when ordered certificates are new. Without SNI a visitor gets the first. */
  configure(config: Config): void {
    this.#certificates.configure(config)
    this.#tls = config.tls
    const { first } = this.#certificates
    for (const server of this.#servers) server.setSecureContext({ ...first, ...handshake(config) })
    // A new context begins with ticket keys of its own.
    this.#period = 0
  }

  /** To be called now and then: session tickets get a new key each few hours, the same on every edge. */
  rotate(now: number): void {
    const period = ticketPeriod(now)
    if (period === this.#period) return
    this.#period = period
    const keys = ticketKeys(this.#ticketSecret, period)
    for (const server of this.#servers) server.setTicketKeys(keys)
  }

  close(): void {
    for (const { server } of this.#listeners) server.close()
  }
}
