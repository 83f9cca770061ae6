// Certificates where there are several nodes: one of them orders, with one account for all, and every one keeps what it has got on its own
// disk, shows it, and answers the challenges of the order, since nobody knows at which node the directory looks.

import { X509Certificate } from 'node:crypto'
import type { CertificatesHeard, CertificatesSaid } from '../threads/cluster.ts'
import { keepAccount, keepCertificate, keptAccount } from '../threads/kept-certificates.ts'
import type { KeptCertificate } from '../threads/kept-certificates.ts'
import type { ChallengeAnswers } from '../threads/messages.ts'

/** Milliseconds for which nobody else orders the name: longer than an order takes. */
export const ORDERED_WITHIN = 300_000

export type SayToNodes = (said: CertificatesSaid) => Promise<CertificatesHeard | 'away'>

export interface Own {
  data: string
  directory: string
  names: readonly string[]
  kept: readonly KeptCertificate[]
  answers: ChallengeAnswers
}

export interface Met {
  /** Something that others have ordered lies on the disk now. */
  hasNew: boolean
  mayOrder: boolean
}

export class AcmeNodes {
  readonly #say: SayToNodes
  /** The server's last word about each name. */
  readonly #words = new Map<string, string>()
  #wanted: readonly string[] = []
  #answers: readonly ChallengeAnswers[] = []

  constructor(say: SayToNodes) {
    this.#say = say
  }

  /** What others want answered. */
  get answers(): readonly ChallengeAnswers[] {
    return this.#answers
  }

  /** Says what this node has, `fresh` as the newest of its name, and keeps what others have got; `away` where nobody can tell now. */
  async meet(own: Own, order: CertificatesSaid['order'] = null, fresh?: KeptCertificate): Promise<Met | 'away'> {
    const kept = own.kept.filter(({ name, directory }) => own.names.includes(name) && directory === own.directory)
    const wanted = kept.filter(({ name }) => name !== fresh?.name && this.#wanted.includes(name))
    const heard = await this.#say({
      ...{ answers: own.answers, directory: own.directory, order },
      has: kept.map(each => ({ name: each.name, until: endOf(each), word: this.#words.get(each.name) ?? '' })),
      offers: [
        ...wanted.map(each => ({ certificate: each, until: endOf(each), isNew: false })),
        ...(fresh === undefined ? [] : [{ certificate: fresh, until: endOf(fresh), isNew: true }]),
      ],
      account: keptAccount(own.data, own.directory)?.key ?? null,
    })
    if (heard === 'away') return heard
    ;[this.#wanted, this.#answers] = [heard.wanted, heard.answers]
    this.#useAccount(own, heard.account)
    return { mayOrder: heard.mayOrder, hasNew: this.#keep(own, heard.certificates) }
  }

  #keep({ data, directory, names, kept }: Own, heard: CertificatesHeard['certificates']): boolean {
    let hasNew = false
    for (const { certificate, word } of heard) {
      const mine = kept.find(({ name }) => name === certificate.name)
      const isOurs = names.includes(certificate.name) && certificate.directory === directory
      if (isOurs && mine?.chain !== certificate.chain) {
        keepCertificate(data, certificate)
        hasNew = true
      }
      // Behind what may throw, so that it is heard again.
      this.#words.set(certificate.name, word)
    }
    return hasNew
  }

  /** Whoever orders next, or revokes, is known to the directory as the one that ordered before. */
  #useAccount({ data, directory }: Own, key: string | null): void {
    if (key !== null && keptAccount(data, directory)?.key !== key) keepAccount(data, directory, { key })
  }
}

const endOf = ({ chain }: KeptCertificate): number => Date.parse(new X509Certificate(chain).validTo)
