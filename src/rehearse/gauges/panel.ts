// All gauges of a rehearsal: /proc of the site where it is on this machine, the shield before it, and the sources that were
// named. Read once a second; a source that is slow holds nobody up: its latest answer stands until the next.
import type { Sample, SlowQuery, Source } from '../sources/source.ts'
import { NetworkGauge } from './network.ts'
import { Gauges, type Reading, SiteGauges, UNSEEN } from './gauges.ts'

export interface PanelOptions {
  /** The port of the site. */
  port: number
  /** The port that visitors come to, where that is another: the shield's. */
  entrance: number
  sources: readonly Source[]
  /** Whether visitors come over a network, and not on this machine. */
  isFar?: boolean
}

export class Panel {
  readonly #site: SiteGauges | undefined
  readonly #shield: Gauges | undefined
  readonly #network: NetworkGauge | undefined
  readonly #sources: readonly Source[]
  readonly #latest = new Map<Source, Sample[]>()
  readonly #asking = new Set<Source>()
  /** Sources that could not be read, with why; told once each. */
  readonly faults = new Map<string, string>()

  constructor({ port, entrance, sources, isFar = false }: PanelOptions) {
    const site = new SiteGauges(port)
    this.#site = site.site.name === undefined ? undefined : site
    const shield = entrance === port ? undefined : new Gauges(entrance)
    this.#shield = shield?.name === undefined ? undefined : shield
    this.#network = isFar ? new NetworkGauge() : undefined
    this.#sources = sources
  }

  /** What the site's process is called; undefined when it is not seen from here. */
  get siteName(): string | undefined {
    return this.#site?.site.name
  }

  /** What has happened since it was last called; undefined when there is nothing to read. */
  read(): Reading | undefined {
    for (const source of this.#sources) void this.#ask(source)
    if (this.#site === undefined && this.#network === undefined && this.#sources.length === 0) return undefined
    const reading = this.#site?.read() ?? UNSEEN
    return {
      ...reading,
      samples: [...this.#latest.values()].flat().concat(this.#ofShield(), this.#network?.read() ?? []),
    }
  }

  /** By source. */
  async slowQueries(): Promise<{ source: string; queries: SlowQuery[] }[]> {
    const all = await Promise.all(
      this.#sources.map(async source => ({
        source: source.name,
        queries: await source.slowQueries().catch(() => []),
      })),
    )
    return all.filter(({ queries }) => queries.length > 0)
  }

  async close(): Promise<void> {
    this.#site?.close()
    this.#shield?.close()
    await Promise.all(this.#sources.map(source => source.close()))
  }

  async #ask(source: Source): Promise<void> {
    if (this.#asking.has(source)) return
    this.#asking.add(source)
    try {
      this.#latest.set(source, await source.read())
    } catch (error) {
      this.#latest.delete(source)
      this.faults.set(source.name, error instanceof Error ? error.message : String(error))
    } finally {
      this.#asking.delete(source)
    }
  }

  #ofShield(): Sample[] {
    if (this.#shield === undefined) return []
    const { threadWanted } = this.#shield.read()
    const detail = `the busiest thread of ${this.#shield.name}, which stands before the site, had work for ${Math.round(threadWanted * 100)}% of the time`
    return [{ signal: 'shield', value: threadWanted, detail }]
  }
}
