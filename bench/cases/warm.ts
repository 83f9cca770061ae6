// Before the first round: every page is asked for once, and load runs for a while, so that stores are full and Breakwater's code
// is compiled. What passes a miss through is ten times the code of a hit, and V8 has done with it after some 100,000 requests.

import { get } from '../http.ts'
import { send } from '../load/wrk.ts'
import type { Load, Outcome } from '../load/wrk.ts'
import type { Subject } from './case.ts'
import type { World } from '../world.ts'

const SECONDS = 1
/** For whatever passes misses through. */
export const LONG = 6

/** Returns what came of the load. */
export async function warm(
  subject: Subject,
  world: World,
  load: Load,
  pages: readonly string[],
  seconds = SECONDS,
): Promise<Outcome> {
  for (const path of pages) await get(subject.server.port, path)
  return send(load, subject.server.port, seconds, world.cores.load, world.folder)
}
