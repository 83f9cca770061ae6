// Which metrics there are: the counters table in Prometheus' conventions, and what surrounds it. Requests by outcome are
// one metric with a label, so that their sum is every request.

import { counterNames, counters, outcomes } from '../board/counters.ts'
import type { CounterName, Outcome } from '../board/counters.ts'
import { LOST, accountsOf } from './accounts.ts'
import { apdexOf } from './audience.ts'
import { clusterMetrics } from './cluster.ts'
import { downstreamMetrics } from './downstream.ts'
import type { Labels, Metric, Row } from './exposition.ts'
import { processMetrics } from './process-metrics.ts'
import { demandMetrics } from './scale/gauge.ts'
import { offloadStats, originsOf, queuedIn } from './stats.ts'
import type { KindSums } from './route-sums.ts'
import type { OriginStats, Sources } from './stats.ts'
import type { LatencyName } from './sampler.ts'
import { waitingRoomMetrics } from './waiting-rooms.ts'

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

export function metricsOf(sources: Sources): Metric[] {
  return [
    ...requestMetrics(sources),
    ...durationMetrics(sources),
    ...audienceMetrics(sources),
    ...shareMetrics(sources),
    ...routeMetrics(sources),
    ...downstreamMetrics(sources.downstream.stats),
    ...originMetrics(originsOf(sources)),
    ...demandMetrics(sources.demand.told),
    ...stateMetrics(sources),
    ...clusterMetrics(sources.core.status?.status.cluster),
    ...waitingRoomMetrics(sources),
    ...journalMetrics(sources),
    ...hostMetrics(sources),
    ...processMetrics(sources),
  ]
}

const isNoOutcome = (name: CounterName): name is Exclude<CounterName, Outcome> => Object.hasOwn(names, name)

