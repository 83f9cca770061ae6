// The ticket office's workers: each makes one page at a time, and requests wait in line for one that is idle.
import { Worker } from 'node:worker_threads'
import type { Answered, Wanted } from './worker.ts'

export class Workers {
  readonly #all: Worker[]
  readonly #idle: Worker[]
  readonly #line: { wanted: Wanted; done: (answered: Answered) => void }[] = []

  constructor(count: number, folder: string) {
    const file = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)
    this.#all = Array.from({ length: count }, () => new Worker(file, { workerData: folder }))
    this.#idle = [...this.#all]
  }

  ask(wanted: Wanted): Promise<Answered> {
    return new Promise(done => {
      this.#line.push({ wanted, done })
      this.#work()
    })
  }

  end(): void {
    for (const worker of this.#all) void worker.terminate()
  }

  #work(): void {
    const worker = this.#line.length === 0 ? undefined : this.#idle.pop()
    if (worker === undefined) return
    const { wanted, done } = this.#line.shift()!
    worker.once('message', (answered: Answered) => {
      this.#idle.push(worker)
      done(answered)
      this.#work()
    })
    worker.postMessage(wanted)
  }
}
