// Finds the wall of a site: the highest rate that keeps the SLO for a minute; then goes beyond it, to see whether the site
// bends or collapses, and waits until it is itself again. At most eight minutes, and never two levels without a rest.
import type { Panel } from '../gauges/panel.ts'
import { LOST_AFTER_MS } from '../job.ts'
import type { LoadOptions } from '../options.ts'
import { meanOfAll } from '../journey/journey.ts'
import { recovered, usualMs } from './recovery.ts'
import { isGeneratorsFault, type Level, mostLostBy, type Plan, playLevel, type Tell, wentDown } from './level.ts'
import type { Loss } from '../tally.ts'
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
  /** Seconds that a site which went down has to come back. */
  goneSeconds?: number
  gauges: Pick<Panel, 'read'> | undefined
  tell: Tell
  /** While the site is waited for that is not itself again: after so many seconds, each few. */
  onWait?: (seconds: number) => void
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
  /** That the site went down under a level, or was not itself again after it, in a sentence. */
  gone: string | undefined
  /** Why it could not go higher though the site held, in a sentence: the generator itself was at its end. */
  ceiling: string | undefined
}

const DOUBLING_SECONDS = 5
const LEVEL_SECONDS = 8
const BASELINE_SECONDS = 3
const BASELINE_RATE = 4
const BEYOND_SECONDS = 10
const BEYOND = 1.5
/** What a rest is reckoned to take. It may take longer, since many a site works on for visitors who have gone. */
const REST_SECONDS = 15
/** After one that took so long there is no time for many. */
const COSTLY_SECONDS = 60
const RECOVERY_SECONDS = 60
/** Who runs a site has it begin anew where anybody does, and the slowest runtimes are there within a minute. */
const GONE_SECONDS = 60
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

function toldAs(level: Level, seconds: number): string {
  const at = `${level.rate.toFixed(1)} a second`
  return wentDown(level)
    ? `the site went down at ${at} and was not back after ${seconds} s: ${WORDS[mostLostBy(level.result.lostBy)]}`
    : `the site was not itself again ${seconds} s after ${at}`
}

class Finder {
  readonly #options: WallOptions
  readonly #signal: AbortSignal
  readonly #started = performance.now()
  readonly #levels: Level[] = []
  #usualMs = 0
  /** Seconds that the site took to be itself again after the last level. */
  #rested = 0
  #cut: string | undefined
  #ceiling: string | undefined
  #gone: string | undefined

  constructor(options: WallOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  async run(): Promise<Seen> {
    const base = await this.#play({ stage: 'baseline', rate: BASELINE_RATE, seconds: BASELINE_SECONDS, mayEnd: false })
    if (base.result.good > 0) this.#usualMs = await usualMs(this.#options.page, this.#signal)
    else if (base.result.lost > 0)
      this.#cut = `the site gave no good answer even at ${BASELINE_RATE} visitors a second: ${WORDS[mostLostBy(base.result.lostBy)]}`
    // Half of what a site could do that answers one request at a time.
    const { p50 } = base.result.latencyMs
    const start = p50 <= 0 ? 1 : Math.min(400, Math.max(1, 500 / p50))
    const search = new Search(start)
    while (search.next !== undefined && this.#cut === undefined) await this.#try(search, search.next)
    if (this.#signal.aborted) this.#cut = 'it was stopped'
    const { beyond, recoverySeconds } = await this.#goBeyond(search)
    const ends = { cut: this.#cut, gone: this.#gone, ceiling: this.#ceiling }
    return { levels: this.#levels, search, beyond, recoverySeconds, ...ends }
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
    else search.took(trial, level.miss === undefined, level.result.good / level.result.seconds)
    if (this.#rested > COSTLY_SECONDS) search.hurry()
    if (this.#gone !== undefined) search.stop()
  }

  #endOfGenerator(search: Search, trial: Trial, { result }: Level): void {
    const why = `at ${trial.rate.toFixed(1)} a second ${result.faults.join('; ')}`
    search.cannot(trial)
    if (search.next === undefined && search.held === 0) this.#cut = why
    else this.#ceiling ??= why
  }

  async #play(plan: Plan): Promise<Level> {
    const { crowd, slo, gauges, tell } = this.#options
    const seed = (crowd.seed ?? 0) + 1000 * this.#levels.length
    const level = await playLevel(plan, { ...crowd, seed }, slo, gauges, tell, this.#signal)
    this.#levels.push(level)
    if (this.#usualMs > 0 && plan.stage !== 'beyond') await this.#rest(level)
    return level
  }

  /** As long as there is time to hold a rate afterwards. */
  async #rest(level: Level): Promise<void> {
    const { goneSeconds = GONE_SECONDS, holdSeconds = HOLD_SECONDS } = this.#options
    const most = Math.max(REST_SECONDS, this.#left - holdSeconds - TAIL_SECONDS - RESERVED_SECONDS)
    this.#rested = (await this.#recovered(level, wentDown(level) ? goneSeconds : most)) ?? most
  }

  /** Seconds until the site was itself again after this level; undefined where it was not within `most`. */
  async #recovered(level: Level, most: number): Promise<number | undefined> {
    const seconds = Math.max(0, Math.min(most, this.#left))
    const { page, onWait = () => {} } = this.#options
    const rest = await recovered(page, this.#usualMs, seconds, this.#signal, onWait)
    if (rest === undefined && !this.#signal.aborted) this.#gone = toldAs(level, Math.round(seconds))
    return rest
  }

  async #goBeyond(search: Search): Promise<Pick<Seen, 'beyond' | 'recoverySeconds'>> {
    const none = { beyond: undefined, recoverySeconds: undefined }
    const isUp = !this.#signal.aborted && this.#gone === undefined
    if (!isUp || search.held === 0 || search.interval[1] === Infinity) return none
    const { beyondSeconds: seconds = BEYOND_SECONDS } = this.#options
    const beyond = await this.#play({ stage: 'beyond', rate: BEYOND * search.held, seconds, mayEnd: false })
    // The last views of it have ended by now, one way or the other: that, too, is time until the site is itself again.
    const draining = Math.max(0, beyond.result.seconds - seconds)
    const rest = await this.#recovered(beyond, RECOVERY_SECONDS)
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
