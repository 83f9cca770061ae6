// What alerts look at beside the board: certificates, the journal of forms, planned events, the line. Pure.

import { X509Certificate } from 'node:crypto'
import type { CertificateState } from '../../acme/keeper.ts'
import { zonedText } from '../../base/zoned.ts'
import type { Config } from '../../config/types.ts'
import type { Planner } from '../../plan/planner.ts'
import { wordsOf } from '../../plan/words.ts'
import type { ClusterState } from '../../threads/cluster.ts'
import type { Sources } from '../stats.ts'
import type { Sight } from './conditions.ts'

const DAY = 86_400_000
/** A step that is late by less may still be under way; milliseconds. */
const LATE = 5000

/** Days in which a certificate has to be renewed: whoever does so by itself has done so by then, and a person still has time. */
const CERTIFICATE_ENDS = 14

/** Days left of each certificate; the check of the config has made sure that each can be read. */
export const certificatesOf = (
  { tls, admin }: Config,
  now: number,
  ordered: readonly CertificateState[] = [],
): Sight['certificates'] => [
  ...[...tls.certificates.map(({ chain }) => chain), admin.certificate.chain]
    .filter(chain => chain !== undefined)
    .map(chain => {
      const { subjectAltName, subject, validTo } = new X509Certificate(chain)
      const days = (Date.parse(validTo) - now) / DAY
      return { names: subjectAltName ?? subject, days, isLate: days < CERTIFICATE_ENDS }
    }),
  ...ordered.flatMap(each => late(each, now)),
]

/** Ordered ones are replaced with a third or a half of their time left, which may be days: they are late at a sixth. */
function late({ name, notBefore, notAfter, error }: CertificateState, now: number): Sight['certificates'] {
  const names = error === null ? name : `${name} (${error})`
  if (notBefore === null || notAfter === null) return error === null ? [] : [{ names, days: 0, isLate: true }]
  const left = notAfter - now
  return [{ names, days: left / DAY, isLate: left < (notAfter - notBefore) / 6 }]
}

export function journalSight({ forms }: Pick<Sources, 'forms'>): Sight['journal'] {
  const { status } = forms
  if (status === null || status.open === null) return null
  const { waiting, most, open, why, bytes, mostBytes, free, spare } = status
  return { waiting, most, open, why, bytes, mostBytes, free, spare }
}

/** What is lost, and what it keeps from the others. One node tells it, which leads. */
export function lostNodes(cluster: ClusterState | null | undefined): string[] {
  if (!cluster || cluster.state !== 'joined' || cluster.leader !== cluster.node) return []
  const held = (name: string): string[] =>
    cluster.shares.flatMap(({ origin, max, kept }) =>
      kept.filter(({ node }) => node === name).map(each => `${each.held} of ${max} at ${origin}`),
    )
  return cluster.members
    .filter(({ isLost }) => isLost)
    .map(({ name }) => {
      const holds = held(name)
      return `${name} is lost${holds.length === 0 ? '' : ` and holds ${holds.join(' and ')}`} (breakwater cluster forget ${name}, if it is gone for good)`
    })
}

/** Steps whose time has come and that are not done, of events that are not over: in a sentence each. */
export function unprepared(planner: Planner | null, now: number): string[] {
  return (planner?.runs.open ?? [])
    .filter(({ end, stopped }) => now < end && !stopped)
    .flatMap(({ event, start, tasks }) =>
      tasks
        .filter(
          ({ state, doAt }) => now > doAt + LATE && (state === 'planned' || state === 'trying' || state === 'skipped'),
        )
        .map(
          task =>
            `${event.name} (${zonedText(start, event.zone)}): "${wordsOf(task)}" is not done${task.error === null ? '' : `, ${task.error}`}`,
        ),
    )
}
