// What people are told of, as one table: when it holds, for how long it has to, and whether a planned window silences it. Each
// row is a pure function of what is seen in one second.

import type { JournalStatus } from '../../threads/forms.ts'
import type { Budget } from './burn.ts'
import { usualRate } from './onset.ts'
import type { Onset } from './onset.ts'

/** One second, as conditions look at it. */
export interface Sight {
  /** Requests a second, and those lost of them but for visitors that left by themselves; both over the last ten seconds. */
  requests: number
  lost: number
  onset: Onset
  budget: Pick<Budget, 'burns'>
  /** The share of requests that are to be answered well. */
  objective: number
  /** Per site; null where too few have asked. */
  apdex: readonly { site: string; apdex: number | null }[]
  origins: readonly { url: string; state: 'up' | 'down' | 'draining'; ailing: boolean }[]
  waiting: number
  limit: number
  /** Share of the data directory's disk that is free; null where it is not known. */
  diskFree: number | null
  /** Threads that died within the last minute, by name. */
  died: readonly string[]
  notReady: readonly string[]
  copyOff: string | null
  /** What of an event is still not undone, each in a sentence. */
  owed: readonly string[]
  planFailed: string | null
  configRefused: boolean
  /** Collected forms that wait, and how many may; null where nothing is collected. */
  journal: Pick<JournalStatus, 'waiting' | 'most' | 'open' | 'why' | 'bytes' | 'mostBytes' | 'free' | 'spare'> | null
  /** Names and days left of the certificates that end soonest. */
  certificates: readonly { names: string; days: number; isLate: boolean }[]
  /** What should have been done for a coming event and is not, each in a sentence. */
  unprepared: readonly string[]
  /** Nodes of the cluster that are lost, with what each holds of origins, in a sentence each. */
  lostNodes: readonly string[]
  /** Share of the line's capacity that is used; null where nobody has said what it bears. */
  line: number | null
}

export interface Condition {
  severity: 'page' | 'warn'
  /** Seconds in a row that it has to hold. With the second until it is seen, five at most. */
  after: number
  /** Silenced in planned windows. */
  planned: boolean
  /** What it means and what to do: told with the alert. */
  prose: string
  /** What is the matter, in one sentence; null while nothing is. */
  holds(sight: Sight): string | null
}

/** Below it a site is called poor (Apdex Technical Specification 1.1, section 5). */
const POOR = 0.7
const MUCH_LOST = 0.01
const DISK_FULL = 0.1
const JOURNAL_FULL = 0.8
/** Times what has to stay free on the disk: with less than that it is said, before forms are refused. */
const SPARE_NEAR = 2
const LINE_FULL = 0.9

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

const condition = (
  severity: Condition['severity'],
  after: number,
  prose: string,
  holds: Condition['holds'],
  planned = false,
): Condition => ({ severity, after, planned, prose, holds })

