// The certificates of an edge: which one a visitor gets by the name they ask for (SNI, RFC 6066 section 3), made ready once
// and again when the config brings others. And the keys that session tickets are sealed with, the same for all edges, so
// that a visitor who comes back to another edge need not shake hands anew.

import { X509Certificate, constants, hkdfSync } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { SecureContext } from 'node:tls'
import type { Config } from '../config/types.ts'
import { keptCertificates } from '../threads/kept-certificates.ts'

interface Ready {
  certificate: X509Certificate
  context: SecureContext
}

/**
 * Those alone that keep what was said before secret should the key be stolen, and that nobody can change on its way; HTTP/2 asks for such as well
 * (RFC 9113 section 9.2.2). AES with 128 bits first: it costs less than with 256. Phones that have no circuits for it put ChaCha20
 * first in their list, and get it (SSL_OP_PRIORITIZE_CHACHA).
 */
const CIPHERS = [
  ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
].join(':')

/** How every handshake goes, whichever certificate it ends with. */
export const handshake = ({ tls }: Pick<Config, 'tls'>) => ({
  ciphers: CIPHERS,
  honorCipherOrder: true,
  secureOptions: constants.SSL_OP_PRIORITIZE_CHACHA,
  minVersion: tls.least,
})

/** Names remembered with what they get: visitors choose them, so they are bounded; 10,000 are some 2 MiB. */
const MOST_NAMES = 10_000
/** Tickets of another period are not taken: whoever stole a key could read what was said in one. */
const TICKET_PERIOD = 6 * 60 * 60 * 1000
/** What node:tls takes: 16 bytes of name, 16 for the HMAC, 16 for AES. */
const TICKET_KEY_BYTES = 48

export class Certificates {
  #ready: Ready[] = []
  #pairs: { chain: string; key: string }[] = []
  readonly #byName = new Map<string, SecureContext>()

  constructor(config: Config) {
    this.configure(config)
  }

  /** Those of files first; then those that were ordered, as they are on disk now. */
  configure({ tls, data }: Config): void {
    this.#byName.clear()
    const { names } = tls.acme
    const ordered = names.length === 0 ? [] : keptCertificates(data).filter(({ name }) => names.includes(name))
    this.#pairs = [...tls.certificates.map(({ chain, key }) => ({ chain, key: key.secret })), ...ordered]
    this.#ready = this.#pairs.map(({ chain, key }) => ({
      certificate: new X509Certificate(chain),
      context: createSecureContext({ cert: chain, key, ...handshake({ tls }) }),
    }))
  }

  /** For visitors without SNI; undefined while there is none at all. */
  get first(): { cert: string; key: string } | undefined {
    const [first] = this.#pairs
    return first === undefined ? undefined : { cert: first.chain, key: first.key }
  }

  /** What a visitor who asks for this name gets; undefined when there is no certificate at all. */
  contextFor(name: string): SecureContext | undefined {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const found = this.#ready.find(({ certificate }) => certificate.checkHost(name) !== undefined) ?? this.#ready[0]
    if (this.#byName.size >= MOST_NAMES) this.#byName.clear()
    if (found !== undefined) this.#byName.set(name, found.context)
    return found?.context
  }
}

/** The period that `now` (wall clock, ms) lies in. */
export const ticketPeriod = (now: number): number => Math.floor(now / TICKET_PERIOD)

/** The key of a period, from the secret that this process drew at its start (HKDF, RFC 5869). */
export const ticketKeys = (secret: Uint8Array, period: number): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `session tickets ${period}`, TICKET_KEY_BYTES))
