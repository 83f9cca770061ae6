// Certificates that are ordered by one node for all (acme/nodes.ts): what lies on the server, so that every node shows the same ones, answers
// the challenges of whoever orders, and speaks with one account. Private keys go there as well: sealed, where nodes have a secret in common.

import type { CertificatesHeard, CertificatesSaid } from '../threads/cluster.ts'
import type { KeptCertificate } from '../threads/kept-certificates.ts'
import type { ChallengeAnswers } from '../threads/messages.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import type { Words } from './words.ts'

/** Milliseconds for which challenges of a node count that has said nothing since: as long as an order may take. */
const CHALLENGES_KEPT = 600_000

interface Heard {
  certificates: { text: string; word: string }[] | object
  wanted: string[] | object
  answers: string[] | object
  account: string
  mayOrder: boolean
}

interface CertificatesParts {
  link: Pick<Link, 'run'>
  keys: Keys
  name: string
  words: Words | null
}

/** `away` where the server does not answer. Never rejects. */
export async function shareCertificates(
  { link, keys, name, words }: CertificatesParts,
  { answers, has, offers, directory, account, order }: CertificatesSaid,
): Promise<CertificatesHeard | 'away'> {
  const isOpen = answers.http.length > 0 || answers.alpn.length > 0
  const close = (value: string, what: What): string => words?.close(value, what) ?? value
  const said = {
    ...{ has: has.map(({ until, ...each }) => ({ ...each, ends: until })), directory },
    account: account === null ? '' : close(account, `account ${directory}`),
    ...{ answers: isOpen ? close(JSON.stringify(answers), 'challenges') : '' },
    ...{ order: order?.name ?? '', orderFor: order?.for ?? 0 },
    offers: offers.map(({ certificate, until, isNew }) => ({
      ...{ name: certificate.name, ends: until, isNew, text: close(JSON.stringify(certificate), 'certificate') },
    })),
  }
  try {
    const where = keys.certificates(words?.mark ?? null)
    const text = await link.run('certificates', where, [name, JSON.stringify(said), CHALLENGES_KEPT])
    return read(JSON.parse(String(text)) as Heard, directory, (value, what) =>
      words === null ? value : words.open(value, what),
    )
  } catch {
    return 'away'
  }
}

type What = `account ${string}` | 'challenges' | 'certificate'

/** What cannot be opened counts as not there. */
function read(
  { answers, certificates, wanted, account, mayOrder }: Heard,
  directory: string,
  open: (value: string, what: What) => string | undefined,
): CertificatesHeard {
  return {
    answers: listOf(answers).flatMap(each => parsed<ChallengeAnswers>(open(each, 'challenges'))),
    certificates: listOf(certificates).flatMap(({ text, word }) =>
      parsed<KeptCertificate>(open(text, 'certificate')).map(certificate => ({ certificate, word })),
    ),
    wanted: listOf(wanted),
    account: account === '' ? null : (open(account, `account ${directory}`) ?? null),
    mayOrder,
  }
}

const parsed = <T>(text: string | undefined): T[] => (text === undefined ? [] : [JSON.parse(text) as T])

/** An empty list is an empty object in what Lua writes. */
const listOf = <T>(value: T[] | object): T[] => (Array.isArray(value) ? value : [])
