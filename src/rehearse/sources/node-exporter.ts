// Prometheus' node_exporter as a source: what a host tells of its CPU, memory, disks, files and connections, counters read
// twice and taken as shares of the time between.
import type { Calls, Sample, SlowQuery, Source } from './source.ts'

const WITHIN_MS = 3000
/** Its page has some 2000 lines. */
const MOST_BYTES = 4 * 1024 * 1024

/** Values by name, each with the text of its labels. */
export type Metrics = Map<string, { labels: string; value: number }[]>

export class NodeExporterSource implements Source {
  readonly name: string
  readonly #host: string
  #before: { metrics: Metrics; at: number }

  private constructor(name: string, before: { metrics: Metrics; at: number }) {
    this.name = name
    this.#host = new URL(name).hostname
    this.#before = before
  }

  /** `address`: of the host, with or without /metrics. Rejects when nothing of the kind answers there. */
  static async open(address: string): Promise<NodeExporterSource> {
    const url = new URL(address)
    if (url.pathname === '/') url.pathname = '/metrics'
    const metrics = await metricsAt(url.href)
    if (!metrics.has('node_cpu_seconds_total'))
      throw new Error(`${url.href} tells no node_cpu_seconds_total: it is no node_exporter`)
    return new NodeExporterSource(url.href, { metrics, at: performance.now() })
  }

  async read(): Promise<Sample[]> {
    const now = { metrics: await metricsAt(this.name), at: performance.now() }
    const samples = hostSamples(this.#host, this.#before.metrics, now.metrics, (now.at - this.#before.at) / 1000)
    this.#before = now
    return samples
  }

  /** Connections that programs of the host have begun: to databases, search servers, other services. */
  async calls(): Promise<Calls | null> {
    const opened = (await metricsAt(this.name)).get('node_netstat_Tcp_ActiveOpens')?.[0]?.value
    return opened === undefined ? null : { count: opened, of: 'connections begun' }
  }

  async slowQueries(): Promise<SlowQuery[]> {
    return []
  }

  async close(): Promise<void> {}
}

async function metricsAt(url: string): Promise<Metrics> {
  const response = await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS) })
  const text = await response.text()
  if (!response.ok || text.length > MOST_BYTES) throw new Error(`${url} answered ${response.status}`)
  return metricsOf(text)
}

/** Of Prometheus' text format, what has a number. */
export function metricsOf(text: string): Metrics {
  const metrics: Metrics = new Map()
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? []
    if (name === undefined || !Number.isFinite(Number(value))) continue
    const values = metrics.get(name) ?? []
    metrics.set(name, values)
    values.push({ labels, value: Number(value) })
  }
  return metrics
}

/** Shares over `seconds` seconds. Pure. */
export function hostSamples(host: string, before: Metrics, now: Metrics, seconds: number): Sample[] {
  const gauge = (name: string): number | undefined => now.get(name)?.[0]?.value
  const share = (used: string, most: string): number | undefined => {
    const [at, of] = [gauge(used), gauge(most)]
    return at === undefined || of === undefined || of <= 0 ? undefined : at / of
  }
  const available = share('node_memory_MemAvailable_bytes', 'node_memory_MemTotal_bytes')
  const disk = busiest(before, now, 'node_disk_io_time_seconds_total', seconds)
  const overflows = busiest(before, now, 'node_netstat_TcpExt_ListenOverflows', seconds) ?? 0
  const all: [what: string, value: number | undefined, detail: (percent: string) => string][] = [
    ['cpu', cpuOf(before, now), percent => `all cores of ${host} together were at work ${percent} of the time`],
    ['memory', available === undefined ? undefined : available < 0.05 ? 1 : 1 - available, percent => `${percent} of the memory of ${host} was taken`],
    ['disk', disk, percent => `the busiest disk of ${host} was at work ${percent} of the time, each request of it for ${awaitOf(before, now)}`],
    ['open files', share('node_filefd_allocated', 'node_filefd_maximum'), percent => `${percent} of the files were open that ${host} may have open`],
    ['conntrack', share('node_nf_conntrack_entries', 'node_nf_conntrack_entries_limit'), percent => `the table of connections of ${host} was full to ${percent}`],
    ['accept queue', overflows > 0 ? 1 : 0, () => `${Math.round(overflows)} connections a second found no place in a queue of ${host}`],
  ] // prettier-ignore
  return all.flatMap(([what, value, detail]) => value === undefined ? [] : [{ signal: `${what} of ${host}`, value: Math.min(1, Math.max(0, value)), detail: detail(`${Math.round(Math.min(1, value) * 100)}%`) }]) // prettier-ignore
}

type Added = { labels: string; added: number }[]

function addedTo(before: Metrics, now: Metrics, name: string): Added {
  const was = new Map(before.get(name)?.map(each => [each.labels, each.value]))
  return (now.get(name) ?? []).map(({ labels, value }) => ({ labels, added: value - (was.get(labels) ?? value) }))
}

const busiest = (before: Metrics, now: Metrics, name: string, seconds: number): number | undefined => {
  const added = addedTo(before, now, name)
  return added.length === 0 ? undefined : Math.max(...added.map(each => each.added)) / seconds
}

function cpuOf(before: Metrics, now: Metrics): number | undefined {
  const added = addedTo(before, now, 'node_cpu_seconds_total')
  const total = added.reduce((sum, each) => sum + each.added, 0)
  const idle = added.filter(each => /mode="(idle|iowait)"/.test(each.labels)).reduce((sum, each) => sum + each.added, 0)
  return total <= 0 ? undefined : 1 - idle / total
}

/** Milliseconds that a request of a disk took on average, of all disks. */
function awaitOf(before: Metrics, now: Metrics): string {
  const sum = (...names: string[]): number => names.flatMap(name => addedTo(before, now, name)).reduce((total, each) => total + each.added, 0) // prettier-ignore
  const requests = sum('node_disk_reads_completed_total', 'node_disk_writes_completed_total')
  const seconds = sum('node_disk_read_time_seconds_total', 'node_disk_write_time_seconds_total')
  return requests === 0 ? 'no time' : `${((seconds / requests) * 1000).toFixed(1)} ms`
}
