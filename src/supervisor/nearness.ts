// What is near its bound before it is reached: open files, and connections that the kernel has made and nobody has accepted yet.
// Both are read from /proc, so it is known on Linux alone; elsewhere nothing is said.

import { open, readFile, readdir } from 'node:fs/promises'

/** From this share of a bound on it is near, and until it is below the lower one it stays so. */
const NEAR = 0.8
const FAR = 0.6
/** Listening sockets stand at the beginning of /proc/net/tcp; this holds some 400 of them. */
const LOOKED_AT = 64 * 1024
/** What an edge asks for (edge/listeners.ts); the kernel grants no more than net.core.somaxconn. */
const BACKLOG = 4096
const LISTENING = '0A'

/** Files that this process has open; undefined where the system does not tell. */
export async function openFiles(): Promise<number | undefined> {
  const files = await readdir('/proc/self/fd').catch(() => undefined)
  return files?.length
}

/** Connections that wait to be accepted on these ports, in the queue that is fullest; undefined where the system does not tell. */
export async function acceptQueue(ports: ReadonlySet<number>): Promise<number | undefined> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(beginningOf))
  if (tables.every(table => table === undefined)) return undefined
  return Math.max(0, ...tables.flatMap(table => waitingIn(table ?? '', ports)))
}

/** How many may wait in one queue. */
export async function acceptBound(): Promise<number> {
  const allowed = Number(await readFile('/proc/sys/net/core/somaxconn', 'utf8').catch(() => BACKLOG))
  return Math.min(BACKLOG, allowed || BACKLOG)
}

async function beginningOf(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LOOKED_AT))
    return buffer.toString('latin1', 0, bytesRead)
  } catch {
    return undefined
  }
}

/** Of each listening socket on one of the ports, how many wait (proc_pid_net(5): its rx_queue, in hexadecimal). */
export function waitingIn(table: string, ports: ReadonlySet<number>): number[] {
  return table.split('\n').flatMap(line => {
    const [, local = '', , state, queues = ''] = line.trim().split(/\s+/)
    const port = Number.parseInt(local.split(':')[1] ?? '', 16)
    return state === LISTENING && ports.has(port) ? [Number.parseInt(queues.split(':')[1] ?? '0', 16)] : []
  })
}

/** Remembers whether something was near its bound, so that each approach is told once. */
export class Nearness {
  #isNear = false

  /** `near` and `far` when it has just become so; undefined while nothing changes. */
  look(now: number, bound: number): 'near' | 'far' | undefined {
    if (!this.#isNear && now >= bound * NEAR) {
      this.#isNear = true
      return 'near'
    }
    if (this.#isNear && now < bound * FAR) {
      this.#isNear = false
      return 'far'
    }
    return undefined
  }
}
