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
import { foldLine } from '../exchange.ts'
import type { Next } from '../exchange.ts'
import { createOriginRoom } from '../origin/room.ts'
import type { OriginDeps } from '../origin/room.ts'
import { createSiteRoom } from '../site/room.ts'
import type { Sites } from '../site/sites.ts'

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
