// Before the first round: every page is asked for once, and load runs for a second, so that stores are full and
// Breakwater's code is compiled.

import { get } from '../http.ts'
import { send } from '../load/wrk.ts'
import type { Load, Outcome } from '../load/wrk.ts'
import type { Subject } from './case.ts'
import type { World } from '../world.ts'

const SECONDS = 1

/** Returns what came of the second of load. */
export async function warm(subject: Subject, world: World, load: Load, pages: readonly string[]): Promise<Outcome> {
  for (const path of pages) await get(subject.server.port, path)
  return send(load, subject.server.port, SECONDS, world.cores.load, world.folder)
}
