// Whether the certificates of a config can be used: said when it is loaded, and not by browsers at night.

import { X509Certificate, createPrivateKey } from 'node:crypto'
import type { Path } from './kind.ts'
import type { Problem } from './read.ts'
import type { Config } from './types.ts'

export function certificateProblems({ tls }: Config): Problem[] {
  const path = ['tls', 'certificates']
  if (tls.listen.length > 0 && tls.certificates.length === 0) {
    return [
      {
        code: 'contradiction',
        path: ['tls', 'listen'],
        message: 'HTTPS is served, and there is no certificate',
        part: 'value',
      },
    ]
  }
  return tls.certificates.flatMap(({ chain, key }, i) => problemOf(chain, key.secret, [...path, i]))
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
