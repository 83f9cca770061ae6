// The machine that this runs on, looked at every few seconds: CPU, memory, sockets, queues of new connections, disk. What is not
// known (another system than Linux) is null.

import { statfs } from 'node:fs/promises'
import { acceptBound, acceptQueue, openFiles, openFilesAllowed, readMachine } from '../base/kernel.ts'
import type { Machine } from '../base/kernel.ts'

/** Milliseconds between two looks: some reads under /proc, a fraction of a millisecond each. */
const LOOK_EVERY = 2000

export interface HostFigures {
  /** Share of all CPUs that was busy since the look before. */
  cpu: number | null
  memory: Machine['memory'] | null
  sockets: Machine['sockets'] | null
  listenDrops: number | null
  acceptQueue: number | null
  acceptBound: number | null
  /** Of this process. */
  files: { open: number; most: number } | null
  /** Of the data directory, bytes. */
  disk: { size: number; free: number } | null
}

/** Before the first look. */
export const NO_FIGURES: HostFigures = {
  ...{ cpu: null, memory: null, sockets: null, listenDrops: null },
  ...{ acceptQueue: null, acceptBound: null, files: null, disk: null },
}

export class Host {
  figures = NO_FIGURES
  readonly #facts: () => { data: string; listening: readonly string[] }
  readonly #allowed = openFilesAllowed()
  #before: Machine['cpu'] | undefined

  /** `listening`: addresses where visitors are served. */
  constructor(facts: () => { data: string; listening: readonly string[] }) {
    this.#facts = facts
    setInterval(() => void this.look(), LOOK_EVERY).unref()
    void this.look()
  }

  async look(): Promise<void> {
    const { data, listening } = this.#facts()
    const most = this.#allowed
    const ports = new Set(listening.map(address => Number(address.split(':').at(-1))))
    const [machine, waiting, bound, open, disk] = await Promise.all([
      readMachine(),
      acceptQueue(ports),
      acceptBound(),
      openFiles(),
      statfs(data).catch(() => undefined),
    ])
    this.figures = {
      cpu: machine === undefined ? null : this.#busy(machine.cpu),
      memory: machine?.memory ?? null,
      sockets: machine?.sockets ?? null,
      listenDrops: machine?.listenDrops ?? null,
      acceptQueue: waiting ?? null,
      acceptBound: waiting === undefined ? null : bound,
      files: open === undefined || most === undefined ? null : { open, most },
      disk: disk === undefined ? null : { size: disk.blocks * disk.bsize, free: disk.bavail * disk.bsize },
    }
  }

  #busy(now: Machine['cpu']): number | null {
    const before = this.#before
    this.#before = now
    if (before === undefined || now.total === before.total) return this.figures.cpu
    return (now.busy - before.busy) / (now.total - before.total)
  }
}
