// The last room: sends the request to the origin server it has a permit for, and brings back what the origin answers.

import type { Clock } from '../base/clock.ts'
import { ClassWord, FlightWord, Latency, firstByteBucket, latencyBucket } from '../board/board.ts'
import type { Board } from '../board/board.ts'
import { counterIndex } from '../board/counters.ts'
import type { Limiter } from '../board/limiter.ts'
import type { Answer, Exchange, Room } from '../exchange.ts'
import type { ReasonCode } from '../reasons.ts'
import { refusalAnswer } from '../refusal.ts'
import type { Spool } from '../spool/spool.ts'
import type { Log } from '../threads/log.ts'
import { instanceName } from './instance.ts'
import type { Origin, Origins } from './origins.ts'
import { OriginRequest } from './request.ts'
import { hasPassed } from './request-fields.ts'
import type { Silence } from './silence.ts'

export interface OriginDeps {
  board: Board
  /** This edge's slot. */
  slot: number
  clock: Clock
  log: Log
  places: Limiter
  spool: Spool
  origins: Origins
  /** Hears how long the origin worked for this exchange, milliseconds. */
  spent?(exchange: Exchange, ms: number): void
}

/** What every request to an origin needs, made once. */
export interface OriginWork {
  readonly clock: Clock
  readonly places: Limiter
  readonly spool: Spool
  readonly origins: Origins
  readonly silence: Silence
  /** This process's name in Via. */
  readonly name: string
  /** This edge's counters. */
  readonly counters: Int32Array<SharedArrayBuffer>
  /** A whole response has come. */
  countWhole(origin: Origin, routeClass: number, status: number, firstByteMs: number): void
  /** A request ended without one. */
  countFailure(origin: Origin, routeClass: number, isTimeout: boolean): void
  countFirstByte(ms: number): void
  /** The origin's work has ended, after so many milliseconds. */
  spent(exchange: Exchange, ms: number): void
  /** For the log. */
  failed(origin: Origin, reason: ReasonCode, error: Error | undefined): void
}

/** Seconds after which to try again when the origin has just been removed. */
const NO_ORIGIN_RETRY_AFTER = 2

export function createOriginRoom(deps: OriginDeps): Room {
  const work = workOf(deps)
  return exchange => {
    const { permit } = exchange
    if (permit === undefined) return Promise.reject(new Error('a request came to the origin room without a permit'))
    const origin = work.origins.get(permit.origin)
    if (origin === undefined) return refuse(exchange, 'no-origin')
    if (hasPassed(exchange.fields, work.name)) return refuse(exchange, 'origin-loop')
    dropUnasked(exchange)
    return new Promise<OriginRequest>(ready => new OriginRequest(work, exchange, origin, permit, ready).start()).then(
      takeAnswer,
    )
  }
}

const takeAnswer = (request: OriginRequest): Answer => request.takeAnswer()

/** RFC 9110 section 9.3.1: content in a GET has no meaning, so what may be stored for others is asked for without. */
function dropUnasked(exchange: Exchange): void {
  if (exchange.body === null || exchange.intent === 'pass') return
  exchange.body.cancel(new Error('what may be stored is asked for without content'))
  exchange.body = null
}

function refuse(exchange: Exchange, reason: 'no-origin' | 'origin-loop'): Promise<Answer> {
  exchange.permit!.free()
  exchange.body?.cancel(new Error(reason))
  exchange.outcome = reason === 'no-origin' ? 'shed' : 'refused'
  exchange.reason = reason
  const more = reason === 'no-origin' ? { retryAfter: NO_ORIGIN_RETRY_AFTER } : {}
  return Promise.resolve(refusalAnswer(exchange, reason, more))
}

function workOf({ board, slot, clock, log, places, spool, origins, ...deps }: OriginDeps): OriginWork {
  const counters = board.edge(slot)
  const latency = board.latency(slot, Latency.originFirstByte)
  return {
    clock,
    places,
    spool,
    origins,
    silence: origins.silence,
    name: instanceName(),
    counters,
    countWhole(origin, routeClass, status, firstByteMs) {
      const bucket = firstByteBucket(firstByteMs)
      const ofClass = origin.byClass[routeClass]
      if (ofClass !== undefined) Atomics.add(ofClass, status < 500 ? bucket : ClassWord.bad, 1)
      Atomics.add(origin.flight, status < 500 ? FlightWord.good : FlightWord.bad, 1)
      if (status >= 500) return
      Atomics.add(origin.flight, FlightWord.firstByteMs, Math.round(firstByteMs))
      Atomics.add(origin.firstBytes, bucket, 1)
    },
    countFailure(origin, routeClass, isTimeout) {
      const ofClass = origin.byClass[routeClass]
      if (ofClass !== undefined) Atomics.add(ofClass, isTimeout ? ClassWord.timeouts : ClassWord.resets, 1)
      Atomics.add(origin.flight, isTimeout ? FlightWord.timeouts : FlightWord.resets, 1)
      Atomics.add(counters, counterIndex.originErrors, 1)
    },
    spent: (exchange, ms) => deps.spent?.(exchange, ms),
    countFirstByte(ms) {
      Atomics.add(latency, latencyBucket(ms * 1000), 1)
    },
    failed(origin, reason, error) {
      log('warn', 'origin-failed', { origin: origin.target.href, reason, error: error ?? reason })
    },
  }
}
