// The end of the petition's story: its site is rehearsed, then somebody puts a hop before it that drops connections, and it
// is rehearsed again. The first answer has to be known as stale, and the network as the culprit.
import { join } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { Gauges, type Reading } from '../../rehearse/gauges/gauges.ts'
import { type Fingerprint, fingerprintOf } from '../../rehearse/kept/fingerprint.ts'
import { type Kept, keepRun, readKept } from '../../rehearse/kept/kept.ts'
import { changesSince } from '../../rehearse/kept/stale.ts'
import { lostOnTheWay } from '../../rehearse/kept/way.ts'
import { type LoadResult, runLoad } from '../../rehearse/load.ts'
import { Child } from './child.ts'
import { mainFile, READY_WITHIN_MS, ScenarioSite } from './site.ts'

export interface HopStory {
  /** Views that were answered and lost before the hop was put in, and after. */
  before: { good: number; lost: number }
  after: { good: number; lost: number }
  /** Whether the first rehearsal is known as stale, and why in sentences. */
  stale: boolean
  changes: string[]
  culprit: { signal: 'network'; evidence: string } | null
}

/** Well below what the site bears, for pages that cost it little: what is lost here is not lost by it. */
const RATE = 12
const SECONDS = 4
const QUESTION = 'hop'

/** Plays it in `folder`. Undefined when `signal` ended it before. */
export async function playHop(folder: string, seed: number, signal: AbortSignal): Promise<HopStory | undefined> {
  const rehearsed = await firstRehearsal(folder, seed, signal)
  if (signal.aborted) return undefined
  await using started = new AsyncDisposableStack()
  const { target } = rehearsed
  const site = await ScenarioSite.start('petition', join(folder, 'behind'))
  started.defer(() => site.end())
  const hop = await startHop(portOf(target), portOf(site.url))
  started.defer(() => hop.end())
  const kept = readKept(folder, rehearsed.name)
  const changes = kept === undefined ? [] : changesSince(kept.fingerprint, await fingerprintAt(target))
  const gauges = new Gauges(portOf(site.url))
  started.defer(() => gauges.close())
  const readings: Reading[] = []
  const now = await rehearse(target, seed, signal, () => readings.push(gauges.read()))
  const evidence = lostOnTheWay(rehearsed.load, now, changes, readings)
  return {
    before: { good: rehearsed.load.good, lost: rehearsed.load.lost },
    after: { good: now.good, lost: now.lost },
    stale: changes.length > 0,
    changes,
    culprit: evidence === undefined ? null : { signal: 'network', evidence },
  }
}

/** The site as it stands; what came of it is kept with what it was true of. */
async function firstRehearsal(folder: string, seed: number, signal: AbortSignal): Promise<Kept & { load: LoadResult }> {
  const site = await ScenarioSite.start('petition', join(folder, 'before'))
  try {
    const fingerprint = await fingerprintAt(site.url)
    const load = await rehearse(site.url, seed, signal)
    const run = { target: site.url, question: QUESTION, fingerprint, seconds: [], load, wall: null }
    return { ...keepRun(folder, run, systemClock.now()), load }
  } finally {
    await site.end()
  }
}

async function rehearse(
  target: string,
  seed: number,
  signal: AbortSignal,
  look = (): unknown => undefined,
): Promise<LoadResult> {
  const crowd = {
    target,
    paths: [
      { path: '/static/site.css', weight: 3 },
      { path: '/petitions/1/sign', weight: 1 },
    ],
  }
  const shape = { kind: 'constant', rate: RATE } as const
  const run = await runLoad({ ...crowd, shape, seconds: SECONDS, newVisitors: 1, seed }, signal)
  for await (const _second of run.seconds) look()
  return await run.result
}

const fingerprintAt = (target: string): Promise<Fingerprint> =>
  fingerprintOf({ target, page: `${target}/`, versionField: 'x-version', port: portOf(target) })

const portOf = (url: string): number => Number(new URL(url).port)

async function startHop(port: number, to: number): Promise<Child> {
  const ready = Promise.withResolvers<void>()
  const args = [mainFile('hop'), '--port', String(port), '--to', String(to)]
  const hop = new Child('The hop', args, () => ready.resolve())
  try {
    await hop.ready(ready.promise, READY_WITHIN_MS)
    return hop
  } catch (error) {
    await hop.end()
    throw error
  }
}
