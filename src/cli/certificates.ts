// `breakwater certificates`: those that a running Breakwater has ordered, and ordering one anew.

import type { Command } from 'commander'
import { localIn, ownZone } from '../base/zoned.ts'
import type { CertificateState } from '../acme/keeper.ts'
import { command, withAdmin } from './admin-client.ts'
import type { AdminFlags } from './admin-client.ts'

interface CertificateFlags extends AdminFlags {
  json?: boolean
}

/** Some name has no certificate, or the last try failed. */
const NOT_WELL = 1

export function registerCertificates(program: Command): void {
  const certificates = program.command('certificates').description('certificates that are ordered (tls.acme)')
  const verb = (name: string, description: string): Command =>
    withAdmin(certificates.command(name).description(description))
  verb('list', 'each name with its certificate; exits with 1 where one is missing or could not be ordered').action(
    async (flags: CertificateFlags) => shown(flags, await command(flags, 'GET', '/api/certificates')),
  )
  for (const [name, description] of [
    ['renew', 'order it anew now, with a new key'],
    ['revoke', 'revoke it, as when its key was lost, and order one in its place'],
  ] as const)
    verb(name, description)
      .argument('<name>', 'which, as www.example.org')
      .action(async (which: string, flags: CertificateFlags) =>
        shown(flags, await command(flags, 'POST', `/api/certificates/${name}`, { name: which })),
      )
}

function shown(flags: CertificateFlags, answer: unknown): void {
  const { certificates } = answer as { certificates: CertificateState[] }
  if (certificates.some(({ notAfter, error }) => notAfter === null || error !== null)) process.exitCode = NOT_WELL
  process.stdout.write(flags.json === true ? `${JSON.stringify({ certificates }, null, 2)}\n` : table(certificates))
}

function table(certificates: CertificateState[]): string {
  if (certificates.length === 0) return 'None is ordered: tls.acme.names is empty.\n'
  const width = Math.max(...certificates.map(({ name }) => name.length))
  return certificates.map(each => `${each.name.padEnd(width)}  ${words(each)}\n`).join('')
}

function words({ notAfter, renewAt, isOrdering, nextTry, tries, error }: CertificateState): string {
  const zone = ownZone()
  const time = (at: number): string => localIn(at, zone).slice(0, 16)
  return [
    ...(notAfter === null ? ['none yet'] : [`good until ${time(notAfter)}`]),
    ...(isOrdering ? ['being ordered'] : renewAt === null ? [] : [`renewed ${time(renewAt)}`]),
    ...(error === null ? [] : [`failed ${tries} times, again ${time(nextTry)}: ${error}`]),
  ].join(', ')
}
