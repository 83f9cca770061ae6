// What a case of the bench is: variants that are measured in rounds on each server, and what their readings mean.

import type { Peer, Server, Setup } from '../peers/peer.ts'
import type { World } from '../world.ts'
import type { Size } from '../pages.ts'

export type CaseName =
  | 'hits'
  | 'fixed-load'
  | 'idle'
  | 'misses'
  | 'mixed'
  | 'plain-head'
  | 'store'
  | 'restart'
  | 'purge'
  | 'overhead'
  | 'restart-million'
  | 'metrics'
  | 'waiting'
  | 'tls'
  | 'handshakes'

export interface Case {
  readonly name: CaseName
  /** One sentence: what is measured, and how. */
  readonly title: string
  /** Names of the servers that it makes sense for. */
  readonly servers: readonly string[]
  readonly metrics: readonly Metric[]
  /** Rounds unless one says otherwise. */
  readonly rounds: number
  variants(choice: Choice): readonly Variant[]
}

/** Something that is read in each round. Less is better for all of them but rates. */
export interface Metric {
  readonly key: string
  readonly label: string
  /** Decimals worth showing. */
  readonly digits: number
  /** Whether Breakwater's is divided by the others'. */
  readonly compared: boolean
}

/** What the user may choose of a case. */
export interface Choice {
  readonly sizes: readonly Size[]
  readonly connections: number
  readonly storeMib: number
}

export interface Variant {
  readonly name: string
  readonly setup: Pick<Setup, 'pageBytes' | 'caching' | 'storeBytes' | 'workers' | 'waitingBelow' | 'tls'>
  /** True: every round has a server newly started with an empty folder. */
  readonly fresh: boolean
  /** The load as one would type it, or in words. */
  load(seconds: number): string
  /** Once for each server before its first round. */
  prepare?(subject: Subject, world: World): Promise<void>
  measure(subject: Subject, world: World): Promise<Reading>
}

/** A server being measured. */
export interface Subject {
  readonly peer: Peer
  readonly server: Server
  readonly setup: Setup
}

/** What one round found on one server. It counts only when there are no problems. */
export interface Reading {
  readonly values: Readonly<Record<string, number>>
  readonly problems: readonly string[]
}

export const ALL_SERVERS = ['breakwater', 'nginx', 'varnish', 'varnish-nolog', 'haproxy'] as const
/** Room for all pages of all sizes and what servers keep beside them. */
export const STORE = { pageBytes: 8192, caching: true, storeBytes: 64 * 2 ** 20, workers: 1 } as const

export const CPU: Metric = { key: 'cpu', label: 'CPU µs/request', digits: 2, compared: true }
/** How much of the measured core went to others: with more than a few percent, figures are rough. */
export const OTHERS: Metric = { key: 'others', label: 'core lost to others %', digits: 0, compared: false }
export const RATE: Metric = { key: 'rate', label: 'requests/s', digits: 0, compared: false }
