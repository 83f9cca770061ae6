// One directory (a certificate authority) as its client: the account, orders, revocations. The only file that knows the library, which is
// loaded when the first certificate is needed.

import { X509Certificate } from 'node:crypto'
import { Agent } from 'node:https'
import type * as acme from 'acme-client'
import type { Config } from '../config/types.ts'
import { keepAccount, keptAccount } from '../threads/kept-certificates.ts'
import { askSuggestion, certificateId } from './ari.ts'
import type { Suggestion } from './ari.ts'
import type { Challenges, Proof } from './challenges.ts'

export type AcmeConfig = Config['tls']['acme']

export interface Issued {
  chain: string
  key: string
}

/** Looks at an order or a challenge: after a second first, then more seldom; two minutes in all. */
const LOOKS = { backoffAttempts: 15, backoffMin: 1000, backoffMax: 10_000 }
/** Of single requests: an order as a whole is tried again later. */
const RETRIES = { retryMaxAttempts: 1, retryDefaultDelay: 2 }
/** RFC 5280 section 5.3.1: superseded. */
const SUPERSEDED = 4

export class Directory {
  readonly #config: AcmeConfig
  readonly #library: typeof acme
  readonly #client: acme.Client

  private constructor(config: AcmeConfig, library: typeof acme, client: acme.Client) {
    this.#config = config
    this.#library = library
    this.#client = client
  }

  /** With the account of the data directory, or a new one. Rejects with what the directory says. */
  static async open(config: AcmeConfig, data: string): Promise<Directory> {
    const library = await import('acme-client')
    const { directory, ca, email, binding } = config
    // One directory at a time is spoken to in this thread.
    library.axios.defaults.httpsAgent = new Agent({ ...(ca === undefined ? {} : { ca }), timeout: 30_000 })
    library.axios.defaults.timeout = 30_000
    Object.assign(library.axios.defaults, { acmeSettings: RETRIES })
    const kept = keptAccount(data, directory)
    const key = kept?.key ?? (await library.crypto.createPrivateEcdsaKey('P-256')).toString()
    const client = new library.Client({
      ...{ directoryUrl: directory, accountKey: key, ...LOOKS },
      ...(binding.id === undefined || binding.key === undefined
        ? {}
        : { externalAccountBinding: { kid: binding.id, hmacKey: binding.key.secret } }),
    })
    // On disk first: an account whose key is lost could revoke nothing. One that the directory has already is found by its key.
    if (kept === undefined) keepAccount(data, directory, { key })
    await client.createAccount({
      termsOfServiceAgreed: config.agree,
      ...(email === undefined ? {} : { contact: [`mailto:${email}`] }),
    })
    return new Directory(config, library, client)
  }

  /** A certificate with a key of its own. `replaces` is the chain it takes the place of. Rejects with what the directory says. */
  async order(name: string, challenges: Challenges, replaces: string | undefined): Promise<Issued> {
    const client = this.#client
    const identifiers = [{ type: 'dns', value: name }]
    const of = replaces === undefined || (await this.#renewalInfo()) === undefined ? undefined : certificateId(replaces)
    // RFC 9773 section 5. The library hands on what it is given.
    const order = await client.createOrder({ identifiers, ...(of === undefined ? {} : { replaces: of }) })
    for (const authorization of await client.getAuthorizations(order))
      if (authorization.status !== 'valid') await this.#prove(authorization, challenges)
    const [key, request] = await this.#library.crypto.createCsr(
      { altNames: [name] },
      await this.#library.crypto.createPrivateEcdsaKey('P-256'),
    )
    const chain = await client.getCertificate(await client.finalizeOrder(order, request))
    return { chain, key: key.toString() }
  }

  /** Rejects with what the directory says. */
  async revoke(chain: string): Promise<void> {
    await this.#client.revokeCertificate(new X509Certificate(chain).toString(), { reason: SUPERSEDED })
  }

  /** When it suggests to replace the certificate; undefined where it does not say. */
  async suggestion(chain: string): Promise<Suggestion | undefined> {
    const [renewalInfo, id] = [await this.#renewalInfo(), certificateId(chain)]
    return renewalInfo === undefined || id === undefined ? undefined : askSuggestion(renewalInfo, id, this.#config.ca)
  }

  async #prove(authorization: acme.Authorization, challenges: Challenges): Promise<void> {
    const { challenge: wanted } = this.#config
    const { value: name } = authorization.identifier
    const challenge = authorization.challenges.find(({ type }) => type === wanted)
    if (challenge === undefined) {
      const offered = authorization.challenges.map(({ type }) => type).join(', ')
      throw new Error(`the directory offers no ${wanted} for ${name}, but ${offered}`)
    }
    const answer = await this.#client.getChallengeKeyAuthorization(challenge)
    const proof = await this.#proofOf(authorization, name, challenge.token, answer)
    await challenges.put(proof)
    try {
      await this.#client.completeChallenge(challenge)
      await this.#client.waitForValidStatus(challenge)
    } finally {
      await challenges.take(proof)
    }
  }

  async #proofOf(authorization: acme.Authorization, name: string, token: string, answer: string): Promise<Proof> {
    const { challenge } = this.#config
    if (challenge === 'http-01') return { type: challenge, token, answer }
    if (challenge === 'dns-01') return { type: challenge, name, value: answer }
    const [key, chain] = await this.#library.crypto.createAlpnCertificate(authorization, answer)
    return { type: challenge, name, chain: chain.toString(), key: key.toString() }
  }

  /** Where it tells of renewals; undefined where it does not. */
  async #renewalInfo(): Promise<string | undefined> {
    const { data } = await this.#library.axios.get<Record<string, unknown>>(this.#config.directory)
    return typeof data['renewalInfo'] === 'string' ? data['renewalInfo'] : undefined
  }
}
