// Which metrics there are, in Prometheus' conventions: those of requests, of origin servers, of the process and of the machine.

import { clusterMetrics } from './cluster.ts'
import { downstreamMetrics } from './downstream.ts'
import type { Metric } from './exposition.ts'
import { processMetrics } from './process-metrics.ts'
import { requestMetrics } from './request-metrics.ts'
import { demandMetrics } from './scale/gauge.ts'
import { originsOf } from './stats.ts'
import type { OriginStats, Sources } from './stats.ts'
import { waitingRoomMetrics } from './waiting-rooms.ts'

export function metricsOf(sources: Sources): Metric[] {
  return [
    ...requestMetrics(sources),
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

const bytesOf = (bits: number | undefined): number | undefined => (bits === undefined ? undefined : bits / 8)

/** Of the machine; without values where the system does not tell. */
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
