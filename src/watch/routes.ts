// Everything the admin address answers, as one table. Whatever changes something says so in its row, and the guard asks for
// the token by that.

import { clusterOf } from './cluster.ts'
import type { CertificateKeeper } from '../acme/keeper.ts'
import { assets } from './assets.ts'
import type { Audit } from './audit.ts'
import type { Clients } from './clients.ts'
import { changeOrigin, forgetNode } from './commands.ts'
import { addEvent, cancelEvent, editEvent, showCalendar, showEvents, startEvent, stopEvent } from './events.ts'
import type { EventPowers } from './events.ts'
import { changeMode, modesOf } from './modes.ts'
import type { ModePowers } from './modes.ts'
import { exposeAs } from './negotiation.ts'
import type { Watchman } from './alerts/watchman.ts'
import { journal } from './journal.ts'
import { metricsOf } from './metrics.ts'
import type { Past } from './past.ts'
import { purge } from './purge.ts'
import type { rehearsalIn } from './rehearsal.ts'
import type { RehearsalView } from './rehearsals.ts'
import { json, problem, text } from './reply.ts'
import type { Reply } from './reply.ts'
import { demand } from './scale/gauge.ts'
import { originsOf, reasonsOf, statsOf } from './stats.ts'
import type { Sources } from './stats.ts'
import type { StatusPublisher } from './status/publisher.ts'
import { changeSnapshot, shownSnapshots } from './snapshots.ts'
import type { SnapshotPowers } from './snapshots.ts'
import type { Viewers } from './viewers.ts'
import { changeRoom, waitingRoomsOf } from './waiting-rooms.ts'

/** What routes can do besides reading. */
export interface Powers extends Sources, ModePowers, EventPowers, Pick<SnapshotPowers, 'data'> {
  past: Pick<Past, 'asked'>
  watchman: Pick<Watchman, 'told' | 'test'>
  viewers: Viewers
  audit: Pick<Audit, 'acts' | 'note'>
  certificates: Pick<CertificateKeeper, 'states' | 'replace'>
  rehearsals: () => RehearsalView[]
  status: Pick<StatusPublisher, 'facts' | 'files'>
  clients: Pick<Clients, 'asked'>
  /** The rehearsal that goes on beside this process, or that ended lately. */
  rehearsal(): ReturnType<typeof rehearsalIn>
  /** Resolves with what is wrong with the config; nothing when it is in force. */
  reload(): Promise<string[]>
  /** Resolves with why no other process can take over, or null once one is ready to. */
  handOver(): Promise<string | null>
  drain(): void
}

export interface Call {
  query: URLSearchParams
  /** Which media types the caller takes. */
  accept: string
  /** The JSON body; an empty object without one. */
  body: Record<string, unknown>
}

export interface Route {
  path: string
  method: 'GET' | 'POST' | 'DELETE'
  changes: boolean
  handle(powers: Powers, call: Call): Reply | Promise<Reply>
}

const get = (path: string, handle: Route['handle']): Route => ({ path, method: 'GET', changes: false, handle })
const change = (method: 'POST' | 'DELETE', path: string, handle: Route['handle']): Route => ({
  path,
  method,
  changes: true,
  handle,
})

