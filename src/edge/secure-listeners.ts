// The sockets that an edge serves HTTPS on. What comes out of them is a socket like any other, so both lanes take it.

import { createServer } from 'node:tls'
import type { Server } from 'node:tls'
import { redirectPort } from '../client/to-https.ts'
import type { Config } from '../config/types.ts'
import type { TicketSeed } from '../threads/tickets.ts'
import { Certificates, handshake } from './certificates.ts'
import { listenOn, plainServer } from './listeners.ts'
import type { Listener, Sockets } from './listeners.ts'
import type { ShownChallenges } from './challenges.ts'
import type { Accept, Prefaces } from './prefaces.ts'
import { Tickets } from './tickets.ts'

/** Milliseconds for a handshake; a browser far away takes three round trips, which is a second. */
const HANDSHAKE_WITHIN = 10_000

export class SecureListeners {
  readonly #certificates: Certificates
  readonly #tickets: Tickets
  readonly #challenges: ShownChallenges
  /** Shakes hands, and listens nowhere itself: there is another one for each config. */
  #server: Server | null = null
  #listeners: Listener[] = []
  #tls: Config['tls']
  #accept: ((socket: Parameters<Accept>[0]) => void) | null = null

  constructor(config: Config, ticketSecret: Uint8Array, challenges: ShownChallenges) {
    this.#challenges = challenges
    this.#certificates = new Certificates(config)
    this.#tls = config.tls
    this.#tickets = new Tickets(ticketSecret)
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
    const { tls, limits, edges } = config
    this.#accept = socket => accept(socket, prefaces.sourceOf(socket))
    this.#tickets.turn(now, tls.ticketPeriod)
    this.#makeReady()
    const toTls: Accept = socket => void this.#server!.emit('connection', socket)
    // What a certificate authority asks for is told before the handshake: such connections are sorted out where they may come.
    const mayCome = tls.acme.names.length > 0 && tls.acme.challenge === 'tls-alpn-01'
    const sort: Accept = mayCome ? socket => this.#challenges.sort(socket, toTls) : toTls
    this.#listeners = await listenOn(tls.listen, sockets, () => {
      // So is what a proxy says of a connection.
      const listener = plainServer(socket => prefaces.receive(socket, sort))
      // Those whose handshake is not done yet are no visitors, and are bounded like them.
      listener.maxConnections = Math.ceil(limits.connections / edges)
      return listener
    })
    return this.#listeners
  }

  /** Also when ordered certificates are new. */
  configure(config: Config, now: number): void {
    this.#certificates.configure(config)
    this.#tls = config.tls
    this.#tickets.turn(now, config.tls.ticketPeriod)
    if (this.#server !== null) this.#makeReady()
  }

  /** All nodes seal session tickets with these. */
  share(seeds: readonly TicketSeed[], now: number): void {
    this.#tickets.share(seeds)
    this.rotate(now)
  }

  /** To be called now and then: session tickets get a new key each few hours, the same on every edge. */
  rotate(now: number): void {
    if (this.#tickets.turn(now, this.#tls.ticketPeriod) && this.#server !== null) this.#tickets.install(this.#server)
  }

  close(): void {
    for (const { server } of this.#listeners) server.close()
  }

  /** Handshakes that are under way end as they began. */
  #makeReady(): void {
    const certificates = this.#certificates
    const { http2 } = this.#tls
    const server = createServer(
      {
        noDelay: true,
        allowHalfOpen: true,
        handshakeTimeout: HANDSHAKE_WITHIN,
        ALPNProtocols: http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
        ...handshake({ tls: this.#tls }),
        // To ask for each name costs a turn of the event loop in the middle of the handshake. Without SNI a visitor gets the first.
        ...(!certificates.isOne && {
          SNICallback: (name, done) => done(null, certificates.contextFor(name)),
        }),
        ...certificates.first,
      },
      socket => this.#accept?.(socket),
    )
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    this.#tickets.install(server)
    this.#server = server
  }
}
