// Finds the wall of a site: the highest rate that keeps the SLO for a minute; then goes beyond it, to see whether the site
// bends or collapses, and waits until it is itself again. At most eight minutes, and never two levels without a rest.
import type { Panel } from '../gauges/panel.ts'
import { LOST_AFTER_MS } from '../job.ts'
import type { LoadOptions } from '../options.ts'
import { meanOfAll } from '../journey/journey.ts'
import { recovered } from './recovery.ts'
import { isGeneratorsFault, type Level, type Plan, playLevel, type Tell } from './level.ts'
import { LOSSES, type Loss } from '../tally.ts'
import { Search, type Trial } from './search.ts'
import { HOLD_SECONDS, type Slo } from './slo.ts'

export interface WallOptions {
  /** The crowd, whatever its rate. */
  crowd: Omit<LoadOptions, 'shape' | 'seconds'>
  /** Asked between levels: a page of the site. */
  page: string
  slo: Slo
  /** Seconds of a level of each stage, and of the whole search. */
  doublingSeconds?: number
  levelSeconds?: number
  holdSeconds?: number
  beyondSeconds?: number
  withinSeconds?: number
  gauges: Pick<Panel, 'read'> | undefined
  tell: Tell
}

/** What was seen. */
export interface Seen {
  levels: Level[]
  search: Search
  /** The level beyond the wall, and seconds from its end until the site was itself again (undefined: not seen). */
  beyond: Level | undefined
  recoverySeconds: number | undefined
  /** Why it ended before it knew, in a sentence. */
  cut: string | undefined
  /** Why it could not go higher though the site held, in a sentence: the generator itself was at its end. */
  ceiling: string | undefined
}

const DOUBLING_SECONDS = 5
const LEVEL_SECONDS = 8
const BASELINE_SECONDS = 3
const BASELINE_RATE = 4
const BEYOND_SECONDS = 10
const BEYOND = 1.5
const REST_SECONDS = 15
const RECOVERY_SECONDS = 60
/** Eight minutes for all of it. */
const WITHIN_SECONDS = 480
/** What a level may take beside its own seconds: its last visitors (10 s), and the rest after it. */
const TAIL_SECONDS = LOST_AFTER_MS / 1000 + REST_SECONDS
/** Kept for the level beyond, its last visitors, and some of the recovery, which is looked at as long as there is time. */
const RESERVED_SECONDS = BEYOND_SECONDS + LOST_AFTER_MS / 1000 + 20

export async function findWall(options: WallOptions, signal: AbortSignal): Promise<Seen> {
  return await new Finder(options, signal).run()
}

const WORDS: Record<Loss, string> = {
  timeout: 'none came within 10 s',
  status: 'it answered with errors',
  refused: 'nobody takes connections there',
  closed: 'it closed the connections',
  malformed: 'what it answered is no HTTP',
  content: 'its pages are not what is expected',
}

/** By far the most frequent reason, in words. */
const whyLost = (by: Record<Loss, number>): string => WORDS[LOSSES.toSorted((a, b) => by[b] - by[a])[0]!]

class Finder {
  readonly #options: WallOptions
  readonly #signal: AbortSignal
  readonly #started = performance.now()
  readonly #levels: Level[] = []
  #usualMs = 0
  #cut: string | undefined
  #ceiling: string | undefined