export const routes: readonly Route[] = [
  ...assets.map(({ path, reply }) => get(path, () => reply)),
  get('/healthz', () => text('alive\n')),
  get('/readyz', ready),
  get('/metrics', (powers, { accept }) => exposeAs(metricsOf(powers), accept)),
  get('/api/stats', powers => json(statsOf(powers))),
  get('/api/status', ({ status: { facts, files } }) =>
    facts === undefined ? problem(503, 'It is starting; in a moment more is known.') : json({ facts, files }),
  ),
  get('/api/routes', ({ routes, downstream }) => json({ ...routes.top, downstream: downstream.stats })),
  get('/api/rehearsals', ({ rehearsals }) => json({ rehearsals: rehearsals() })),
  get('/api/rules', ({ routes, sites }) => json(routes.rulesOf(sites()))),
  get('/api/blockers', ({ blockers }) => json(blockers.ranked)),
  get('/api/proofs', ({ proofs }) => json(proofs.told)),
  get('/api/history', ({ past }, { query }) => past.asked(query)),
  get('/api/live', ({ viewers }) => viewers.admit()),
  get('/api/origins', powers => json({ origins: originsOf(powers) })),
  change('POST', '/api/origins', (powers, { body }) => changeOrigin(powers.core, 'origin-add', body)),
  change('POST', '/api/origins/drain', (powers, { body }) => changeOrigin(powers.core, 'origin-drain', body)),
  change('DELETE', '/api/origins', (powers, { query }) =>
    changeOrigin(powers.core, 'origin-remove', Object.fromEntries(query)),
  ),
  change('POST', '/api/purge', (powers, { body }) => purge(powers.core, powers.sites(), body)),
  get('/api/cluster', ({ core }) => json(clusterOf(core))),
  change('POST', '/api/cluster/forget', (powers, { body }) => forgetNode(powers.core, body)),
  get('/api/clients', ({ clients }, { query }) => clients.asked(query)),
  get('/api/waiting-rooms', powers => json({ waitingRooms: waitingRoomsOf(powers) })),
  change('POST', '/api/waiting-rooms', (powers, { body }) => changeRoom(powers, body)),
  get('/api/mode', powers => json({ sites: modesOf(powers) })),
  change('POST', '/api/mode', (powers, { body }) => changeMode(powers, body)),
  get('/api/snapshots', powers => json({ snapshots: shownSnapshots(powers) })),
  change('POST', '/api/snapshots', (powers, { body }) => changeSnapshot(powers, body)),
  get('/api/demand', (powers, { query }) => demand(powers.demand, query)),
  get('/api/events', powers => showEvents(powers)),
  get('/api/events.ics', powers => showCalendar(powers)),
  change('POST', '/api/events', (powers, { body }) => addEvent(powers, body)),
  change('POST', '/api/events/edit', (powers, { body }) => editEvent(powers, body)),
  change('POST', '/api/events/start', (powers, { body }) => startEvent(powers, body)),
  change('POST', '/api/events/stop', (powers, { body }) => stopEvent(powers, body)),
  change('POST', '/api/events/cancel', (powers, { body }) => cancelEvent(powers, body['event'])),
  change('DELETE', '/api/events', (powers, { query }) => cancelEvent(powers, query.get('event'))),
  get('/api/audit', ({ audit }) => json({ acts: audit.acts })),
  get('/api/rehearsal', powers => json({ rehearsal: powers.rehearsal() })),
  get('/api/certificates', ({ certificates }) => json({ certificates: certificates.states })),
  change('POST', '/api/certificates/renew', ({ certificates }, { body }) => replace(certificates, body['name'], false)),
  change('POST', '/api/certificates/revoke', ({ certificates }, { body }) => replace(certificates, body['name'], true)),
  get('/api/alerts', ({ watchman }) => json(watchman.told)),
  change('POST', '/api/alerts/test', async ({ watchman }) => json({ channels: await watchman.test() })),
  change('POST', '/api/journal', (powers, { body }) => journal(powers.forms, body)),
  change('POST', '/api/reload', reload),
  change('POST', '/api/handover', async powers => {
    const why = await powers.handOver()
    return why === null ? json({ handingOver: true, pid: powers.state().pid }, 202) : problem(409, why)
  }),
  change('POST', '/api/drain', powers => {
    powers.drain()
    return json({ draining: true }, 202)
  }),
]

/** It is ordered at once; how that went is in the states. */
function replace(certificates: Powers['certificates'], name: unknown, revoke: boolean): Reply {
  if (typeof name === 'string' && certificates.replace(name, { revoke }))
    return json({ certificates: certificates.states }, 202)
  const names = certificates.states.map(each => each.name).join(', ')
  return problem(
    404,
    `Say which: "name" is one of tls.acme.names${names === '' ? ', and there are none' : ` (${names})`}.`,
  )
}

function ready(powers: Powers): Reply {
  const reasons = reasonsOf(powers)
  const cluster = powers.core.status?.status.cluster?.state
  const told = { ready: reasons.length === 0, reasons, ...(cluster === undefined ? {} : { cluster }) }
  return json(told, reasons.length === 0 ? 200 : 503)
}

async function reload(powers: Powers): Promise<Reply> {
  const errors = await powers.reload()
  if (errors.length === 0) return json({ config: powers.state().config })
  return problem(422, 'The new config is wrong; the one before it goes on serving.', { errors })
}
