// Starts worker threads, each from its own script, in the form in which this program itself runs: TypeScript from a
// checkout, JavaScript from the npm package. The heap is bounded, so that one thread that runs out of memory dies alone.

import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { Birth, Order, Report } from './messages.ts'

/** Lines longer than this from a thread's stdout or stderr are cut. */
const LINE_LENGTH = 8192

/** The main script of a role: src/<role>/main.ts, or its compiled twin. */
export function scriptOf(role: Birth['role']): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`../${role}/main.${extension}`, import.meta.url)
}

/** Why a thread is no more. */
export interface Death {
  exitCode: number
  /** What it threw, where it threw. System errors keep `code`, `syscall`, `address` and `port` on their way here. */
  error: Error | undefined
}

export interface Listener {
  report(report: Report): void
  /** A line that the thread, or a library in it, wrote past the logger. */
  said(line: string): void
  /** Comes once, last. */
  died(death: Death): void
}

/** A running thread, as its supervisor holds it. */
export interface Thread {
  order(order: Order, transfer?: MessagePort[]): void
  /** Ends it at once; `died` follows. */
  terminate(): void
}

/**
 * A heap that begins small is collected whole each time a few megabytes of buffers have gone through it: where it begins with
 * 64 MiB, an edge does so once in 1,200 pages of 8 KiB that it passes through, each time at the price of hundreds of them; with
 * 85 MiB not once in 25,000 (`node --trace-gc`). So it begins with this share of its bound. And V8 must not guess that what is made
 * for each request lives long (pretenuring): it outlives one collection now and then, none twice.
 */
const FIRST_SHARE = 1 / 6

/** Starts a thread. `heapMiB` bounds its old generation, where all that lasts lives. */
export function spawnThread(script: URL, birth: Birth, heapMiB: number, listener: Listener): Thread {
  // Read when an isolate is made, so it holds for the threads and not for this one.
  setFlagsFromString('--no-allocation-site-pretenuring')
  setFlagsFromString(`--initial-old-space-size=${Math.round(heapMiB * FIRST_SHARE)}`)
  const worker = new Worker(script, {
    name: `${birth.role} ${birth.slot}`,
    workerData: birth,
    transferList: birth.core === null ? [] : [birth.core],
    resourceLimits: { maxOldGenerationSizeMb: heapMiB },
    stdout: true,
    stderr: true,
  })
  let error: Error | undefined
  worker.on('message', (report: Report) => listener.report(report))
  worker.on('error', (thrown: unknown) => (error = thrown instanceof Error ? thrown : new Error(String(thrown))))
  worker.on('exit', exitCode => listener.died({ exitCode, error }))
  for (const stream of [worker.stdout, worker.stderr]) eachLine(stream, line => listener.said(line))
  return {
    order: (order, transfer = []) => worker.postMessage(order, transfer),
    terminate: () => void worker.terminate(),
  }
}

/** Death in one line, for logs and people. */
export function deathText({ exitCode, error }: Death): string {
  if (error === undefined) return `it ended with code ${exitCode}`
  const code = 'code' in error ? error.code : undefined
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return 'it ran out of memory'
  return `${error.name}: ${error.message}`
}

function eachLine(stream: NodeJS.ReadableStream, say: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!.slice(0, LINE_LENGTH)
    for (const line of lines) if (line.trim() !== '') say(line.slice(0, LINE_LENGTH))
  })
  stream.on('end', () => (rest.trim() === '' ? undefined : say(rest)))
}
