// Looks at a run from outside while its workers play: every second what was counted in it, and the workers' own CPU.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Crew } from './crew.ts'
import { type Figures, figuresOf } from './report.ts'
import { Tally } from './tally.ts'

/** One second of the run. Percentiles are of the views that ended in it. */
export interface Second extends Figures {
  /** Which second, from 1. */
  second: number
}

/** Seconds in a row over which the generator's CPU is judged: a single one may be a garbage collection. */
const CPU_WINDOW = 3

interface Watched {
  total: Tally
  /** Seconds. */
  lasted: number
  /** Highest share of a core that one worker used over CPU_WINDOW seconds. */
  busiest: number
}

/** Tells of every second until all workers have ended. */
export async function watch(crews: Crew[], tell: (second: Second) => void): Promise<Watched> {
  const ended = Promise.all(crews.map(crew => crew.ended)).then(() => true)
  const started = performance.now()
  const cpu = new CpuWindow(crews)
  let before = new Tally()
  let at = started
  for (let second = 1; ; second++) {
    const tick = sleep(Math.max(0, started + second * 1000 - performance.now()), false, { ref: false })
    const last = await Promise.race([ended, tick])
    const now = performance.now()
    const total = totalOf(crews)
    const lasted = (now - at) / 1000
    tell({ second, ...figuresOf(total.since(before), lasted, cpu.next(lasted)) })
    if (last) return { total, lasted: (now - started) / 1000, busiest: cpu.busiest }
    before = total
    at = now
  }
}

const totalOf = (crews: Crew[]): Tally => crews.reduce((sum, crew) => sum.merge(crew.tally), new Tally())

/** Follows what share of a core each worker uses. */
class CpuWindow {
  busiest = 0
  readonly #crews: Crew[]
  /** Of the last seconds: how long each was, and the CPU (ms) each worker had used at its end. */
  readonly #marks: { lasted: number; cpuMs: number[] }[]

  constructor(crews: Crew[]) {
    this.#crews = crews
    this.#marks = [{ lasted: 0, cpuMs: crews.map(() => 0) }]
  }

  /** The busiest worker's share in the second that has just ended and lasted `lasted` seconds. */
  next(lasted: number): number {
    this.#marks.push({ lasted, cpuMs: this.#crews.map(crew => crew.tally.get('cpuMs')) })
    if (this.#marks.length > CPU_WINDOW + 1) this.#marks.shift()
    this.busiest = Math.max(this.busiest, this.#share(0))
    return this.#share(this.#marks.length - 2)
  }

  #share(from: number): number {
    const first = this.#marks[from]!
    const last = this.#marks.at(-1)!
    const ms = this.#marks.slice(from + 1).reduce((sum, mark) => sum + mark.lasted * 1000, 0)
    const used = last.cpuMs.map((cpu, i) => cpu - first.cpuMs[i]!)
    return ms < 1 ? 0 : Math.max(...used) / ms
  }
}
