// How long the site waited for a disk: the state of its threads, looked at twenty times a second. A fast disk that is asked
// for one write after the other is never busy by its own count, and yet all the site waits for.
import { readdirSync } from 'node:fs'
import { read } from './proc.ts'

/** 50 ms apart: twenty looks a second, each a few file reads of the kernel's for each thread. */
const EVERY_MS = 50
/** Of one site no more threads are looked at: 64 × 20 reads of some 10 µs are 1% of a core. */
const MOST_THREADS = 64

/** fsync and fdatasync, as the kernel numbers them on x86-64 and on arm64. */
const SYNCS: Record<string, readonly string[]> = { x64: ['74', '75'], arm64: ['82', '83'] }

export class Stalls {
  readonly #pids: () => readonly number[]
  readonly #timer: NodeJS.Timeout
  #looks = 0
  #stalled = 0

  /** `pids`: of the site, asked for at each look. Looks until it is closed; keeps no process alive. */
  constructor(pids: () => readonly number[]) {
    this.#pids = pids
    this.#timer = setInterval(() => this.#look(), EVERY_MS).unref()
  }

  /** The share of looks since the last call at which a thread waited for a disk. */
  take(): number {
    const share = this.#looks === 0 ? 0 : this.#stalled / this.#looks
    this.#looks = this.#stalled = 0
    return share
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    this.#looks++
    const threads = this.#pids().flatMap(threadsOf).slice(0, MOST_THREADS)
    if (threads.some(isStalled)) this.#stalled++
  }
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(id => `/proc/${pid}/task/${id}`)
  } catch {
    return [] // it has gone
  }
}

/** In uninterruptible sleep, or in a call that waits until all is on the disk. */
function isStalled(thread: string): boolean {
  const state = read(`${thread}/stat`).split(') ').at(-1)?.[0]
  if (state === 'D') return true
  return state === 'S' && (SYNCS[process.arch] ?? []).includes(read(`${thread}/syscall`).split(' ')[0]!)
}
