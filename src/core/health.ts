// Whether one origin works: found out from what visitors' requests met there, and by probes. Two judgements: `down` means
// that it answers nobody, after so many failures in a row; `ailing` means that most of what it answers is an error. A state
// machine over counts and the time; sending probes and reading the board is for others.

import type { Ended } from './ledger.ts'
import { Streak } from './streak.ts'
import type { Failures } from './streak.ts'

export interface HealthSettings {
  /** What probes ask for; undefined means probes only while it is down. */
  path: string | undefined
  /** Milliseconds between two probes. */
  every: number
  timeout: number
  /** Failures in a row after which it is down. */
  unhealthyAfter: number
  /** Successes in a row after which it is up again. */
  healthyAfter: number
}

/** While down it is probed at least so often, so that it is back within seconds: 2 s and healthyAfter 2 make 4 s. */
const DOWN_EVERY = 2_000
/** A probe whose end nobody told is forgotten so long after its time-out: its edge has died. */
const PROBE_GRACE = 1_000
/** Milliseconds between two looks at the board. */
const LOOK = 250
/** The share of errors is taken over so many looks: 10 s. */
const WINDOW = 40
/** With fewer answers in the window their share says nothing. */
const LEAST_ANSWERS = 10
/** It ails at half errors, and until fewer than a quarter are. */
const AILING_FROM = 0.5
const AILING_UNTIL = 0.25

export class Health {
  settings: HealthSettings
  state: 'up' | 'down' = 'up'
  /** When it came up again (monotonic), or null while it has never been down. */
  recoveredAt: number | null = null
  #isAiling = false
  /** Why it is as it is, since it last changed. */
  why = ''
  readonly #failures = new Streak()
  #successes = 0
  #before: Ended | null = null
  readonly #answers = new Float64Array(WINDOW)
  readonly #errors = new Float64Array(WINDOW)
  #look = 0
  #answeredAt = -Infinity
  #nextProbe = 0
  #probeUntil: number | null = null

  constructor(settings: HealthSettings) {
    this.settings = settings
  }

  /** Stale responses should stand in for it. */
  get isAiling(): boolean {
    return this.#isAiling || this.state === 'down'
  }

  /** Looks at the sums on the board again, each 250 ms. Returns how many requests have ended since the last look. */
  watch(ended: Ended, now: number): number {
    const before = this.#before ?? ended
    this.#before = ended
    // Sums wrap at 2^32; so does their difference, the right way round.
    const since = (word: keyof Ended): number => (ended[word] - before[word]) >>> 0
    const answered = since('good') + since('bad')
    const failed = since('timeouts') + since('resets')
    this.#window(answered + failed, failed + since('bad'))
    // In which order they ended is not known, so one answer among failures counts as a sign of life.
    if (answered > 0) {
      this.#answeredAt = now
      this.#succeeded(answered, now)
      return answered + failed
    }
    // A request that timed out was sent long ago. Where others were answered meanwhile, it is the page that is slow.
    const isSlowOnly = now - this.#answeredAt < WINDOW * LOOK
    this.#failed({ resets: since('resets'), timeouts: isSlowOnly ? 0 : since('timeouts') })
    return failed
  }

  /** A probe has ended; `error` tells what it met where it failed. */
  probed(ok: boolean, error: string, now: number): void {
    this.#probeUntil = null
    if (ok) this.#succeeded(1, now)
    else this.#failed({ probes: 1 }, error)
  }

  /** Should a probe be sent now? Says so once, then not before the next is due. */
  probeDue(now: number): boolean {
    const { path, every, timeout } = this.settings
    if (path === undefined && this.state === 'up') return false
    if (this.#probeUntil !== null && now < this.#probeUntil) return false
    if (now < this.#nextProbe) return false
    this.#nextProbe = now + (this.state === 'down' ? Math.min(every, DOWN_EVERY) : every)
    this.#probeUntil = now + timeout + PROBE_GRACE
    return true
  }

  #succeeded(times: number, now: number): void {
    this.#failures.clear()
    this.#successes += times
    if (this.state === 'up' || this.#successes < this.settings.healthyAfter) return
    this.state = 'up'
    this.why = `it answered ${this.#successes} in a row, requests or probes`
    this.recoveredAt = now
    this.#answers.fill(0)
    this.#errors.fill(0)
    this.#isAiling = false
  }

  #failed(more: Partial<Failures>, error = ''): void {
    const before = this.#failures.length
    this.#failures.add(more, error)
    if (this.#failures.length === before) return
    this.#successes = 0
    if (this.state === 'down' || this.#failures.length < this.settings.unhealthyAfter) return
    this.state = 'down'
    this.why = this.#failures.text
  }

  #window(answers: number, errors: number): void {
    this.#answers[this.#look] = answers
    this.#errors[this.#look] = errors
    this.#look = (this.#look + 1) % WINDOW
    const all = this.#answers.reduce((sum, n) => sum + n, 0)
    const failed = this.#errors.reduce((sum, n) => sum + n, 0)
    const isAiling = all >= LEAST_ANSWERS && failed / all >= (this.#isAiling ? AILING_UNTIL : AILING_FROM)
    if (isAiling !== this.#isAiling && this.state === 'up')
      this.why = `${failed} of ${all} requests in the last ten seconds were answered with an error or not at all`
    this.#isAiling = isAiling
  }
}
