// Metrics of what visitors asked for: requests by what became of them, how long they took, how visitors fared, what was spared the
// origin, and the same by class of route.

import { counterNames, counters, outcomes } from '../board/counters.ts'
import type { CounterName, Outcome } from '../board/counters.ts'
import { LOST, accountsOf } from './accounts.ts'
import { apdexOf } from './audience.ts'
import type { Labels, Metric, Row } from './exposition.ts'
import type { KindSums } from './route-sums.ts'
import type { LatencyName } from './sampler.ts'
import { offloadStats, queuedIn } from './stats.ts'
import type { Sources } from './stats.ts'

/** Names of the counters that are no outcomes. Sums end in _total, units are base units. */
const names: Record<Exclude<CounterName, Outcome>, string> = {
  fastLane: 'breakwater_fast_lane_requests_total',
  polls: 'breakwater_waiting_room_polls_total',
  bytesIn: 'breakwater_received_bytes_total',
  bytesOut: 'breakwater_sent_bytes_total',
  bytesOrigin: 'breakwater_origin_received_bytes_total',
  accepted: 'breakwater_connections_accepted_total',
  overConnections: 'breakwater_connections_over_bound_total',
  denied: 'breakwater_connections_denied_total',
  tooMany: 'breakwater_connections_over_address_bound_total',
  unannounced: 'breakwater_connections_without_proxy_header_total',
  timedOut: 'breakwater_connections_timed_out_total',
  connections: 'breakwater_connections',
  streams: 'breakwater_streams',
  originRequests: 'breakwater_origin_requests_total',
  originErrors: 'breakwater_origin_request_errors_total',
  retries: 'breakwater_origin_retries_total',
  stored: 'breakwater_responses_stored_total',
  notStored: 'breakwater_responses_not_stored_total',
  overBound: 'breakwater_responses_over_bound_total',
  damagedBodies: 'breakwater_bodies_damaged_total',
  copiesProven: 'breakwater_copies_proven_total',
  copiesRefused: 'breakwater_copies_refused_total',
  compressed: 'breakwater_copies_compressed_total',
  plainCoded: 'breakwater_responses_plain_coded_total',
  plainForbidden: 'breakwater_responses_plain_forbidden_total',
  plainKind: 'breakwater_responses_plain_kind_total',
  plainSize: 'breakwater_responses_plain_size_total',
  plainBusy: 'breakwater_responses_plain_busy_total',
  plainNoGain: 'breakwater_responses_plain_no_gain_total',
  notLogged: 'breakwater_requests_not_logged_total',
  begun: 'breakwater_requests_begun_total',
  open: 'breakwater_requests_open',
  cut: 'breakwater_answers_cut_total',
  originFault: 'breakwater_answers_origin_fault_total',
  bytesSaved: 'breakwater_saved_bytes_total',
}

export const requestMetrics = (sources: Sources): Metric[] => [
  ...outcomeMetrics(sources),
  ...durationMetrics(sources),
  ...audienceMetrics(sources),
  ...shareMetrics(sources),
  ...routeMetrics(sources),
]

const isNoOutcome = (name: CounterName): name is Exclude<CounterName, Outcome> => Object.hasOwn(names, name)

function outcomeMetrics({ sampler }: Sources): Metric[] {
  const byOutcome: Metric = {
    name: 'breakwater_requests_total',
    help: 'Requests read whole, by what became of them; each is counted in exactly one outcome.',
    type: 'counter',
    samples: outcomes.map(outcome => ({ labels: { outcome }, value: sampler.total(outcome) })),
  }
  return [
    byOutcome,
    ...counterNames.filter(isNoOutcome).map((name): Metric => {
      const { kind, prose } = counters[name]
      return { name: names[name], help: prose, type: kind, samples: [{ value: sampler.total(name) }] }
    }),
  ]
}

/** Why a request was lost, as the label says it. */
const lostBy: Record<(typeof LOST)[number], string> = {
  shed: 'shed',
  failed: 'failed',
  gone: 'gone',
  cut: 'cut',
  originFault: 'origin-fault',
  overConnections: 'connection-refused',
}

