// Whether the certificates of a config can be used: said when it is loaded, and not by browsers at night.

import { X509Certificate, createPrivateKey } from 'node:crypto'
import type { Path } from './kind.ts'
import type { Problem } from './read.ts'
import type { Config } from './types.ts'

export function certificateProblems({ admin, tls }: Config): Problem[] {
  return [...ofVisitors(tls), ...ofAdmin(admin)]
}

function ofVisitors(tls: Config['tls']): Problem[] {
  const path = ['tls', 'certificates']
  if (tls.listen.length > 0 && tls.certificates.length === 0 && tls.acme.names.length === 0)
    return [
      contradiction(
        ['listen'],
        'HTTPS is served, and there is no certificate: name files of one, or acme.names to order',
      ),
    ]
  return [
    ...tls.certificates.flatMap(({ chain, key }, i) => problemOf(chain, key.secret, [...path, i])),
    ...(tls.acme.names.length === 0 ? [] : ordered(tls)),
  ]
}

/** What keeps certificates from being ordered. */
function ordered({ listen, acme }: Config['tls']): Problem[] {
  const { names, agree, challenge, dns, binding } = acme
  const found: Problem[] = []
  const wrongWith = (path: Path, message: string): void => void found.push(contradiction(['acme', ...path], message))
  if (listen.length === 0)
    wrongWith(['names'], 'certificates are to be ordered, and HTTPS is served nowhere: say tls.listen')
  if (!agree) wrongWith(['agree'], 'nothing is ordered before you agree to the terms of the directory: agree: true')
  for (const [i, name] of names.entries()) {
    if (name === '*' || !name.includes('.') || /^[\d.]+$|^\[/.test(name))
      wrongWith(['names', i], `${name} is no name that a certificate can be ordered for`)
    else if (name.startsWith('*.') && challenge !== 'dns-01')
      wrongWith(['names', i], `${name} can be proven by dns-01 alone`)
    if (names.indexOf(name) !== i) wrongWith(['names', i], `${name} stands here twice`)
  }
  if (challenge === 'dns-01' && (dns.add === undefined || dns.remove === undefined))
    wrongWith(
      ['dns'],
      'dns-01 needs a program that puts records into the DNS (add) and one that takes them away (remove)',
    )
  if ((binding.id === undefined) !== (binding.key === undefined)) wrongWith(['binding'], 'an id goes with a key')
  return found
}

const contradiction = (path: Path, message: string): Problem => ({
  code: 'contradiction',
  path: ['tls', ...path],
  message,
  part: 'value',
})

function ofAdmin({ certificate: { chain, key } }: Config['admin']): Problem[] {
  const path = ['admin', 'certificate']
  if (chain === undefined && key === undefined) return []
  if (chain !== undefined && key !== undefined) return problemOf(chain, key.secret, path)
  const [there, missing] = chain === undefined ? ['key', 'chain'] : ['chain', 'key']
  const message = `a certificate needs its chain and its key, and ${missing} is missing`
  return [{ code: 'contradiction', path: [...path, there], message, part: 'value' }]
}

function problemOf(chain: string, key: string, path: Path): Problem[] {
  let certificate
  try {
    certificate = new X509Certificate(chain)
  } catch (error) {
    return [wrong([...path, 'chain'], `no certificate in PEM: ${messageOf(error)}`)]
  }
  try {
    if (certificate.checkPrivateKey(createPrivateKey(key))) return []
    return [wrong([...path, 'key'], `the key is of another certificate than ${namesOf(certificate)}`)]
  } catch (error) {
    return [wrong([...path, 'key'], `no private key in PEM: ${messageOf(error)}`)]
  }
}

const wrong = (path: Path, message: string): Problem => ({ code: 'bad-certificate', path, message, part: 'value' })

const namesOf = ({ subjectAltName, subject }: X509Certificate): string => subjectAltName ?? subject

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
