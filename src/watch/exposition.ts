// Prometheus' text format, version 0.0.4: metrics with their help and type, each followed by its samples.
// https://prometheus.io/docs/instrumenting/exposition_formats/

export type Labels = Record<string, string | number>

export interface Sample {
  labels?: Labels
  value: number
  /** What follows the metric's name: _bucket, _sum, _count of a histogram. */
  suffix?: string
}

export interface Metric {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  samples: Sample[]
}

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export function expose(metrics: Metric[]): string {
  return metrics
    .filter(metric => metric.samples.length > 0)
    .map(({ name, help, type, samples }) => {
      const lines = samples.map(sample => `${name}${sample.suffix ?? ''}${labelText(sample.labels)} ${sample.value}`)
      return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`
    })
    .join('')
}

function labelText(labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
