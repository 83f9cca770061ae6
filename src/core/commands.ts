// What operators ask core for, through the watch thread.

import type { Clock } from '../base/clock.ts'
import type { ClusterNode } from '../cluster/node.ts'
import { Refusal } from '../config/kind.ts'
import { parseOriginUrl } from '../config/kinds/network.ts'
import type { CertificatesSaid, EventsSaid } from '../threads/cluster.ts'
import type { CoreToWatch, NotDone, WatchToCore } from '../threads/messages.ts'
import type { Core } from './core.ts'
import type { PurgedBy } from './purge-orders.ts'

type Command = Extract<WatchToCore, { url: string }>

/** Answers each question once, through `reply`. */
export function answerWatch(
  core: Core,
  clock: Clock,
  message: WatchToCore,
  reply: (answer: CoreToWatch) => void,
  cluster: () =>
    Pick<ClusterNode, 'state' | 'forget' | 'claim' | 'figures' | 'certificates' | 'events'> | undefined = () =>
    undefined,
): void {
  const { id } = message
  const done = (): void => reply({ type: 'done', id, origins: core.origins.table })
  if (message.type === 'step') return void claim(cluster(), message).then(reply)
  if (message.type === 'certificates')
    return void shareCertificates(cluster(), message.said).then(heard =>
      reply({ type: 'certificates-heard', id, heard }),
    )
  if (message.type === 'events')
    return void shareEvents(cluster(), message.said).then(heard => reply({ type: 'events-heard', id, heard }))
  if (message.type === 'status') {
    const node = cluster()
    if (node !== undefined) node.figures = message.figures ?? node.figures
    return reply({ type: 'status', id, status: { ...core.status, cluster: node?.state ?? null } })
  }
  if (message.type === 'cluster-forget') return void forget(cluster(), message).then(reply)
  const purged = (how: PurgedBy): void => reply({ type: 'purged', id, ...how })
  const { soft } = 'soft' in message ? message : { soft: false }
  if (message.type === 'purge') return core.purges.order({ kind: 'below', below: message.below, soft }, purged)
  if (message.type === 'purge-tags') return core.purges.order({ kind: 'tags', hashes: message.hashes, soft }, purged)
  if (message.type === 'purge-keys') return core.purges.order({ kind: 'keys', urls: message.urls, soft }, purged)
  if (message.type === 'admission') return reply(admit(core, message))
  if (message.type === 'waiting-room') return reply(changeRoom(core, message))
  if (message.type === 'mode') return reply(setMode(core, clock, message))
  if (message.type === 'snapshot') return reply(useSnapshot(core, message))
  const url = parseOriginUrl(message.url)
  if (url instanceof Refusal) return reply({ type: 'not-done', id, code: 'bad-url', message: sentence(url.message) })
  const code = carryOut(core, message, url.href, clock.monotonic())
  if (code !== null) return reply({ type: 'not-done', id, code, message: explain(code, message, url.href) })
  core.originsChanged()
  done()
}

/** Before the cluster was found it is away. */
const shareCertificates = async (cluster: Pick<ClusterNode, 'certificates'> | undefined, said: CertificatesSaid) =>
  cluster === undefined ? 'away' : cluster.certificates(said)

const shareEvents = async (cluster: Pick<ClusterNode, 'events'> | undefined, said: EventsSaid) =>
  cluster === undefined ? 'away' : cluster.events(said)

async function claim(
  cluster: Pick<ClusterNode, 'claim'> | undefined,
  { id, ...step }: Extract<WatchToCore, { type: 'step' }>,
): Promise<CoreToWatch> {
  const claimed = (await cluster?.claim(step)) ?? { how: 'away', mark: null }
  return { type: 'step-claimed', id, ...claimed }
}

async function forget(
  cluster: Pick<ClusterNode, 'forget'> | undefined,
  { id, node }: Extract<WatchToCore, { type: 'cluster-forget' }>,
): Promise<CoreToWatch> {
  const code = cluster === undefined ? 'no-cluster' : await cluster.forget(node)
  if (code === 'forgotten') return { type: 'cluster-forgotten', id }
  return { type: 'not-done', id, code, message: explanations[code](node, '') }
}

function setMode(
  core: Core,
  clock: Clock,
  { id, of, mode, until, why }: Extract<WatchToCore, { type: 'mode' }>,
): CoreToWatch {
  const code = core.modes.command(of, mode, until, clock.now(), why)
  if (code === null) return { type: 'mode-set', id }
  return { type: 'not-done', id, code, message: code === 'bad-url' ? code : explanations[code](of ?? 'the site', '') }
}

function useSnapshot(core: Core, { id, of, version }: Extract<WatchToCore, { type: 'snapshot' }>): CoreToWatch {
  if (core.modes.use(of, version)) return { type: 'mode-set', id }
  return { type: 'not-done', id, code: 'unknown-site', message: explanations['unknown-site'](of, '') }
}

function admit(core: Core, { id, of, room, admission }: Extract<WatchToCore, { type: 'admission' }>): CoreToWatch {
  if (core.rooms.admit({ site: of, room }, admission)) return { type: 'admission-set', id }
  return { type: 'not-done', id, code: 'unknown-room', message: explanations['unknown-room'](of, room) }
}

function changeRoom(
  { rooms }: Core,
  { id, of, room, change }: Extract<WatchToCore, { type: 'waiting-room' }>,
): CoreToWatch {
  const code = rooms.command(of, room, change)
  if (code === null) return { type: 'room-changed', id, rooms: rooms.states }
  return { type: 'not-done', id, code, message: explanations[code](of ?? 'the site', room ?? '') }
}

function carryOut({ origins }: Core, { type, site }: Command, url: string, now: number): NotDone | null {
  switch (type) {
    case 'origin-add':
      return origins.add(site, url, now)
    case 'origin-drain':
      return origins.drain(site, url, now)
    case 'origin-remove':
      return origins.remove(site, url, now)
  }
}

const explanations: Record<Exclude<NotDone, 'bad-url'>, (site: string, url: string) => string> = {
  'unknown-site': site => `There is no site ${site}.`,
  'which-site': () => 'There are several sites: name the one that is meant.',
  'unknown-origin': (site, url) => `There is no origin ${url} of ${site}.`,
  'already-there': (site, url) => `${url} is an origin of ${site} already.`,
  'last-origin': (site, url) => `${url} is the last origin of ${site} that takes requests: add another one first.`,
  'unknown-room': (site, room) => `There is no waiting room ${room === '' ? '' : `${room} `}of ${site}.`,
  'which-room': () => 'There are several waiting rooms: name site and room.',
  'no-cluster': () => 'This machine is by itself: the config names no cluster.',
  'unknown-node': node => `There is no node ${node} in the cluster.`,
  'node-lives': node => `${node} was heard of a moment ago: end it first. Its share is free then by itself.`,
  'cluster-away': () => 'The server of the cluster does not answer. Try again once this node has joined.',
  full: () => 'The table of origins is full: 256 at most, those that are draining included.',
}

function explain(code: NotDone, { site }: Command, url: string): string {
  return code === 'bad-url' ? `${url} is not a URL.` : explanations[code](site ?? 'the site', url)
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
