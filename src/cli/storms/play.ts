// Plays a storm: its site straight, and then a second one behind the shield, under the same crowd. Everything is real:
// site processes with a database each, `breakwater serve`, sockets. One after the other, so that each has the machine.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HopStory, playHop } from './hop.ts'
import { LimitWatch } from './limit.ts'
import { type Neighbour, neighbourOf } from './neighbour.ts'
import { type Collected, deliveredOf } from './delivery.ts'
import { Shield } from './shield.ts'
import { type SideResult, type SideSecond, startSide } from './side.ts'
import { ScenarioSite } from './site.ts'
import type { Books, Storm } from './storms.ts'

/** A side with all that the table tells of it. */
export interface PlayedSide extends SideResult {
  neighbour: Neighbour | undefined
  books: Books
  /** Undefined where no form was collected. */
  collected: Collected | undefined
  /** Requests that the shield let to the site at once at most; 0 without it. */
  limit: number
}

export interface Played {
  storm: Storm
  seconds: number
  seed: number
  scale: number
  without: PlayedSide
  /** Undefined when it was not asked for, or the storm was stopped before. */
  with: PlayedSide | undefined
  /** What came of it where the story ends so. */
  hop: HopStory | undefined
}

export interface PlayOptions {
  storm: Storm
  seconds: number
  seed: number
  /** Rates here over rates of the story. */
  scale: number
  /** Whether to play it with the shield, too. */
  shielded: boolean
  tell: (side: 'without' | 'with', second: SideSecond) => void
}

/** Settles when both have ended and nothing of them is left; early when `signal` aborts. */
export async function playStorm(options: PlayOptions, signal: AbortSignal): Promise<Played> {
  const { storm, seconds, seed, scale, shielded } = options
  const folder = await mkdtemp(join(tmpdir(), `breakwater-${storm.name}-`))
  try {
    const without = await playSide(options, folder, 'without', signal)
    const behind = shielded && !signal.aborted ? await playSide(options, folder, 'with', signal) : undefined
    const hop = storm.hop === true && shielded && !signal.aborted ? await playHop(folder, seed, signal) : undefined
    return { storm, seconds, seed, scale, without, with: behind, hop }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** One side alone; `folder` takes the databases and the shield's data. */
export async function playSide(
  options: Omit<PlayOptions, 'shielded'>,
  folder: string,
  side: 'without' | 'with',
  signal: AbortSignal,
): Promise<PlayedSide> {
  const { storm } = options
  const data = join(folder, side)
  await using started = new AsyncDisposableStack()
  const site = await ScenarioSite.start(storm.name, data)
  started.defer(() => site.end())
  const behind = storm.shield === undefined ? {} : { site: storm.shield }
  const shield = side === 'with' ? await Shield.start(site.url, join(folder, 'shield'), behind) : undefined
  started.defer(() => shield?.end())
  const limit = shield && new LimitWatch(shield)
  started.defer(() => limit?.close())
  const neighbour = await neighbourOf(options, site, signal)
  const result = await playCrowd(options, side, shield?.url ?? site.url, site, signal)
  const beside = await neighbour?.result
  const collected = shield && (await deliveredOf(shield, signal))
  const reached = site.reached
  await started.disposeAsync()
  const origin = { originRequests: reached.answered, originAtOnce: reached.atOnce }
  return {
    ...result,
    ...origin,
    neighbour: beside,
    books: storm.books?.(data) ?? {},
    collected,
    limit: limit?.highest ?? 0,
  }
}

async function playCrowd(
  { storm, seconds, seed, scale, tell }: Omit<PlayOptions, 'shielded'>,
  side: 'without' | 'with',
  target: string,
  site: ScenarioSite,
  signal: AbortSignal,
): Promise<SideResult> {
  const run = await startSide(storm.crowd(target, seconds, seed, scale), site, signal)
  for (let second = await run.next(); second !== undefined; second = await run.next()) tell(side, second)
  return await run.result
}
