// Tells the dashboard of the shield how far a rehearsal is: a small file in the data directory, written anew each second.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../../base/whole-file.ts'
import type { Clock } from '../../base/clock.ts'
import type { Reading } from '../../rehearse/gauges/gauges.ts'
import type { Second } from '../../rehearse/watch.ts'
import { MOST_SECONDS, type Progress, REHEARSAL_FILE, type RehearsedSecond } from '../../watch/rehearsal.ts'
import { fullestOf } from './screen.ts'

/** The part of a rehearsal that a second belongs to. */
export interface Part {
  stage: string
  /** Arrivals a second; undefined where they change. */
  rate: number | undefined
  seconds: number
}

export class Teller {
  readonly #data: string | undefined
  readonly #target: string
  readonly #clock: Clock
  readonly #seconds: RehearsedSecond[] = []
  #told: Progress | undefined

  /** Without a data directory it tells nobody. */
  constructor(data: string | undefined, target: string, clock: Clock) {
    this.#data = data
    this.#target = target
    this.#clock = clock
  }

  second({ stage, rate, seconds: of }: Part, second: Second, reading: Reading | undefined): void {
    const { planned, good, lost, latencyMs } = second
    const p95Ms = good + lost === 0 ? null : Math.round(latencyMs.p95)
    this.#seconds.push({ rate: Math.round((rate ?? planned) * 10) / 10, asked: planned, good, lost, p95Ms })
    if (this.#seconds.length > MOST_SECONDS) this.#seconds.shift()
    const fullest = fullestOf(reading) ?? null
    this.#write({ target: this.#target, fullest, stage, second: second.second, of, seconds: this.#seconds, found: null, at: this.#clock.now() }) // prettier-ignore
  }

  /** What came of it, in a sentence. */
  end(found: string): void {
    if (this.#told !== undefined) this.#write({ ...this.#told, found, at: this.#clock.now() })
  }

  /** The dashboard is a courtesy: where the file cannot be written, the rehearsal goes on. */
  #write(told: Progress): void {
    this.#told = told
    if (this.#data === undefined) return
    const file = join(this.#data, REHEARSAL_FILE)
    try {
      mkdirSync(this.#data, { recursive: true, mode: 0o700 })
      replaceFile(file, JSON.stringify(told), { mode: 0o600 })
    } catch {
      // Nobody looks, then.
    }
  }
}