const rate = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)}/s`
const share = (value: number): string => `${(value * 100).toFixed(value < 0.1 ? 1 : 0)}%`
const named = (names: readonly string[]): string | null => (names.length === 0 ? null : names.join(', '))

export const conditions = {
  spike: condition(
    'page',
    0,
    'Many more requests than usual have begun to come. See whether the origin bears it; think of spike mode.',
    ({ onset, requests }) =>
      onset.alarm !== 'spike'
        ? null
        : requests > usualRate(onset)
          ? `Requests have risen to ${rate(requests)}, from the usual ${rate(usualRate(onset))}.`
          : `Requests had risen far above the usual ${rate(usualRate(onset))}; they are at ${rate(requests)} now.`,
    true,
  ),
  silence: condition(
    'page',
    0,
    'Hardly anybody asks any more. Look at DNS, the network and whatever stands in front.',
    ({ onset, requests }) =>
      onset.alarm === 'silence'
        ? `Requests have fallen to ${rate(requests)}, from the usual ${rate(usualRate(onset))}.`
        : null,
    true,
  ),
  loss: condition(
    'page',
    2,
    'Visitors get no page. Never silenced. The chart of what is lost says why: turned away, failed, or broken off.',
    ({ requests, lost }) =>
      lost >= 1 && lost > requests * MUCH_LOST
        ? `${rate(lost)} requests are lost, ${share(lost / Math.max(lost, requests))} of all.`
        : null,
  ),
  'burn-fast': condition(
    'page',
    1,
    'At this rate the error budget of a month is gone in two days: 14.4 times the allowed loss over the last hour and five minutes.',
    ({ budget, objective }) =>
      budget.burns(14.4, [3600, 300], objective)
        ? `More than ${share(14.4 * (1 - objective))} of requests were lost over the last hour.`
        : null,
  ),
  'burn-slow': condition(
    'warn',
    1,
    'At this rate the error budget of a month is gone in five days: 6 times the allowed loss over six hours and half an hour.',
    ({ budget, objective }) =>
      budget.burns(6, [21_600, 1800], objective)
        ? `More than ${share(6 * (1 - objective))} of requests were lost over six hours.`
        : null,
  ),
  apdex: condition(
    'page',
    2,
    'Visitors of a site wait too long or get errors: its Apdex is below 0.7 over the last half minute.',
    ({ apdex }) =>
      named(
        apdex
          .filter(each => (each.apdex ?? 1) < POOR)
          .map(each => `${each.site} has an Apdex of ${each.apdex!.toFixed(2)}`),
      ),
  ),
  'origin-down': condition('page', 1, 'An origin gets no requests any more because it failed.', ({ origins }) =>
    named(origins.filter(({ state }) => state === 'down').map(({ url }) => `${url} is down`)),
  ),
  'origin-ailing': condition(
    'warn',
    2,
    'Half of what an origin answers are errors; stale responses stand in where they may.',
    ({ origins }) =>
      named(origins.filter(({ state, ailing }) => state === 'up' && ailing).map(({ url }) => `${url} is ailing`)),
  ),
  queue: condition(
    'warn',
    3,
    'More requests wait for the origin than it takes at once. Cache more, or let it take more if it bears it.',
    ({ waiting, limit }) => (waiting > Math.max(1, limit) ? `${waiting} requests wait for ${limit} places.` : null),
  ),
  disk: condition('warn', 3, "Less than a tenth of the data directory's disk is free.", ({ diskFree }) =>
    diskFree !== null && diskFree < DISK_FULL ? `${share(diskFree)} of the disk is free.` : null,
  ),
  journal: condition(
    'page',
    3,
    'Collected forms are not taken any more, or soon will not be. See breakwater journal; let the origin take more, or give the journal more room.',
    ({ journal }) => {
      if (journal === null) return null
      if (!journal.open) return `The journal is closed: ${journal.why ?? 'the disk does not take it'}.`
      const { waiting, most, bytes, mostBytes, free, spare } = journal
      if (waiting >= most * JOURNAL_FULL) return `${waiting} collected forms wait, of ${most} at most.`
      if (bytes >= mostBytes * JOURNAL_FULL)
        return `Collected forms take ${mebibytes(bytes)} on disk, of ${mebibytes(mostBytes)} at most.`
      return free < spare * SPARE_NEAR
        ? `${mebibytes(free)} of the disk are free; with less than ${mebibytes(spare)} no form is collected.`
        : null
    },
  ),
  certificate: condition(
    'warn',
    0,
    'A certificate ends soon. Renew it; a changed file is taken up by itself.',
    ({ certificates }) =>
      named(
        certificates
          .filter(({ isLate }) => isLate)
          .map(({ names, days }) =>
            days < 0 ? `that of ${names} has ended` : `that of ${names} ends in ${Math.floor(days)} days`,
          ),
      ),
  ),
  line: condition(
    'page',
    3,
    'The line to visitors is nearly full: nothing here makes it wider. Compress, send less, or put a CDN in front.',
    ({ line }) => (line !== null && line > LINE_FULL ? `${share(line)} of the line is used.` : null),
  ),
  'copy-off': condition(
    'warn',
    3,
    'The store is not copied to disk: a restart would begin cold.',
    ({ copyOff }) => copyOff,
  ),
  restarted: condition(
    'warn',
    0,
    'A thread died and was replaced within the last minute. The log has the reason.',
    ({ died }) => (died.length === 0 ? null : `Replaced: ${died.join(', ')}.`),
  ),
  'not-ready': condition('page', 3, 'The process should get no visitors now.', ({ notReady }) => named(notReady)),
  'not-prepared': condition(
    'page',
    0,
    'Something that was to be done for an event is not done. See breakwater event list; do it by hand if time is short.',
    ({ unprepared }) => named(unprepared),
  ),
  'not-undone': condition(
    'page',
    0,
    'An event is over, and what was done for it is not undone. It is tried again until it succeeds; see breakwater event list.',
    ({ owed }) => named(owed),
  ),
  'plan-failed': condition(
    'page',
    3,
    'The plan cannot be kept on disk: no event begins, and none is undone, until it can.',
    ({ planFailed }) => planFailed,
  ),
  'node-lost': condition(
    'warn',
    3,
    'A node of the cluster is not heard from. What it holds of an origin others do not get before it is back, or before breakwater cluster forget. Told by the node that leads.',
    ({ lostNodes }) => named(lostNodes),
  ),
  'config-refused': condition(
    'warn',
    0,
    'The last new config was refused; the one before goes on serving.',
    ({ configRefused }) => (configRefused ? 'The config that was loaded last is wrong.' : null),
  ),
} as const satisfies Record<string, Condition>

export type ConditionName = keyof typeof conditions
export const conditionNames = Object.keys(conditions) as ConditionName[]
