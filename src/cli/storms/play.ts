// Plays a storm: its site straight, and then a second one behind the shield, under the same crowd. Everything is real:
// site processes with a database each, `breakwater serve`, sockets. One after the other, so that each has the machine.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Shield } from './shield.ts'
import { type SideResult, type SideSecond, startSide } from './side.ts'
import { ScenarioSite } from './site.ts'
import type { Storm } from './storms.ts'

export interface Played {
  storm: Storm
  seconds: number
  seed: number
  without: SideResult
  /** Undefined when it was not asked for, or the storm was stopped before. */
  with: SideResult | undefined
}

export interface PlayOptions {
  storm: Storm
  seconds: number
  seed: number
  /** Whether to play it with the shield, too. */
  shielded: boolean
  tell: (side: 'without' | 'with', second: SideSecond) => void
}

/** Settles when both have ended and nothing of them is left; early when `signal` aborts. */
export async function playStorm(options: PlayOptions, signal: AbortSignal): Promise<Played> {
  const { storm, seconds, seed, shielded } = options
  const folder = await mkdtemp(join(tmpdir(), `breakwater-${storm.name}-`))
  try {
    const without = await playSide(options, folder, 'without', signal)
    const behind = shielded && !signal.aborted ? await playSide(options, folder, 'with', signal) : undefined
    return { storm, seconds, seed, without, with: behind }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function playSide(
  { storm, seconds, seed, tell }: PlayOptions,
  folder: string,
  side: 'without' | 'with',
  signal: AbortSignal,
): Promise<SideResult> {
  await using started = new AsyncDisposableStack()
  const site = await ScenarioSite.start(storm.name, join(folder, side))
  started.defer(() => site.end())
  let target = site.url
  if (side === 'with') {
    const shield = await Shield.start(site.url, join(folder, 'shield'))
    started.defer(() => shield.end())
    target = shield.url
  }
  const run = await startSide(storm.crowd(target, seconds, seed), site, signal)
  for (let second = await run.next(); second !== undefined; second = await run.next()) tell(side, second)
  return await run.result
}
