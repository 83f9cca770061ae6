// Looks at each second for what people should be told of, tells them, and lets somebody outside know that it still looks.

import type { CertificateKeeper } from '../../acme/keeper.ts'
import type { Config } from '../../config/types.ts'
import type { Log } from '../../threads/log.ts'
import { apdexOf } from '../audience.ts'
import { owedView } from '../../plan/view.ts'
import { post } from '../outward.ts'
import { lineStats, originsOf, reasonsOf } from '../stats.ts'
import type { Plan } from '../plan.ts'
import type { Sources } from '../stats.ts'
import { AlertBook } from './book.ts'
import type { Alert, News } from './book.ts'
import { Budget } from './burn.ts'
import type { Sight } from './conditions.ts'
import { nextSecond, quiet } from './onset.ts'
import { certificatesOf, journalSight, lostNodes, unprepared } from './sight.ts'
import { Sender } from './sender.ts'
import type { Message } from './sender.ts'

/** Seconds over which rates are told. */
const RECENT = 10
/** Milliseconds for which a thread that died is told of. */
const DIED_LATELY = 60_000
/** Milliseconds between two looks at the certificates. */
const CERTIFICATES_EVERY = 60_000

export interface WatchmanSources extends Sources {
  plan: Pick<Plan, 'planner' | 'failed'>
  /** Of names whose certificates are ordered. */
  certificates?: Pick<CertificateKeeper, 'states'>
}

export class Watchman {
  readonly #sources: WatchmanSources
  readonly #log: Log
  readonly #config: () => Config
  readonly #book = new AlertBook()
  readonly #budget = new Budget()
  readonly #sender: Sender
  readonly #keep: (news: News) => void
  readonly #recent: { requests: number; lost: number }[] = []
  readonly #restarts = new Map<string, number>()
  readonly #died: { name: string; at: number }[] = []
  #onset = quiet
  #looks = 0
  #beatAt = -Infinity
  #certificates: Sight['certificates'] = []
  #certificatesAt = -Infinity
  #isMissed = false

  /** `keep` hears what is told, for the history. */
  constructor(
    sources: WatchmanSources,
    config: () => Config,
    log: Log,
    keep: (news: News) => void = () => {},
    sender = new Sender(log),
  ) {
    this.#keep = keep
    this.#sources = sources
    this.#config = config
    this.#log = log
    this.#sender = sender
    this.#sender.configure(config())
  }

  configure(): void {
    this.#certificatesAt = -Infinity
    this.#sender.configure(this.#config())
  }

