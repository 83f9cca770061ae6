// The certificate of servers that are measured over TLS: on the curve that most sites' have, signed by itself.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { HOST } from '../browser.ts'
import { located, OPENSSL } from '../programs.ts'

const ALGORITHM = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']

/** Files in `folder`: the certificate, and its key. */
export function makeCertificate(folder: string): { chain: string; key: string } {
  const [chain, key] = [join(folder, 'certificate.pem'), join(folder, 'certificate.key')]
  const files = ['-keyout', key, '-out', chain, '-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`]
  execFileSync(located(OPENSSL.command), ['req', '-x509', ...ALGORITHM, ...files], { stdio: 'ignore' })
  return { chain, key }
}