function requestMetrics({ sampler }: Sources): Metric[] {
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

/** Of the machine; without values where the system does not tell. */
const bytesOf = (bits: number | undefined): number | undefined => (bits === undefined ? undefined : bits / 8)

function hostMetrics({ host, line }: Sources): Metric[] {
  const { figures } = host
  return [
    gauge(
      'breakwater_host_cpu_busy_ratio',
      'Share of all CPUs that was busy over the last seconds.',
      figures.cpu ?? undefined,
    ),
    gauge('breakwater_host_memory_total_bytes', 'Memory of the machine.', figures.memory?.total),
    gauge('breakwater_host_memory_available_bytes', 'Memory that is left without swapping.', figures.memory?.available),
    {
      ...gauge(
        'breakwater_host_sockets',
        'Sockets on the machine: in use, TCP connections, and those waiting to be forgotten.',
      ),
      samples: Object.entries(figures.sockets ?? {}).map(([state, value]) => ({ labels: { state }, value })),
    },
    gauge(
      'breakwater_accept_queue',
      'Connections that the kernel has made and no edge has accepted yet, in the fullest queue.',
      figures.acceptQueue ?? undefined,
    ),
    gauge(
      'breakwater_accept_queue_limit',
      'Beyond so many the kernel drops connections.',
      figures.acceptBound ?? undefined,
    ),
    {
      ...gauge(
        'breakwater_listen_drops_total',
        'Connections that the kernel dropped before anybody accepted them, on the whole machine.',
        figures.listenDrops ?? undefined,
      ),
      type: 'counter',
    },
    gauge('breakwater_data_disk_size_bytes', "Size of the data directory's disk.", figures.disk?.size),
    gauge('breakwater_data_disk_free_bytes', "Bytes free on the data directory's disk.", figures.disk?.free),
    gauge(
      'breakwater_line_capacity_bytes_per_second',
      'What the line to visitors bears (limits.line).',
      bytesOf(line()),
    ),
  ]
}

function originMetrics(origins: OriginStats[]): Metric[] {
  const each = (
    name: string,
    type: 'counter' | 'gauge',
    help: string,
    value: (origin: OriginStats) => number,
  ): Metric => ({
    name: `breakwater_origin_${name}`,
    help,
    type,
    samples: origins.map(origin => ({ labels: { site: origin.site, origin: origin.url }, value: value(origin) })),
  })
  return [
    each('up', 'gauge', '1 when the origin server gets requests, 0 while it is down or draining.', o =>
      o.state === 'up' ? 1 : 0,
    ),
    each('limit', 'gauge', 'Requests that may be in flight to the origin server now.', o => o.limit),
    each('in_flight', 'gauge', 'Requests in flight to the origin server.', o => o.inFlight),
    each('waiting', 'gauge', 'Requests that wait for a place at the origin server.', o => o.waiting),
    each('open_streams', 'gauge', 'Upgraded connections and event streams open to the origin server.', o => o.streams),
    each('answers_good_total', 'counter', 'Whole answers of the origin server with a status below 500.', o => o.good),
    each('answers_bad_total', 'counter', 'Answers of the origin server with a status of 500 or above.', o => o.bad),
    each('timeouts_total', 'counter', 'Requests to the origin server that timed out.', o => o.timeouts),
    each(
      'resets_total',
      'counter',
      'Connections to the origin server that were refused, reset or cut short.',
      o => o.resets,
    ),
  ]
}

const gauge = (name: string, help: string, ...values: (number | undefined)[]) => ({
  name,
  help,
  type: 'gauge' as const,
  samples: values.flatMap(value => (value === undefined ? [] : [{ value }])),
})

/** Without values where no rule collects forms. */
function journalMetrics({ forms }: Sources): Metric[] {
  const journal = forms.status
  return [
    {
      ...gauge('breakwater_journal_forms', 'Collected forms, by what has become of them so far.'),
      samples: Object.entries(journal?.forms ?? {}).map(([state, value]) => ({ labels: { state }, value })),
    },
    gauge(
      'breakwater_journal_open',
      '1 while collected forms can be written to disk.',
      journal === null ? undefined : Number(journal.open),
    ),
    gauge('breakwater_journal_waiting', 'Collected forms that are not ended.', journal?.waiting),
    gauge('breakwater_journal_waiting_limit', 'Beyond so many, forms are answered 503.', journal?.most),
    gauge(
      'breakwater_journal_oldest_seconds',
      'Age of the oldest form that is not ended.',
      journal?.oldest ?? undefined,
    ),
    gauge('breakwater_journal_bytes', 'Bytes of collected forms on disk.', journal?.bytes),
    gauge('breakwater_journal_free_bytes', 'Bytes free on that disk.', journal?.free),
    { ...gauge('breakwater_journal_accepted_total', 'Forms taken in.', journal?.accepted), type: 'counter' },
    { ...gauge('breakwater_journal_refused_total', 'Forms not taken in.', journal?.refused), type: 'counter' },
  ]
}

function stateMetrics({ core, state }: Sources): Metric[] {
  const { threads, config, version } = state()
  const store = core.status?.status.store
  return [
    {
      ...gauge('breakwater_build_info', 'Always 1; the version is the label.'),
      samples: [{ labels: { version }, value: 1 }],
    },
    gauge('breakwater_store_used_bytes', 'Memory that stored responses take.', store?.bytesUsed),
    gauge('breakwater_store_size_bytes', 'Memory that stored responses may take.', store?.bytesTotal),
    gauge('breakwater_store_disk_bytes', 'Disk that stored responses of 1 MiB and more take.', store?.bytesOnDisk),
    gauge('breakwater_store_responses', 'Stored responses.', store?.records),
    {
      ...gauge('breakwater_store_evicted_total', 'Stored responses that made room for others.', store?.evicted),
      type: 'counter',
    },
    gauge('breakwater_config_generation', 'Configs applied since the start.', config.generation),
    gauge(
      'breakwater_config_last_reload_successful',
      '0 when the last reload was refused.',
      config.refused === null ? 1 : 0,
    ),
    {
      name: 'breakwater_thread_restarts_total',
      help: 'How often a dead thread was replaced.',
      type: 'counter',
      samples: threads.map(({ role, slot, restarts }) => ({ labels: { thread: `${role}-${slot}` }, value: restarts })),
    },
  ]
}
