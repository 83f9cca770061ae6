// The request's way, as a table: every request of the slow lane goes through these rooms in this order, and its answer
// comes back through them. What the fast lane answers has been through the same decisions once, when it was stored.

import { createAdmissionRoom } from '../admission/room.ts'
import type { AdmissionDeps } from '../admission/room.ts'
import { createDoorRoom, createGateRoom } from '../admission/waiting/room.ts'
import type { WaitingDeps } from '../admission/waiting/room.ts'
import { createCacheRoom } from '../cache/room.ts'
import type { CacheDeps } from '../cache/types.ts'
import { createClientRoom, createCostRoom } from '../client/room.ts'
import type { ClientDeps, CostDeps } from '../client/room.ts'
import { createCollectRoom } from '../collect/room.ts'
import type { CollectDeps } from '../collect/room.ts'
import { LOOK_AGAIN, foldLine } from '../exchange.ts'
import type { Answer, Next, Room } from '../exchange.ts'
import { createOriginRoom } from '../origin/room.ts'
import type { OriginDeps } from '../origin/room.ts'
import { createSiteRoom } from '../site/room.ts'
import type { Sites } from '../site/sites.ts'
import { LARGEST_CARRIED } from '../threads/cluster.ts'

export interface LineDeps extends CacheDeps, OriginDeps, AdmissionDeps, ClientDeps, CostDeps, CollectDeps {
  sites: Sites
  waiting: WaitingDeps
}

export const createLine = (deps: LineDeps): Next =>
  foldLine([
    createSiteRoom(deps.sites), //       which site, which rules
    createClientRoom(deps), //           who asks, and how often
    createDoorRoom(deps.waiting), //     what a visitor brings for the waiting room
    createCacheRoom(deps), //            is it stored, may it be
    createCostRoom(deps), //             how often the same one costs the origin something
    createCollectRoom(deps), //          may it be taken now and handed over later
    createGateRoom(deps.waiting), //     is it the visitor's turn
    createAdmissionRoom(deps), //        may it go to the origin now
    createOriginRoom(deps), //           fetch it
  ])

/** The way of a form that is sent later: its place at the origin is held already, and what it made untrue leaves the store. */
export const createReplayLine = (deps: LineDeps): Next => foldLine([createCacheRoom(deps), createOriginRoom(deps)])

/** The way of a page that another node wants: what comes before the cache its visitor has passed there. It goes to the origin if it is to be stored, and else not at all. */
export const createNodesLine = (deps: LineDeps): Next =>
  foldLine([createCacheRoom(deps), onlyShared, createAdmissionRoom(deps), createOriginRoom(deps)])

/** What is known not to be for all, or is too large to be given, the other node fetches for its visitor. */
const onlyShared: Room = async (exchange, next) => {
  if (exchange.intent === 'pass') return NOT_ASKED
  const answer = await next(exchange)
  // A visitor here was about to fetch it: what that brought is for the other node too, and nobody wants it for those who say nothing of themselves.
  if (answer === LOOK_AGAIN) return NOT_ASKED
  const { body } = answer
  if (body === null || body instanceof Uint8Array || (body.length ?? 0) < LARGEST_CARRIED) return answer
  body.cancel(new Error('it is too large for other nodes'))
  return NOT_ASKED
}

const NOT_ASKED: Answer = Object.freeze({ status: 503, fields: [], body: null })
