// Runs one crowd against one site: starts the workers, reads their tallies every second, says at the end whether the run
// is worth anything. Bounded in time, rate and connections (options.ts), and stopped at any moment by its signal.
import { startCrew, stopCrew } from './crew.ts'
import { jobsOf, type LoadOptions } from './options.ts'
import { faultsOf, type Figures, figuresOf } from './report.ts'
import type { ArrivalProcess } from './schedule.ts'
import { type RouteFigures, routeFigures } from './routes.ts'
import { type Second, watch } from './watch.ts'

export interface LoadResult extends Figures {
  target: string
  process: ArrivalProcess
  seed: number
  /** False when the run says nothing about the site; `faults` says why. */
  valid: boolean
  faults: string[]
  /** What journeys did not find on the site's pages: the first few, in sentences. */
  notes: string[]
  /** How each route answered, the slowest first; the first MOST_ROUTES_TOLD. */
  routes: RouteFigures[]
  /** Whether the signal ended it before its schedule did. */
  stopped: boolean
}

export interface LoadRun {
  /** A snapshot each second; for one reader. */
  seconds: AsyncIterable<Second>
  /** Settles when every worker has ended, whether `seconds` is read or not. Rejects when a worker broke down. */
  result: Promise<LoadResult>
}

/** More nobody reads. */
const MOST_ROUTES_TOLD = 20

/** Starts a run. Rejects with TargetRefused or RangeError before anything is sent; ends early when `signal` aborts. */
export async function runLoad(options: LoadOptions, signal?: AbortSignal): Promise<LoadRun> {
  const jobs = await jobsOf(options)
  const crews = jobs.map(startCrew)
  const stop = (): void => crews.forEach(crew => void stopCrew(crew))
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  const seconds = new SecondsStream()
  const result = watch(crews, second => seconds.push(second)).then(({ total, lasted, busiest }): LoadResult => {
    seconds.end()
    const faults = faultsOf(total, busiest)
    const { process, seed } = jobs[0]!
    const figures = figuresOf(total, lasted, busiest)
    const stopped = signal?.aborted ?? false
    const notes = crews.flatMap(crew => crew.notes)
    const routes = routeFigures(crews.map(crew => crew.routes)).slice(0, MOST_ROUTES_TOLD)
    return {
      target: options.target,
      process,
      seed,
      valid: faults.length === 0,
      faults,
      notes,
      routes,
      stopped,
      ...figures,
    }
  })
  result.catch(error => seconds.fail(error)).finally(() => signal?.removeEventListener('abort', stop))
  return { seconds: seconds.readable, result }
}

/** Seconds on their way to a reader who may come late or leave early; at most as many as a run has. */
class SecondsStream {
  readonly readable: ReadableStream<Second>
  #controller!: ReadableStreamDefaultController<Second>
  #open = true

  constructor() {
    this.readable = new ReadableStream<Second>({
      start: controller => void (this.#controller = controller),
      cancel: () => void (this.#open = false),
    })
  }

  push(second: Second): void {
    if (this.#open) this.#controller.enqueue(second)
  }

  end(): void {
    if (this.#open) this.#controller.close()
  }

  fail(error: unknown): void {
    if (this.#open) this.#controller.error(error)
  }
}
