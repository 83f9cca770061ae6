// `breakwater agent` on the origin's host as a source.
import type { Calls, Sample, SlowQuery, Source } from './source.ts'

const WITHIN_MS = 3000
const MOST_BYTES = 256 * 1024

export class AgentSource implements Source {
  readonly name: string
  readonly #token: string

  private constructor(name: string, token: string) {
    this.name = name
    this.#token = token
  }

  /** `address`: such as http://10.0.0.5:9912. Rejects when no agent answers there, or not to this token. */
  static async open(address: string, token: string): Promise<AgentSource> {
    const source = new AgentSource(new URL('/gauges', address).href, token)
    await source.read()
    return source
  }

  async read(): Promise<Sample[]> {
    return samplesOf(await this.#told())
  }

  /** Connections that programs of its host have begun: to databases, search servers, other services. */
  async calls(): Promise<Calls | null> {
    const { opened } = (await this.#told()) as { opened?: unknown }
    return typeof opened === 'number' && opened >= 0 ? { count: opened, of: 'connections begun' } : null
  }

  async #told(): Promise<unknown> {
    const headers = { Authorization: `Bearer ${this.#token}` }
    const response = await fetch(this.name, { headers, redirect: 'error', signal: AbortSignal.timeout(WITHIN_MS) })
    const text = await response.text()
    if (response.status === 401) throw new Error(`${this.name} does not take the token of BREAKWATER_AGENT_TOKEN`)
    if (!response.ok || text.length > MOST_BYTES) throw new Error(`${this.name} answered ${response.status}`)
    return JSON.parse(text)
  }

  async slowQueries(): Promise<SlowQuery[]> {
    return []
  }

  async close(): Promise<void> {}
}

/** What another host says is looked at before it is believed. */
function samplesOf(told: unknown): Sample[] {
  const list = (told as { samples?: unknown } | null)?.samples
  if (!Array.isArray(list)) throw new Error('what answered is no agent: it told no samples')
  return (list as Partial<Sample>[]).flatMap(({ signal, value, detail }) =>
    typeof signal === 'string' && typeof detail === 'string' && typeof value === 'number' && value >= 0 && value <= 1
      ? [{ signal: signal.slice(0, 200), value, detail: detail.slice(0, 1000) }]
      : [],
  )
}