/** Visitors are gauges without a label; Apdex is counted, so that it can be formed over any time. Sites are the config's. */
function audienceMetrics({ sampler, audience, sites }: Sources): Metric[] {
  const accounts = accountsOf(name => sampler.total(name))
  const { minute, five } = audience.visitors
  return [
    {
      name: 'breakwater_active_visitors',
      help: 'Distinct visitors (address or IPv6 network, and User-Agent) of the last 60 s and the last 300 s, within 2%.',
      type: 'gauge',
      samples: [
        { labels: { window: '60s' }, value: minute },
        { labels: { window: '300s' }, value: five },
      ],
    },
    {
      name: 'breakwater_apdex_answers_total',
      help: 'Answers by how visitors took them, by site: Apdex is (satisfied + tolerating / 2) / all.',
      type: 'counter',
      samples: sites().flatMap(({ name }) =>
        Object.entries(audience.total(name)).map(([taken, value]) => ({ labels: { site: name, taken }, value })),
      ),
    },
    {
      name: 'breakwater_requests_accepted_total',
      help: 'Requests taken up, and connections refused.',
      type: 'counter',
      samples: [{ value: accounts.accepted }],
    },
    {
      name: 'breakwater_requests_lost_total',
      help: 'Of those, the ones without a good answer that reached the visitor, aborted and refused connections too.',
      type: 'counter',
      samples: LOST.map(name => ({ labels: { reason: lostBy[name] }, value: sampler.total(name) })),
    },
    {
      name: 'breakwater_requests_unaccounted',
      help: 'Accepted less answered, lost and open: what an edge that died took with it.',
      type: 'gauge',
      samples: [{ value: accounts.residue }],
    },
  ]
}

const known = (samples: { labels: Labels; value: number | null }[]) =>
  samples.flatMap(({ labels, value }) => (value === null ? [] : [{ labels, value }]))

/** Shares, for whoever does not want to divide, and how many had to wait. */
function shareMetrics(sources: Sources): Metric[] {
  const { sampler, audience, sites } = sources
  const { requests, bytes } = offloadStats(sampler)
  const apdex = sites().map(({ name }) => ({ labels: { site: name }, value: apdexOf(audience.recent(name)) }))
  return [
    {
      name: 'breakwater_offload_ratio',
      help: 'Of requests and of bytes the share that stored responses spared the origin, since the start.',
      type: 'gauge',
      samples: known([
        { labels: { of: 'requests' }, value: requests },
        { labels: { of: 'bytes' }, value: bytes },
      ]),
    },
    {
      name: 'breakwater_apdex',
      help: 'Apdex of the last half minute, by site.',
      type: 'gauge',
      samples: known(apdex),
    },
    {
      name: 'breakwater_requests_queued_total',
      help: 'Requests that waited ten milliseconds or longer for a place at the origin server, or to be refused one.',
      type: 'counter',
      samples: [{ value: queuedIn(sampler) }],
    },
  ]
}

function durationMetrics({ sampler }: Sources): Metric[] {
  const row = (name: LatencyName, labels: Labels = {}): Row => ({ labels, counts: sampler.durations(name) })
  return [
    {
      name: 'breakwater_request_duration_seconds',
      help: 'From the whole request head to the whole answer, as visitors saw it, by lane.',
      type: 'histogram',
      rows: [row('fastLane', { lane: 'fast' }), row('slowLane', { lane: 'slow' })],
    },
    {
      name: 'breakwater_origin_first_byte_seconds',
      help: 'From sending a request to an origin server to the head of its response.',
      type: 'histogram',
      rows: [row('originFirstByte')],
    },
    {
      name: 'breakwater_queue_wait_seconds',
      help: 'From asking for a place at the origin server to having it, or being refused.',
      type: 'histogram',
      rows: [row('queue')],
    },
  ]
}

/** Kinds of routes are four, so the label is bounded; single routes are on the admin address (/api/routes). */
function routeMetrics({ routes }: Sources): Metric[] {
  const kinds = routes.kinds
  const each = (name: string, help: string, value: (sums: KindSums) => number): Metric => ({
    name: `breakwater_route_${name}_total`,
    help,
    type: 'counter',
    samples: kinds.map(sums => ({ labels: { site: sums.site, class: sums.kind }, value: value(sums) })),
  })
  return [
    {
      name: 'breakwater_route_requests_total',
      help: 'Requests by the class of their route (page, asset, api, write) and by what became of them.',
      type: 'counter',
      samples: kinds.flatMap(({ site, kind, outcomes }) =>
        Object.entries(outcomes).map(([outcome, value]) => ({ labels: { site, class: kind, outcome }, value })),
      ),
    },
    each('sent_bytes', 'Bytes of bodies sent to visitors, by the class of the route.', ({ bytes }) => bytes),
    each(
      'origin_seconds',
      'Time that origin servers worked, by the class of the route.',
      ({ originMs }) => originMs / 1000,
    ),
    each(
      'origin_requests',
      'Requests that reached an origin server, by the class of the route.',
      sums => sums.originRequests,
    ),
    each(
      'queue_seconds',
      'Time that requests waited for a place at the origin, by the class of the route.',
      ({ queuedMs }) => queuedMs / 1000,
    ),
  ]
}
