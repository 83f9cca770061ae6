// In which form /metrics is told: text for everyone, and Prometheus' own binary form, with native histograms, for who asks for it
// (https://prometheus.io/docs/specs/native_histograms/). A scraper names both and weighs them; the heavier one is given.

import { CONTENT_TYPE, expose } from './exposition.ts'
import type { Metric } from './exposition.ts'
import { PROTOBUF_TYPE, exposeNative } from './native.ts'
import { text } from './reply.ts'
import type { Reply } from './reply.ts'

export function exposeAs(metrics: Metric[], accept: string): Reply {
  const vary = { headers: { Vary: 'Accept' } }
  if (!prefersProtobuf(accept)) return { ...text(expose(metrics), CONTENT_TYPE), ...vary }
  return { status: 200, type: PROTOBUF_TYPE, body: '', bytes: exposeNative(metrics), ...vary }
}

/** Only where it is named: a browser, or curl, takes anything and can read text. */
function prefersProtobuf(accept: string): boolean {
  const ranges = accept.split(',').map(range => {
    const [type = '', ...parameters] = range.split(';').map(part => part.trim().toLowerCase())
    const weight = parameters.find(part => part.startsWith('q='))
    return { type, parameters, weight: weight === undefined ? 1 : Number(weight.slice(2)) || 0 }
  })
  const named = ranges.find(
    ({ type, parameters }) =>
      type === 'application/vnd.google.protobuf' &&
      parameters.includes('proto=io.prometheus.client.metricfamily') &&
      parameters.includes('encoding=delimited'),
  )
  const plain = ranges.filter(({ type }) => type === 'text/plain').map(({ weight }) => weight)
  return named !== undefined && named.weight > 0 && plain.every(weight => weight <= named.weight)
}