  /** To be called each second, after the board was read. */
  look(): void {
    const { sampler, clock } = this.#sources
    // The first look at the board finds all that was counted before, as if it had come in one second.
    if (this.#looks++ === 0) return this.#countRestarts()
    const requests = sampler.rate('begun') + sampler.rate('overConnections')
    const lost = ['shed', 'failed', 'cut', 'originFault', 'overConnections'] as const
    this.#recent.push({ requests, lost: lost.reduce((sum, name) => sum + sampler.rate(name), 0) })
    if (this.#recent.length > RECENT) this.#recent.shift()
    this.#budget.add(requests, this.#recent.at(-1)!.lost)
    this.#onset = nextSecond(this.#onset, requests)
    this.#countRestarts()
    this.#lookAtCertificates()
    if (this.#sources.state().phase === 'serving')
      this.#tell(this.#book.look(this.#sight(), clock.now(), this.#isPlanned))
    this.#beat()
  }

  /** What was kept of the last hours, before the first look. */
  remember(rows: Parameters<Budget['remember']>[0]): void {
    this.#budget.remember(rows, Math.floor(this.#sources.clock.now() / 1000))
  }

  /** For the dashboard and /api/alerts. */
  get told(): { active: Alert[]; past: Alert[]; channels: Sender['channels'] } {
    return { active: this.#book.active, past: this.#book.past, channels: this.#sender.channels }
  }

  /** Says a test on every channel, once; resolves with what went wrong where. */
  test(): ReturnType<Sender['test']> {
    return this.#sender.test(this.#message('test', { at: this.#sources.clock.now(), fired: [], resolved: [] }))
  }

  #tell(news: News | null): void {
    if (news === null) return
    for (const { name, text } of news.fired) this.#log('warn', 'alert', { name, text })
    for (const { name } of news.resolved) this.#log('info', 'alert-over', { name })
    this.#sender.say(this.#message('alert', structuredClone(news)))
    this.#keep(news)
  }

  #message(kind: Message['kind'], news: News): Message {
    return { kind, sites: this.#sources.sites().map(({ name }) => name), ...news }
  }

  get #isPlanned(): boolean {
    const now = this.#sources.clock.now()
    const isOn = this.#sources.plan.planner?.isOn ?? false
    return isOn || this.#config().alerts.planned.some(({ from, to }) => from <= now && now < to)
  }

  #sight(): Sight {
    const { audience, core, host, sites, state } = this.#sources
    const { disk } = host.figures
    const mean = (of: 'requests' | 'lost') =>
      this.#recent.reduce((sum, each) => sum + each[of], 0) / this.#recent.length
    const origins = originsOf(this.#sources)
    const copy = core.status?.status.copy
    return {
      requests: mean('requests'),
      lost: mean('lost'),
      onset: this.#onset,
      budget: this.#budget,
      objective: this.#config().alerts.objective,
      apdex: sites().map(({ name }) => ({ site: name, apdex: apdexOf(audience.recent(name)) })),
      origins,
      waiting: core.status?.status.queued ?? 0,
      limit: origins.reduce((sum, { limit }) => sum + limit, 0),
      diskFree: disk === null || disk.size === 0 ? null : disk.free / disk.size,
      died: this.#died.map(({ name }) => name),
      notReady: reasonsOf(this.#sources),
      copyOff: copy?.state === 'off' ? (copy.why ?? 'The copy is off.') : null,
      owed: (this.#sources.plan.planner?.owed ?? []).map(each => owedView(each).text),
      planFailed: this.#sources.plan.failed,
      configRefused: state().config.refused !== null,
      journal: journalSight(this.#sources),
      certificates: this.#certificates,
      lostNodes: lostNodes(this.#sources.core.status?.status.cluster),
      unprepared: unprepared(this.#sources.plan.planner, this.#sources.clock.now()),
      line: lineStats(this.#sources)?.share ?? null,
    }
  }

  #countRestarts(): void {
    const now = this.#sources.clock.monotonic()
    while (this.#died.length > 0 && now - this.#died[0]!.at > DIED_LATELY) this.#died.shift()
    for (const { role, slot, restarts } of this.#sources.state().threads) {
      const name = role === 'edge' ? `edge ${slot}` : role
      if (restarts > (this.#restarts.get(name) ?? restarts)) this.#died.push({ name, at: now })
      this.#restarts.set(name, restarts)
    }
  }

  /** Once a minute, and at once with a new config. */
  #lookAtCertificates(): void {
    const now = this.#sources.clock.monotonic()
    if (now - this.#certificatesAt < CERTIFICATES_EVERY) return
    this.#certificatesAt = now
    this.#certificates = certificatesOf(this.#config(), this.#sources.clock.now(), this.#sources.certificates?.states)
  }

  /** Only while visitors can be served: a process that cannot should be missed. */
  #beat(): void {
    const { url, every } = this.#config().alerts.heartbeat
    const now = this.#sources.clock.monotonic()
    if (url === undefined || now - this.#beatAt < every || reasonsOf(this.#sources).length > 0) return
    this.#beatAt = now
    post(url, '').then(
      () => (this.#isMissed = false),
      (error: unknown) => {
        if (!this.#isMissed) this.#log('warn', 'heartbeat-not-taken', { error })
        this.#isMissed = true
      },
    )
  }
}
