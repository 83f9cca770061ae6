// A span of time between two moments, as ISO 8601 writes it: 2026-12-24T19:00Z/2026-12-24T23:00Z. A zone has to be given, because
// the machine's own is not the reader's.

import { Refusal, show } from '../kind.ts'
import type { Kind } from '../kind.ts'

export interface Span {
  /** Wall clock, milliseconds. */
  from: number
  to: number
}

const MOMENT = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)`
const SPAN = new RegExp(`^(${MOMENT})/(${MOMENT})$`)

export function planned(): Kind<Span, string> {
  return {
    name: 'span of time',
    expected: 'two moments with a zone, as 2026-12-24T19:00Z/2026-12-24T23:00Z',
    schema: { type: 'string', pattern: SPAN.source },
    format: ({ from, to }) => `${new Date(from).toISOString()}/${new Date(to).toISOString()}`,
    read: given => {
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is not text`)
      const [, first = '', second = ''] = SPAN.exec(given) ?? []
      const [from, to] = [Date.parse(first), Date.parse(second)]
      if (Number.isNaN(from) || Number.isNaN(to)) return new Refusal('bad-value', `${show(given)} cannot be read`)
      return from < to ? { from, to } : new Refusal('bad-value', `${show(given)} ends before it begins`)
    },
  }
}
