// The report of one planned event: which span it was, what had been expected of it beside what came, and what it cost.

import { bytes, count, percent } from '../../charts/numbers.ts'
import { forecast } from '../../plan/forecast.ts'
import { runsIn } from '../../plan/past-runs.ts'
import type { PastRun } from '../../plan/past-runs.ts'
import type { Story } from '../../watch/report/story.ts'
import { CliError } from '../cli-error.ts'

/** Seconds before the event and after it that belong to its story: how it began, and how calm came back. */
const AROUND = 900

export interface CostFlags {
  /** Of an instance for an hour, and of so many of them. */
  price?: number
  instances?: number
  /** Of a gigabyte (10^9 bytes) that the origin sends. */
  traffic?: number
}

/** The latest run of the event of this name. */
export function runOf(data: string, name: string): PastRun {
  const runs = runsIn(data)
  const found = runs.find(({ event }) => event.name === name)
  if (found !== undefined) return found
  const known = [...new Set(runs.map(({ event }) => event.name))]
  const hint = known.length === 0 ? 'None has begun yet.' : `Known are ${known.join(', ')}.`
  throw new CliError(`No event ${JSON.stringify(name)} has taken place with the data in ${data}. ${hint}`)
}

/** Seconds since the epoch, with what lies around it. */
export const spanOfRun = ({ start, end }: PastRun, now: number): { from: number; to: number } => ({
  from: start / 1000 - AROUND,
  to: Math.min(now, end / 1000 + AROUND),
})

/** What was expected, against what came: in sentences. */
export function againstForecast({ event }: PastRun, { requestsPeak, visitorsPeak }: Story): string[] {
  if (event.expect === undefined)
    return [`Nothing was said beforehand of how many would come to ${event.name} (expect).`]
  const { front, atOnce } = forecast(event.expect)
  const came = requestsPeak?.value ?? 0
  const people = visitorsPeak?.value ?? 0
  return [
    `Expected of ${event.name} was ${event.expect.text}: ${count(front)} page views a second at the front, ${count(atOnce)} visitors at once. ` +
      `There came ${count(came)} requests in the busiest second (${percent(front > 0 ? came / front : null)} of the page views that were forecast, assets counted), ` +
      `and ${count(people)} visitors within five minutes.`,
  ]
}

/** What it cost, and what the shield has spared, as far as prices are given. */
export function costOf(
  { from, to, bytesSaved, originRequests, requests }: Story,
  { price, instances = 1, traffic }: CostFlags,
): string[] {
  const hours = (to - from) / 3600
  const machines = hours * instances * (price ?? 0)
  const each =
    originRequests < 1
      ? '.'
      : `; ${(machines / originRequests).toFixed(6)} for each request that reached the origin, ${(machines / Math.max(1, requests)).toFixed(6)} for each of a visitor.`
  const cost = `Cost: ${instances} instances × ${hours.toFixed(2)} h × ${price} = ${machines.toFixed(2)}${each}`
  const spared = (bytesSaved / 1e9) * (traffic ?? 0)
  const saved = `Saved: ${bytes(bytesSaved)} that the origin did not send × ${traffic} a gigabyte = ${spared.toFixed(2)}.`
  return [...(price === undefined ? [] : [cost]), ...(traffic === undefined ? [] : [saved])]
}
