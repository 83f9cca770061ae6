// Prometheus' text format, version 0.0.4: metrics with their help and type, each followed by its samples.
// https://prometheus.io/docs/instrumenting/exposition_formats/

import { BOUNDS, countBelow, sumOf } from './latencies.ts'
import type { BucketCounts } from './latencies.ts'

export type Labels = Record<string, string | number>

export interface Sample {
  labels?: Labels
  value: number
  /** What follows the metric's name: _bucket, _sum, _count of a histogram. */
  suffix?: string
}

interface Described {
  name: string
  help: string
}

/** Durations in microseconds by the board's buckets, told in seconds. */
export interface Row {
  labels: Labels
  counts: BucketCounts
}

export type Metric = Described & ({ type: 'counter' | 'gauge'; samples: Sample[] } | { type: 'histogram'; rows: Row[] })

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export function expose(metrics: Metric[]): string {
  return metrics
    .map(metric => ({
      ...metric,
      samples: metric.type === 'histogram' ? metric.rows.flatMap(buckets) : metric.samples,
    }))
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, type, samples }) => {
      const lines = samples.map(sample => `${name}${sample.suffix ?? ''}${labelText(sample.labels)} ${sample.value}`)
      return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`
    })
    .join('')
}

function buckets({ labels, counts }: Row): Sample[] {
  const count = counts.reduce((sum, each) => sum + each, 0)
  return [
    ...BOUNDS.map(us => ({ suffix: '_bucket', labels: { ...labels, le: us / 1e6 }, value: countBelow(counts, us) })),
    { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
    { suffix: '_sum', labels, value: sumOf(counts) / 1e6 },
    { suffix: '_count', labels, value: count },
  ]
}

function labelText(labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
