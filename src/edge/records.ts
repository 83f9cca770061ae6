// What this edge keeps of requests beyond the board's counters: the access log, the sums of routes, and who may see what took how long.

import type { Board } from '../board/board.ts'
import { Latency, latencyBucket } from '../board/board.ts'
import { systemRandom } from '../base/random.ts'
import type { Clock } from '../base/clock.ts'
import type { ProofFound } from '../cache/proof.ts'
import { compileNetworks } from '../client/networks.ts'
import type { IsInside } from '../client/networks.ts'
import type { FindClient } from '../client/proxies.ts'
import type { Config } from '../config/types.ts'
import type { Exchange } from '../exchange.ts'
import type { Ears } from '../listener/ended.ts'
import type { Log } from '../threads/log.ts'
import type { EdgeSums } from '../threads/sums.ts'
import { AccessLog } from './access/log.ts'
import { Blockers } from './blockers.ts'
import { Proofs } from './proofs.ts'
import { Routes } from './routes.ts'

interface Surroundings {
  board: Board
  slot: number
  clock: Clock
  log: Log
  findClient: () => FindClient
}

export class Records {
  readonly routes = new Routes()
  readonly #blockers = new Blockers()
  readonly accessLog: AccessLog
  readonly #proofs: Proofs
  /** Viewers who are told what took how long; null: there are none. */
  timed: IsInside | null

  constructor(config: Config, { board, slot, clock, log, findClient }: Surroundings) {
    this.accessLog = new AccessLog(config.accessLog, {
      ...{ clock, log, random: systemRandom, row: board.edge(slot) },
      clientOf: (peer, fields) => findClient()(peer, fields).address,
    })
    this.timed = compileNetworks(config.serverTiming.trusted)
    this.#proofs = new Proofs(clock, log)
  }

  configure(config: Config): void {
    this.timed = compileNetworks(config.serverTiming.trusted)
    this.accessLog.configure(config.accessLog)
  }

  /** What has been summed up since the last time. */
  takeSums(): EdgeSums {
    return { routes: this.routes.take(), blockers: this.#blockers.take(), proofs: this.#proofs.take() }
  }

  /** For the fast lane, whose answers to a route count where the route says. */
  get fast(): Ears {
    return { wantsHit: () => this.accessLog.wants(), ended: request => this.accessLog.note(request) }
  }

  get slow() {
    const ended: Ears['ended'] = request => {
      this.routes.ended(request)
      if (this.accessLog.wants()) this.accessLog.note(request)
    }
    return { ears: { ended }, isTimed: (client: string) => this.timed?.(client) === true }
  }

  /** For the rooms that know how long something took, and what became of an answer. */
  rooms(board: Board, slot: number) {
    const queue = board.latency(slot, Latency.queue)
    return {
      spent: (exchange: Exchange, ms: number): void => this.routes.spent(exchange, ms),
      decided: (...what: Parameters<Blockers['decided']>): void => this.#blockers.decided(...what),
      proved: (found: ProofFound): void => this.#proofs.add(found),
      countQueued: (ms: number): void => void Atomics.add(queue, latencyBucket(ms * 1000), 1),
    }
  }
}
