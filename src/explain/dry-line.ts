// The line of rooms as a running shield has it (edge/line.ts), for one request: an empty store, a board of its own, and the real origin
// behind it, which is asked for one thing at a time. So a dry run can decide nothing otherwise than the shield does.

import { systemClock, sharedMicroseconds } from '../base/clock.ts'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Board, RATES_OFFSET } from '../board/board.ts'
import { Places } from '../board/places.ts'
import { RateTable } from '../board/rates.ts'
import { createCacheRoom } from '../cache/room.ts'
import type { ProofFound } from '../cache/proof.ts'
import { Lists } from '../client/lists.ts'
import { compileProxies } from '../client/proxies.ts'
import { Quotas } from '../client/quota.ts'
import { createClientRoom } from '../client/room.ts'
import { redirectPort } from '../client/to-https.ts'
import type { Config, SiteConfig } from '../config/types.ts'
import { foldLine } from '../exchange.ts'
import type { Answer, Exchange, Next, Room } from '../exchange.ts'
import { Origins } from '../origin/origins.ts'
import { createOriginRoom } from '../origin/room.ts'
import type { ReasonCode } from '../reasons.ts'
import { createSiteRoom } from '../site/room.ts'
import type { Sites } from '../site/sites.ts'
import { SnapshotReader } from '../snapshot/reader.ts'
import { Spool } from '../spool/spool.ts'
import { nothingStored } from './nothing-stored.ts'

/** An answer of the origin's on its way back. */
export interface Fetch {
  readonly target: string
  readonly answer: Answer
  /** Milliseconds to its head. */
  readonly ms: number
}

/** What the rooms said while a request went through them, in their order. */
export interface Heard {
  readonly fetches: Fetch[]
  readonly decided: { exchange: Exchange; answer: Answer; reason: ReasonCode; isStored: boolean }[]
  readonly proofs: ProofFound[]
  /** What became of connections that failed, in the origin room's words. */
  readonly failures: string[]
  /** Snapshots that could not be read. */
  readonly broken: string[]
}

export interface DryLine {
  readonly answer: Next
  readonly heard: Heard
  close(): void
}

/** The answer of a request that would have gone to the origin, and must not: it might change something there. */
export const NOT_ASKED: Answer = Object.freeze({ status: 0, fields: [], body: null })

/** The origin's place on the board. */
const INDEX = 0

export function dryLine(config: Config, sites: Sites, site: SiteConfig): DryLine {
  const board = new Board()
  const clock = systemClock
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-explain-'))
  const heard: Heard = { fetches: [], decided: [], proofs: [], failures: [], broken: [] }
  const log = (_level: unknown, event: string, { error }: { error?: unknown } = {}): void => {
    const text = error instanceof Error ? error.message : typeof error === 'string' ? error : ''
    if (event === 'origin-failed') heard.failures.push(text)
    if (event === 'snapshot-broken') heard.broken.push(text)
  }
  const origins = new Origins({ config, board, slot: 0, clock, log })
  origins.update([{ index: INDEX, site: site.name, url: hrefOf(site.origins[0]!), state: 'up' }])
  const places = new Places({ board, slot: 0, streams: 1, freed: () => undefined })
  const store = nothingStored()
  const rates = new RateTable(board.memory, RATES_OFFSET, store.index.seed)
  const quotas = new Quotas(rates, sharedMicroseconds(clock))
  const findClient = compileProxies(config.proxies)
  const httpsPort = redirectPort(config.tls)
  const answer = foldLine([
    createSiteRoom(sites),
    createClientRoom({ findClient: () => findClient, quotas, lists: new Lists(config), httpsPort: () => httpsPort }),
    createCacheRoom({
      ...{ ...store, clock, formKey: randomBytes(32), snapshots: new SnapshotReader(config.data, log) },
      purger: { isAllowed: () => false, purge: async () => undefined },
      learn: () => undefined,
      maxBody: () => config.cache.maxBody,
      codings: () => [],
      decided: (exchange, given, reason, isStored) =>
        void heard.decided.push({ exchange, answer: given, reason, isStored }),
      proved: found => void heard.proofs.push(found),
    }),
    oneAtATime(),
    listening(heard),
    createOriginRoom({ board, slot: 0, clock, log, places, origins, spool: new Spool(folder, 0) }),
  ])
  const close = (): void => {
    origins.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { answer, heard, close }
}

const hrefOf = ({ url }: SiteConfig['origins'][number]): string => `${url.protocol}://${url.authority}`

/** In the limiter's place: whoever is next goes when the origin is done with the one before. */
function oneAtATime(): Room {
  let last = Promise.resolve()
  return async (exchange, next) => {
    if (exchange.method !== 'GET' && exchange.method !== 'HEAD') return NOT_ASKED
    const before = last
    const { promise, resolve } = Promise.withResolvers<void>()
    last = promise
    await before
    const leaveLimit = (): boolean => (resolve(), true)
    exchange.permit = { origin: INDEX, ask: 0, routeClass: 0, free: resolve, leaveLimit }
    return next(exchange)
  }
}

function listening({ fetches }: Heard): Room {
  return async (exchange, next) => {
    const { target } = exchange
    const sent = performance.now()
    const answer = await next(exchange)
    if (answer.origin !== undefined) fetches.push({ target, answer, ms: performance.now() - sent })
    return answer
  }
}
