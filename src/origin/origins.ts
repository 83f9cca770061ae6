// The origin servers that this edge can reach, by their places on the board: core says which there are, the config says
// how they are spoken to. Added, changed and removed while requests are in flight; those end on the connection they have.

import type { Clock } from '../base/clock.ts'
import type { Board } from '../board/board.ts'
import type { Config } from '../config/types.ts'
import type { Log } from '../threads/log.ts'
import type { EdgeToCore, OriginRow } from '../threads/messages.ts'
import { Addresses, systemResolve } from './addresses.ts'
import type { Resolve } from './addresses.ts'
import { Connections } from './connections.ts'
import { probe } from './probe.ts'
import { RetryBudget } from './retries.ts'
import { Silence, ticks } from './silence.ts'
import { targetOf } from './target.ts'
import type { OriginTarget } from './target.ts'

export interface OriginsDeps {
  config: Config
  board: Board
  /** This edge's slot. */
  slot: number
  clock: Clock
  log: Log
  /** The system's resolver unless given. */
  resolve?: Resolve
}

/** One origin server, as requests to it need it. */
export interface Origin {
  readonly target: OriginTarget
  readonly connections: Connections
  /** Null for an origin that is given by address. */
  readonly addresses: Addresses | null
  readonly retries: RetryBudget
  /** This edge's row for it: FlightWord. */
  readonly flight: Int32Array<SharedArrayBuffer>
  /** This edge's times to first byte from it. */
  readonly firstBytes: Int32Array<SharedArrayBuffer>
  /** This edge's rows for the classes of the site, none where it has none: times to first byte, then ClassWord. */
  byClass: readonly Int32Array<SharedArrayBuffer>[]
  /** Time-outs in ticks of Silence. */
  readonly firstByteTicks: number
  readonly idleTicks: number
  /** A request was sent since its name was looked up last. */
  isUsed: boolean
}

export class Origins {
  readonly #deps: OriginsDeps
  readonly #byIndex = new Map<number, Origin>()
  readonly silence = new Silence(() => this.#tick())
  #rows: readonly OriginRow[] = []
  #config: Config

  constructor(deps: OriginsDeps) {
    this.#deps = deps
    this.#config = deps.config
    this.silence.start()
  }

  /** Core's list, whole. What is no longer in it takes no new requests and closes when the last one has ended. */
  update(rows: readonly OriginRow[]): void {
    this.#rows = rows
    const left = new Set(this.#byIndex.keys())
    for (const row of rows) {
      const target = targetOf(row, this.#config) ?? this.#known(row)
      if (target === undefined) continue
      left.delete(row.index)
      this.#place(target)
    }
    for (const index of left) this.#remove(index)
  }

  /** A new config: origins whose ways have changed get new connections. */
  configure(config: Config): void {
    this.#config = config
    this.update(this.#rows)
  }

  get(index: number): Origin | undefined {
    return this.#byIndex.get(index)
  }

  /** Sends the health probe that core has ordered, and tells how it ended. Never rejects. */
  async probe(index: number): Promise<Extract<EdgeToCore, { type: 'probed' }>> {
    const origin = this.#byIndex.get(index)
    if (origin === undefined) return { type: 'probed', origin: index, ok: false, status: 0, ms: 0, error: 'unknown' }
    const ended = await probe(origin.target, origin.addresses, this.#deps.clock)
    return { type: 'probed', origin: index, ...ended }
  }

  close(): void {
    this.silence.stop()
    for (const index of [...this.#byIndex.keys()]) this.#remove(index)
  }

  /** While core still has the origin of a site that has left the config, requests under way go on as they were. */
  #known({ index, site }: OriginRow): OriginTarget | undefined {
    const target = this.#byIndex.get(index)?.target
    return target?.site === site ? target : undefined
  }

  #place(target: OriginTarget): void {
    const known = this.#byIndex.get(target.index)
    if (known !== undefined && isSame(known.target, target)) {
      known.byClass = this.#rowsOf(target)
      return
    }
    if (known !== undefined) this.#remove(target.index)
    this.#byIndex.set(target.index, this.#make(target))
  }

  #make(target: OriginTarget): Origin {
    const { board, slot, clock, resolve } = this.#deps
    const { options, hostname } = target
    const addresses = isAddress(target)
      ? null
      : new Addresses(hostname, options.dnsTtl, clock, resolve ?? systemResolve)
    return {
      target,
      addresses,
      connections: new Connections(target, addresses, clock),
      retries: new RetryBudget(options.retries.budget, clock),
      flight: board.flight(slot, target.index),
      firstBytes: board.firstBytes(slot, target.index),
      byClass: this.#rowsOf(target),
      firstByteTicks: ticks(options.firstByteTimeout),
      idleTicks: ticks(options.idleTimeout),
      isUsed: false,
    }
  }

  #rowsOf({ site, index }: OriginTarget): Int32Array<SharedArrayBuffer>[] {
    const { board, slot } = this.#deps
    const classes = this.#config.sites.find(({ name }) => name === site)?.classes ?? []
    if (classes.length === 0) return []
    return Array.from({ length: classes.length + 1 }, (_, each) => board.ofClass(slot, index, each))
  }

  #remove(index: number): void {
    this.#byIndex.get(index)?.connections.close()
    this.#byIndex.delete(index)
  }

  /** Idle connections whose time is up close; names in use whose time is up are looked up, and nothing waits for it. */
  #tick(): void {
    for (const origin of this.#byIndex.values()) {
      origin.connections.sweep()
      if (origin.addresses === null || !origin.isUsed || !origin.addresses.isExpired) continue
      origin.isUsed = false
      void this.#lookUp(origin, origin.addresses)
    }
  }

  async #lookUp({ target, connections }: Origin, addresses: Addresses): Promise<void> {
    try {
      if (!(await addresses.refresh())) return
      this.#deps.log('info', 'origin-addresses-changed', { origin: target.href })
      connections.renew()
    } catch (error) {
      this.#deps.log('warn', 'origin-lookup-failed', { origin: target.href, error })
    }
  }
}

const isAddress = ({ hostname }: OriginTarget): boolean => hostname.includes(':') || /^[\d.]+$/.test(hostname)

/** Both are plain data made by one function, so their texts compare. */
const isSame = (a: OriginTarget, b: OriginTarget): boolean => JSON.stringify(a) === JSON.stringify(b)
