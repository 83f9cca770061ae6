// Certificates that are ordered by one node for all (acme/nodes.ts): what lies on the server, so that every node shows the same ones, answers
// the challenges of whoever orders, and speaks with one account. Private keys lie there as well.

import type { CertificatesHeard, CertificatesSaid } from '../threads/cluster.ts'
import type { KeptCertificate } from '../threads/kept-certificates.ts'
import type { ChallengeAnswers } from '../threads/messages.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

/** Milliseconds for which challenges of a node count that has said nothing since: as long as an order may take. */
const CHALLENGES_KEPT = 600_000

interface Heard {
  certificates: { text: string; word: string }[] | object
  wanted: string[] | object
  answers: string[] | object
  account: string
  mayOrder: boolean
}

/** `away` where the server does not answer. Never rejects. */
export async function shareCertificates(
  { link, keys, name }: { link: Pick<Link, 'run'>; keys: Keys; name: string },
  { answers, has, offers, directory, account, order }: CertificatesSaid,
): Promise<CertificatesHeard | 'away'> {
  const isOpen = answers.http.length > 0 || answers.alpn.length > 0
  const said = {
    ...{ has: has.map(({ until, ...each }) => ({ ...each, ends: until })), directory, account: account ?? '' },
    ...{ answers: isOpen ? JSON.stringify(answers) : '', order: order?.name ?? '', orderFor: order?.for ?? 0 },
    offers: offers.map(({ certificate, until, isNew }) => ({
      ...{ name: certificate.name, ends: until, isNew, text: JSON.stringify(certificate) },
    })),
  }
  try {
    const text = await link.run('certificates', keys.certificates, [name, JSON.stringify(said), CHALLENGES_KEPT])
    return read(JSON.parse(String(text)) as Heard)
  } catch {
    return 'away'
  }
}

function read({ answers, certificates, wanted, account, mayOrder }: Heard): CertificatesHeard {
  return {
    answers: listOf(answers).map(each => JSON.parse(each) as ChallengeAnswers),
    certificates: listOf(certificates).map(({ text, word }) => ({
      certificate: JSON.parse(text) as KeptCertificate,
      word,
    })),
    wanted: listOf(wanted),
    account: account === '' ? null : account,
    mayOrder,
  }
}

/** An empty list is an empty object in what Lua writes. */
const listOf = <T>(value: T[] | object): T[] => (Array.isArray(value) ? value : [])
