// How long the site waited for a disk: the state of its threads, looked at twenty times a second. A fast disk that is asked
// for one write after the other is never busy by its own count, and yet all the site waits for.
import { list, read } from './proc.ts'

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
  /** By thread, as in `threadsOf`. */
  readonly #by = new Map<string, number>()

  /** `pids`: of the site, asked for at each look. Looks until it is closed; keeps no process alive. */
  constructor(pids: () => readonly number[]) {
    this.#pids = pids
    this.#timer = setInterval(() => this.#look(), EVERY_MS).unref()
  }

  /** The share of looks since the last call at which a thread waited for a disk, and at which each did. */
  take(): { any: number; of: ReadonlyMap<string, number> } {
    const looks = Math.max(1, this.#looks)
    const taken = { any: this.#stalled / looks, of: new Map([...this.#by].map(([id, times]) => [id, times / looks])) }
    this.#looks = this.#stalled = 0
    this.#by.clear()
    return taken
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    this.#looks++
    const stalled = this.#pids().flatMap(threadsOf).slice(0, MOST_THREADS).filter(isStalled)
    for (const id of stalled) this.#by.set(id, (this.#by.get(id) ?? 0) + 1)
    if (stalled.length > 0) this.#stalled++
  }
}

const threadsOf = (pid: number): string[] => list(`/proc/${pid}/task`).map(id => `${pid}/${id}`)

/** In uninterruptible sleep, or in a call that waits until all is on the disk. */
function isStalled(id: string): boolean {
  const thread = `/proc/${id.replace('/', '/task/')}`
  const state = read(`${thread}/stat`).split(') ').at(-1)?.[0]
  if (state === 'D') return true
  return state === 'S' && (SYNCS[process.arch] ?? []).includes(read(`${thread}/syscall`).split(' ')[0]!)
}
