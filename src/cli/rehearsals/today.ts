// `breakwater rehearsals today`: one line a day for cron: whether the set-up as it stands bears the biggest spike ever seen
// here. The history forgets after three months, so the biggest is kept beside it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../../base/whole-file.ts'
import { dateAndTime } from '../../charts/ticks.ts'
import type { Kept } from '../../rehearse/kept/kept.ts'
import { changesSince } from '../../rehearse/kept/stale.ts'
import { readHistory, resolutions } from '../../watch/archive-reader.ts'
import { fingerprintNow, lastWall } from '../event/forecast.ts'

/** Requests a second, over a second, ten or a minute, as fine as the history had it. */
export interface Spike {
  perSecond: number
  /** Unix time, seconds. */
  at: number
}

export interface Today {
  verdict: 'bears it' | 'does not bear it' | 'stale' | 'not known'
  biggest: Spike | null
  /** The wall of the last rehearsal: what held, and its name. */
  wall: { ratePerSecond: number; name: string } | null
  /** What has changed since, in sentences. */
  changes: string[]
}

const FILE = 'biggest-spike.json'

/** Pure: what the line says. */
function judge(biggest: Spike | null, kept: Kept | undefined, changes: string[]): Today {
  const rate = kept?.wall?.wall?.ratePerSecond ?? kept?.wall?.noWallUpTo ?? null
  const wall = kept === undefined || rate === null ? null : { ratePerSecond: rate, name: kept.name }
  const known = { biggest, wall, changes }
  if (biggest === null || wall === null) return { verdict: 'not known', ...known }
  if (wall.ratePerSecond < biggest.perSecond) return { verdict: 'does not bear it', ...known }
  return { verdict: changes.length > 0 ? 'stale' : 'bears it', ...known }
}

/** For a terminal or a mail: one line, and what has changed below it. */
export function todayText({ verdict, biggest, wall, changes }: Today): string {
  if (biggest === null) return 'Not known: there is no history of traffic here yet.\n'
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const spike = `the biggest spike ever seen, ${Math.round(biggest.perSecond)} requests a second on ${dateAndTime(biggest.at, zone)}`
  if (wall === null) return `Not known whether today's set-up bears ${spike}: nothing was rehearsed.\n`
  const found = `the rehearsal ${wall.name} held ${wall.ratePerSecond} a second`
  const lines: Record<Exclude<Today['verdict'], 'not known'>, string> = {
    'bears it': `Today's set-up bears ${spike}: ${found}, and nothing has changed since.`,
    'does not bear it': `Today's set-up does NOT bear ${spike}: ${found}.`,
    stale: `It is not known any more whether today's set-up bears ${spike}: ${found}, but since then there were changes.`,
  }
  const line = verdict === 'not known' ? '' : lines[verdict]
  return [line, ...changes.map(each => `  ${each}`)].join('\n') + '\n'
}

export async function today(data: string, config: string | undefined, now: number): Promise<Today> {
  const kept = lastWall(data)
  const changes = kept === undefined ? [] : changesSince(kept.fingerprint, await fingerprintNow(kept, config))
  return judge(rememberBiggest(data, now), kept, changes)
}

/** The biggest of the history and of what was remembered, which is remembered. */
function rememberBiggest(data: string, now: number): Spike | null {
  const before = readBiggest(data)
  const seen = biggestOf(data, now)
  if (seen === null || (before !== null && before.perSecond >= seen.perSecond)) return before
  const file = join(data, FILE)
  replaceFile(file, JSON.stringify(seen), { mode: 0o600 })
  return seen
}

function readBiggest(data: string): Spike | null {
  try {
    return JSON.parse(readFileSync(join(data, FILE), 'utf8')) as Spike
  } catch {
    return null
  }
}

/** Looked for in each resolution that is kept: the finer ones tell higher peaks of what was lately. */
function biggestOf(data: string, now: number): Spike | null {
  let biggest: Spike | null = null
  for (const { kept } of resolutions) {
    const rows = readHistory(data, reader => reader.span(now - kept, now, now).rows) ?? []
    for (const { at, requests } of rows)
      if (at !== null && requests !== null && requests > (biggest?.perSecond ?? 0))
        biggest = { perSecond: requests, at }
  }
  return biggest
}