  constructor(options: WallOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  async run(): Promise<Seen> {
    const base = await this.#play({ stage: 'baseline', rate: BASELINE_RATE, seconds: BASELINE_SECONDS, mayEnd: false })
    this.#usualMs = base.result.latencyMs.p50
    if (base.result.good === 0 && base.result.lost > 0)
      this.#cut = `the site gave no good answer even at ${BASELINE_RATE} visitors a second: ${whyLost(base.result.lostBy)}`
    // Half of what a site could do that answers one request at a time.
    const start = this.#usualMs <= 0 ? 1 : Math.min(400, Math.max(1, 500 / this.#usualMs))
    const search = new Search(start)
    while (search.next !== undefined && this.#cut === undefined) await this.#try(search, search.next)
    if (this.#signal.aborted) this.#cut = 'it was stopped'
    const { beyond, recoverySeconds } = await this.#goBeyond(search)
    return { levels: this.#levels, search, beyond, recoverySeconds, cut: this.#cut, ceiling: this.#ceiling }
  }

  async #try(search: Search, trial: Trial): Promise<void> {
    const {
      doublingSeconds = this.#lengthOf('doubling'),
      levelSeconds = this.#lengthOf('bisection'),
      holdSeconds = HOLD_SECONDS,
    } = this.#options
    const seconds = { doubling: doublingSeconds, bisection: levelSeconds, holding: holdSeconds }[trial.stage]
    const isTime = (): boolean => this.#left >= seconds + TAIL_SECONDS + RESERVED_SECONDS
    if (!isTime()) {
      this.#cut = search.held > 0 ? undefined : 'there was no time left to hold a rate'
      return search.held > 0 ? search.stop() : undefined
    }
    let level = await this.#play({ ...trial, seconds, mayEnd: true })
    if (isGeneratorsFault(level) && !this.#signal.aborted && isTime())
      level = await this.#play({ ...trial, seconds, mayEnd: true })
    if (this.#signal.aborted) this.#cut = 'it was stopped'
    else if (isGeneratorsFault(level)) this.#endOfGenerator(search, trial, level)
    else search.took(trial, level.miss === undefined)
  }

  #endOfGenerator(search: Search, trial: Trial, { result }: Level): void {
    const why = `at ${trial.rate.toFixed(1)} a second ${result.faults.join('; ')}`
    search.cannot(trial)
    if (search.next === undefined && search.held === 0) this.#cut = why
    else this.#ceiling ??= why
  }

  async #play(plan: Plan): Promise<Level> {
    const { crowd, slo, gauges, tell, page } = this.#options
    const seed = (crowd.seed ?? 0) + 1000 * this.#levels.length
    const level = await playLevel(plan, { ...crowd, seed }, slo, gauges, tell, this.#signal)
    this.#levels.push(level)
    if (this.#usualMs > 0 && plan.stage !== 'beyond') await recovered(page, this.#usualMs, REST_SECONDS, this.#signal)
    return level
  }

  async #goBeyond(search: Search): Promise<Pick<Seen, 'beyond' | 'recoverySeconds'>> {
    const none = { beyond: undefined, recoverySeconds: undefined }
    if (this.#signal.aborted || search.held === 0 || search.interval[1] === Infinity) return none
    const { beyondSeconds: seconds = BEYOND_SECONDS } = this.#options
    const beyond = await this.#play({ stage: 'beyond', rate: BEYOND * search.held, seconds, mayEnd: false })
    // The last views of it have ended by now, one way or the other: that, too, is time until the site is itself again.
    const draining = Math.max(0, beyond.result.seconds - seconds)
    const most = Math.max(0, Math.min(RECOVERY_SECONDS, this.#left))
    const rest = await recovered(this.#options.page, this.#usualMs, most, this.#signal)
    return { beyond, recoverySeconds: rest === undefined ? undefined : draining + rest }
  }

  /** Visitors on a journey are all there only when the first of them are through with it. */
  #lengthOf(stage: 'doubling' | 'bisection'): number {
    const journey = meanOfAll(this.#options.crowd.journeys ?? []).thinkMs / 1000
    if (stage === 'doubling') return Math.max(DOUBLING_SECONDS, Math.min(20, Math.ceil(1.5 * journey)))
    return Math.max(LEVEL_SECONDS, Math.min(30, Math.ceil(2 * journey)))
  }

  get #left(): number {
    return (this.#options.withinSeconds ?? WITHIN_SECONDS) - (performance.now() - this.#started) / 1000
  }
}
