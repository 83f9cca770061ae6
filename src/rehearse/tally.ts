// What one worker has counted so far, in shared memory: the worker writes, whoever prints the run reads it every second
// without asking the worker, which may be too busy to answer.
import { Histogram, HISTOGRAM_BYTES } from '../base/histogram.ts'

/** Why a view was lost; the order is the order of the counters. */
export const LOSSES = ['timeout', 'status', 'refused', 'closed', 'malformed', 'content'] as const
/**
 * timeout: no good answer within the patience of a visitor. status: 4xx or 5xx, and no reload came to more. refused: no
 * connection. closed: the connection ended before the response did. malformed: what came is no HTTP response. content: the
 * page is not what the journey expects.
 */
export type Loss = (typeof LOSSES)[number]

const COUNTERS = [
  'visitors', // visitors who came
  'planned', // views due so far
  'onTime', // of these, sent within LATE_AFTER_MS of their time
  'unsent', // of these, not sent at all: every connection the run may have was busy
  'requests', // requests written: views, reloads and repeats on a fresh connection
  'reloads', // of these, by impatient visitors
  'good', // views answered in time with 2xx or 3xx, or with the page of a waiting room
  'waits', // of these, pages of a waiting room
  'queued', // visitors who got such a page
  'status1', 'status2', 'status3', 'status4', 'status5', // responses by class
  'refusals', // responses of these with 429 or 503
  ...LOSSES, // views lost, by reason
  'bytes', // read from sockets
  'judged', // responses with a Cache-Status field
  'hits', // of these, answered from a store
  'oldest', // greatest Age seen, in seconds
  'opened', // connections opened
  'connections', // connections open now
  'inFlight', // views waiting for an answer now
  'cpuMs', // CPU the worker has used since its run began
] as const // prettier-ignore

export type Counter = (typeof COUNTERS)[number]

const COUNTER_BYTES = COUNTERS.length * Float64Array.BYTES_PER_ELEMENT
const INDEX = Object.fromEntries(COUNTERS.map((name, index) => [name, index])) as Record<Counter, number>
const LEVELS: ReadonlySet<Counter> = new Set(['oldest', 'connections', 'inFlight'])

/** Counters (doubles: whole numbers are exact to 2^53) and three histograms in microseconds. */
export class Tally {
  readonly buffer: SharedArrayBuffer
  /** From the planned time of a view to its good answer; a lost view counts as the whole time a visitor waits. */
  readonly latency: Histogram
  /** From writing a request to the end of its response, good or bad. */
  readonly service: Histogram
  /** From the planned time of a view to its sending: the generator's own lateness. */
  readonly lateness: Histogram
  readonly #counters: Float64Array

  constructor(buffer = new SharedArrayBuffer(COUNTER_BYTES + 3 * HISTOGRAM_BYTES)) {
    this.buffer = buffer
    this.#counters = new Float64Array(buffer, 0, COUNTERS.length)
    this.latency = Histogram.over(buffer, COUNTER_BYTES)
    this.service = Histogram.over(buffer, COUNTER_BYTES + HISTOGRAM_BYTES)
    this.lateness = Histogram.over(buffer, COUNTER_BYTES + 2 * HISTOGRAM_BYTES)
  }

  get(counter: Counter): number {
    return this.#counters[INDEX[counter]]!
  }

  add(counter: Counter, amount = 1): void {
    this.#counters[INDEX[counter]]! += amount
  }

  set(counter: Counter, value: number): void {
    this.#counters[INDEX[counter]] = value
  }

  copy(): Tally {
    const copy = new Tally()
    new Uint8Array(copy.buffer).set(new Uint8Array(this.buffer))
    return copy
  }

  /** Adds another worker's counts to these. */
  merge(other: Tally): this {
    for (const name of COUNTERS) {
      if (name === 'oldest') this.set(name, Math.max(this.get(name), other.get(name)))
      else this.add(name, other.get(name))
    }
    this.latency.merge(other.latency)
    this.service.merge(other.service)
    this.lateness.merge(other.lateness)
    return this
  }

  /** What came after `earlier`, an older copy; levels (connections, in flight, oldest) stay as they are now. */
  since(earlier: Tally): Tally {
    const difference = new Tally()
    for (const name of COUNTERS) difference.set(name, this.get(name) - (LEVELS.has(name) ? 0 : earlier.get(name)))
    difference.latency.merge(this.latency.since(earlier.latency))
    difference.service.merge(this.service.since(earlier.service))
    difference.lateness.merge(this.lateness.since(earlier.lateness))
    return difference
  }
}
