// The certificates of an edge: which one a visitor gets by the name they ask for (SNI, RFC 6066 section 3), made ready once
// and again when the config brings others.

import { X509Certificate, constants } from 'node:crypto'
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

export class Certificates {
  #ready: Ready[] = []
  #pairs: { chain: string; key: string }[] = []
  /** Undefined: the first. */
  readonly #byName = new Map<string, SecureContext | undefined>()

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

  /** Whoever comes gets the same, whatever they ask for. */
  get isOne(): boolean {
    return this.#ready.length <= 1
  }

  /** For visitors without SNI; undefined while there is none at all. */
  get first(): { cert: string; key: string } | undefined {
    const [first] = this.#pairs
    return first === undefined ? undefined : { cert: first.chain, key: first.key }
  }

  /** What a visitor who asks for this name gets in place of the first; undefined: that one. */
  contextFor(name: string): SecureContext | undefined {
    if (this.#byName.has(name)) return this.#byName.get(name)
    const index = this.#ready.findIndex(({ certificate }) => certificate.checkHost(name) !== undefined)
    const found = index > 0 ? this.#ready[index]!.context : undefined
    if (this.#byName.size >= MOST_NAMES) this.#byName.clear()
    this.#byName.set(name, found)
    return found
  }
}
